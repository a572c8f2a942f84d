// Binary dilation, erosion, opening and closing on packed bits. A shape is cut into horizontal runs; each distinct run
// costs log2(length) shifts of whole words, and a block of equal rows log2(height) more, whatever the picture shows.

import { type BitRows, emptyBits, invertBits, packBits, unpackBits } from './bits.ts'
import type { BinaryImage } from './image.ts'
import type { StructuringElement } from './structuring-element.ts'

/** Every pixel reached by the shape laid on a foreground pixel: the union of X + b over all b in the shape. Outside is background. */
export function dilate(image: BinaryImage, shape: StructuringElement): BinaryImage {
  return unpackBits(dilateBits(packBits(image), runsOf(shape, 1)))
}

/** Every pixel at which the whole shape lies in the foreground. Outside counts as foreground, as in scikit-image. */
export function erode(image: BinaryImage, shape: StructuringElement): BinaryImage {
  return unpackBits(erodeBits(packBits(image), shape))
}

/** Erosion, then dilation: removes what the shape does not fit into. Idempotent, never adds ink. */
export function opening(image: BinaryImage, shape: StructuringElement): BinaryImage {
  return unpackBits(dilateBits(erodeBits(packBits(image), shape), runsOf(shape, 1)))
}

/** Dilation, then erosion: fills gaps into which the shape does not fit. Idempotent, never removes ink. */
export function closing(image: BinaryImage, shape: StructuringElement): BinaryImage {
  return unpackBits(erodeBits(dilateBits(packBits(image), runsOf(shape, 1)), shape))
}

/** Columns x1..x2 (inclusive, relative to the origin) present in `count` consecutive rows from y1 on. */
interface RunBlock {
  readonly x1: number
  readonly x2: number
  readonly y1: number
  readonly count: number
}

/** The shape as blocks of equal runs; `sign` -1 reflects it through the origin. */
function runsOf(shape: StructuringElement, sign: 1 | -1): RunBlock[] {
  const { width, height, data } = shape
  const originX = width >> 1
  const originY = height >> 1
  const blocks: RunBlock[] = []
  const push = (x1: number, x2: number, y: number): void => {
    const above = blocks.findIndex((b) => b.x1 === x1 && b.x2 === x2 && b.y1 + b.count === y)
    if (above >= 0) blocks[above] = { x1, x2, y1: blocks[above]!.y1, count: blocks[above]!.count + 1 }
    else blocks.push({ x1, x2, y1: y, count: 1 })
  }
  for (let row = 0; row < height; row++) {
    for (let x = 0; x < width; ) {
      if (data[row * width + x] === 0) {
        x++
        continue
      }
      let end = x
      while (end + 1 < width && data[row * width + end + 1] !== 0) end++
      push(x - originX, end - originX, row - originY)
      x = end + 1
    }
  }
  if (sign === 1) return blocks
  return blocks.map(({ x1, x2, y1, count }) => ({ x1: -x2, x2: -x1, y1: -(y1 + count - 1), count }))
}

/** Erosion is the dilation of the background by the reflected shape. */
function erodeBits(bits: BitRows, shape: StructuringElement): BitRows {
  return invertBits(dilateBits(invertBits(bits), runsOf(shape, -1)))
}

function dilateBits(bits: BitRows, blocks: readonly RunBlock[]): BitRows {
  const out = emptyBits(bits.width, bits.height)
  const ordered = [...blocks].sort((a, b) => a.x1 - b.x1 || a.x2 - b.x2)
  let spread: BitRows | undefined
  let last: RunBlock | undefined
  for (const block of ordered) {
    if (spread === undefined || last === undefined || last.x1 !== block.x1 || last.x2 !== block.x2) {
      spread = dilateRows(bits, block.x1, block.x2)
    }
    last = block
    uniteRows(spread, out, block.y1, block.count)
  }
  return out
}

/** Union of the rows shifted by x1..x2 pixels (positive is towards larger x). */
function dilateRows(bits: BitRows, x1: number, x2: number): BitRows {
  const { width, height, stride } = bits
  if (x1 === 0 && x2 === 0) return bits
  const out = emptyBits(width, height)
  const count = x2 - x1 + 1
  // Room on the right, so that what is shifted out there can come back when the whole is moved left by x1.
  const row = new Int32Array(stride + ((count + 31) >>> 5) + 1)
  const tail = width & 31
  const mask = tail === 0 ? -1 : (1 << tail) - 1
  for (let y = 0; y < height; y++) {
    row.fill(0, stride)
    let ink = 0
    for (let i = 0; i < stride; i++) ink |= row[i] = bits.words[y * stride + i]!
    if (ink === 0) continue
    let reach = 1
    while (reach < count) {
      const step = Math.min(reach, count - reach)
      uniteShifted(row, step)
      reach += step
    }
    place(row, out.words, y * stride, stride, x1)
    out.words[(y + 1) * stride - 1] = out.words[(y + 1) * stride - 1]! & mask
  }
  return out
}

/** row |= row moved by `shift` pixels towards larger x. */
function uniteShifted(row: Int32Array, shift: number): void {
  const words = shift >>> 5
  const bits = shift & 31
  if (bits === 0) {
    for (let i = row.length - 1; i >= words; i--) row[i] = row[i]! | row[i - words]!
    return
  }
  for (let i = row.length - 1; i > words; i--) {
    row[i] = row[i]! | (row[i - words]! << bits) | (row[i - words - 1]! >>> (32 - bits))
  }
  row[words] = row[words]! | (row[0]! << bits)
}

/** Writes `row` moved by `shift` pixels (either sign) to `stride` words of `out`. */
function place(row: Int32Array, out: Int32Array, to: number, stride: number, shift: number): void {
  const words = shift >> 5
  const bits = shift & 31
  for (let i = 0; i < stride; i++) {
    const high = i - words
    const upper = high >= 0 && high < row.length ? row[high]! : 0
    if (bits === 0) {
      out[to + i] = upper
      continue
    }
    const lower = high >= 1 && high <= row.length ? row[high - 1]! : 0
    out[to + i] = (upper << bits) | (lower >>> (32 - bits))
  }
}

/** out |= the union of `from` moved down by y1, y1 + 1, ..., y1 + count - 1 rows. */
function uniteRows(from: BitRows, out: BitRows, y1: number, count: number): void {
  const { height, stride } = from
  if (count <= 2) {
    for (let k = 0; k < count; k++) uniteMoved(from.words, out.words, height, height, stride, y1 + k)
    return
  }
  const tall = height + count
  const sum = new Int32Array(tall * stride)
  sum.set(from.words)
  let reach = 1
  while (reach < count) {
    const step = Math.min(reach, count - reach) * stride
    for (let i = sum.length - 1; i >= step; i--) sum[i] = sum[i]! | sum[i - step]!
    reach += step / stride
  }
  uniteMoved(sum, out.words, tall, height, stride, y1)
}

/** out[y] |= from[y - shift] wherever both rows exist. */
function uniteMoved(
  from: Int32Array,
  out: Int32Array,
  fromHeight: number,
  outHeight: number,
  stride: number,
  shift: number,
): void {
  const begin = Math.max(0, shift) * stride
  const end = Math.min(outHeight, fromHeight + shift) * stride
  const offset = shift * stride
  for (let i = begin; i < end; i++) out[i] = out[i]! | from[i - offset]!
}
