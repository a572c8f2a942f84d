// A binary picture at one bit per pixel, 32 pixels per word: the form in which morphology works on whole words.

import { type BinaryImage, binaryImage } from './image.ts'

/** Rows of `stride` words; pixel x of a row is bit x & 31 of word x >> 5. Bits beyond the width are 0. */
export interface BitRows {
  readonly width: number
  readonly height: number
  readonly stride: number
  readonly words: Int32Array
}

/** No pixel set. */
export function emptyBits(width: number, height: number): BitRows {
  const stride = (width + 31) >>> 5
  return { width, height, stride, words: new Int32Array(stride * height) }
}

/** Packs a binary picture. Any value but 0 is foreground. */
export function packBits(image: BinaryImage): BitRows {
  const { width, height, data } = image
  const bits = emptyBits(width, height)
  const { stride, words } = bits
  const whole = width >>> 5
  for (let y = 0; y < height; y++) {
    let at = y * width
    for (let w = 0; w < whole; w++) {
      let word = 0
      for (let b = 0; b < 32; b += 8, at += 8) {
        const byte =
          (data[at]! & 1) |
          ((data[at + 1]! & 1) << 1) |
          ((data[at + 2]! & 1) << 2) |
          ((data[at + 3]! & 1) << 3) |
          ((data[at + 4]! & 1) << 4) |
          ((data[at + 5]! & 1) << 5) |
          ((data[at + 6]! & 1) << 6) |
          ((data[at + 7]! & 1) << 7)
        word |= byte << b
      }
      words[y * stride + w] = word
    }
    for (let x = whole << 5; x < width; x++, at++) {
      words[y * stride + whole] = words[y * stride + whole]! | ((data[at]! & 1) << (x & 31))
    }
  }
  return bits
}

/** The binary picture of packed rows. */
export function unpackBits(bits: BitRows): BinaryImage {
  const { width, height, stride, words } = bits
  const data = new Uint8Array(width * height)
  const whole = width >>> 5
  for (let y = 0; y < height; y++) {
    let at = y * width
    for (let w = 0; w < whole; w++, at += 32) {
      const word = words[y * stride + w]!
      if (word === 0) continue
      for (let b = 0; b < 32; b += 4) {
        data[at + b] = (word >>> b) & 1
        data[at + b + 1] = (word >>> (b + 1)) & 1
        data[at + b + 2] = (word >>> (b + 2)) & 1
        data[at + b + 3] = (word >>> (b + 3)) & 1
      }
    }
    for (let x = whole << 5; x < width; x++, at++) data[at] = (words[y * stride + whole]! >>> (x & 31)) & 1
  }
  return binaryImage(width, height, data)
}

/** Foreground and background exchanged, in place. */
export function invertBits(bits: BitRows): BitRows {
  const { width, height, stride, words } = bits
  for (let i = 0; i < words.length; i++) words[i] = ~words[i]!
  const rest = width & 31
  if (rest !== 0) {
    const mask = (1 << rest) - 1
    for (let y = 1; y <= height; y++) words[y * stride - 1] = words[y * stride - 1]! & mask
  }
  return bits
}
