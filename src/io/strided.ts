// Elements that lie at strides in bytes of a file, brought into row-major order.

import { type Shape, sizeOf, stridesOf } from '../core/shape.ts'

/** Where the elements of a tensor lie: element [i, j, ..] at `offset + i strides[0] + j strides[1] + ..`, in elements. */
export interface StridedView {
  readonly shape: Shape
  readonly offset: number
  readonly strides: readonly number[]
}

/** One more than the position of the last element that a view reads, in elements; 0 where it has none. */
export function endOf({ shape, offset, strides }: StridedView): number {
  if (sizeOf(shape) === 0) return 0
  return shape.reduce((end, extent, axis) => end + (extent - 1) * (strides[axis] as number), offset) + 1
}

/** The elements of a view in row-major order, `size` bytes each, in memory of their own. The view must lie within `bytes`. */
export function gatherElements(bytes: Uint8Array, size: number, view: StridedView): ArrayBuffer {
  const count = sizeOf(view.shape)
  if (isContiguous(view)) return new Uint8Array(bytes.subarray(view.offset * size, (view.offset + count) * size)).buffer
  const gathered = new ArrayBuffer(count * size)
  if (count === 0) return gathered
  // 8-byte elements move as pairs of words, which keeps every bit of a NaN.
  const words = size === 8 ? 2 : 1
  const shape = words === 2 ? [...view.shape, 2] : view.shape
  const strides = words === 2 ? [...view.strides.map((stride) => stride * 2), 1] : view.strides
  copyStrided(wordsOf(bytes, size), wordsOf(new Uint8Array(gathered), size), view.offset * words, shape, strides)
  return gathered
}

function isContiguous({ shape, strides }: StridedView): boolean {
  const expected = stridesOf(shape)
  return shape.every((extent, axis) => extent === 1 || strides[axis] === expected[axis])
}

type Words = Uint8Array | Uint16Array | Uint32Array

/** Bytes as unsigned integers of the element's size, at most 4 bytes each; copied where they are not aligned. */
function wordsOf(bytes: Uint8Array, size: number): Words {
  if (size === 1) return bytes
  const width = size === 2 ? 2 : 4
  const length = Math.floor(bytes.length / width)
  const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes)
  return width === 2 ? new Uint16Array(buffer, byteOffset, length) : new Uint32Array(buffer, byteOffset, length)
}

/** Walks the outer axes like an odometer; the innermost one is a plain loop. */
function copyStrided(source: Words, target: Words, offset: number, shape: Shape, strides: readonly number[]): void {
  const inner = shape.at(-1) ?? 1
  const step = strides.at(-1) ?? 0
  const index = new Array<number>(Math.max(0, shape.length - 1)).fill(0)
  let start = offset
  for (let at = 0; at < target.length; ) {
    for (let i = 0, from = start; i < inner; i++, from += step) target[at++] = source[from] as number
    for (let axis = index.length - 1; axis >= 0; axis--) {
      start += strides[axis] as number
      index[axis] = (index[axis] as number) + 1
      if (index[axis] !== shape[axis]) break
      start -= (strides[axis] as number) * (shape[axis] as number)
      index[axis] = 0
    }
  }
}
