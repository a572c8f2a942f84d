// Thinning of ink to lines one pixel wide.

import { type BinaryImage, binaryImage } from './image.ts'

/**
 * For each pattern of the eight neighbours (bit 0 upper left, then clockwise) whether the middle pixel goes: 1 in the first
 * pass, 2 in the second, 3 in both. Zhang and Suen's conditions with scikit-image's amendments, which also thin staircases
 * (the table of scikit-image's `_fast_skeletonize`, BSD 3-clause).
 */
const REMOVAL =
  '0001001300311013000000002020303300000000300000000000000020003022' +
  '0000000000000000000000000000000020000000200020003000000030003020' +
  '0031001300000001000000000000000131000000000000002000000000000000' +
  '2313001300000001000000000000000023010001000000003301000022002000'

/** The skeleton (`skimage.morphology.skeletonize`). T. Y. Zhang and C. Y. Suen, Comm. ACM 27(3), 1984. */
export function skeletonize(image: BinaryImage): BinaryImage {
  const { width, height } = image
  // A frame of background keeps the neighbours inside the array.
  const wide = width + 2
  const framed = new Uint8Array(wide * (height + 2))
  for (let y = 0; y < height; y++) framed.set(image.data.subarray(y * width, (y + 1) * width), (y + 1) * wide + 1)
  const first = passTable(1)
  const second = passTable(2)
  let ink = Int32Array.from(inkOf(framed))
  let before = -1
  while (before !== ink.length) {
    before = ink.length
    ink = thin(framed, wide, ink, first)
    ink = thin(framed, wide, ink, second)
  }
  const out = binaryImage(width, height)
  for (let y = 0; y < height; y++) {
    out.data.set(framed.subarray((y + 1) * wide + 1, (y + 1) * wide + 1 + width), y * width)
  }
  return out
}

/** 1 for the patterns at which pass 1 or 2 removes the pixel. */
function passTable(pass: 1 | 2): Uint8Array {
  return Uint8Array.from(REMOVAL, (digit) => ((Number(digit) & pass) === 0 ? 0 : 1))
}

function* inkOf(framed: Uint8Array): Generator<number> {
  for (let i = 0; i < framed.length; i++) if (framed[i] !== 0) yield i
}

/** One parallel pass over the ink pixels: all are judged on the old picture, then removed. Returns those that stay. */
function thin(framed: Uint8Array, wide: number, ink: Int32Array, removes: Uint8Array): Int32Array<ArrayBuffer> {
  const stay = new Int32Array(ink.length)
  const leave = new Int32Array(ink.length)
  let staying = 0
  let leaving = 0
  for (let k = 0; k < ink.length; k++) {
    const i = ink[k]!
    const pattern =
      framed[i - wide - 1]! |
      (framed[i - wide]! << 1) |
      (framed[i - wide + 1]! << 2) |
      (framed[i + 1]! << 3) |
      (framed[i + wide + 1]! << 4) |
      (framed[i + wide]! << 5) |
      (framed[i + wide - 1]! << 6) |
      (framed[i - 1]! << 7)
    if (removes[pattern] === 1) leave[leaving++] = i
    else stay[staying++] = i
  }
  for (let k = 0; k < leaving; k++) framed[leave[k]!] = 0
  return stay.slice(0, staying)
}
