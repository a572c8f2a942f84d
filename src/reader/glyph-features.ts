// What the recognizer's network sees of a normalised glyph: where its edges run and in which direction, and a coarse picture.
// Source: gradient features of C.-L. Liu et al., "Handwritten digit recognition", Pattern Recognition 36 (2003).

import { glyphSize } from './glyph.ts'

/** Directions of the gradient, 45 degrees apart. */
const directions = 8
/** Places along each side at which the directions are collected, and the pixels between them. */
const places = 8
const stride = glyphSize / places
/** Deviation of the Gaussian weight around a place, in pixels. */
const spread = 2
/** Pixels that the weight reaches to each side of a place. */
const reach = 5.5
/** Side of the coarse picture: means of 2x2 pixels. */
const coarse = glyphSize / 2

const gradientFeatures = directions * places * places

/** Numbers per glyph: 8 directions at 8x8 places, then 16x16 means. */
export const featureCount: number = gradientFeatures + coarse * coarse

/** Side of a glyph with a frame of paper around it. */
const frame = glyphSize + 2

/** Weight of each pixel for each place, along one axis: [places, glyphSize], 0 beyond `reach`. */
const weights = Float32Array.from({ length: places * glyphSize }, (_, i) => {
  const distance = (i % glyphSize) - centre(Math.floor(i / glyphSize))
  const scale = spread * Math.sqrt(2 * Math.PI)
  return Math.abs(distance) > reach ? 0 : Math.exp(-(distance ** 2) / (2 * spread ** 2)) / scale
})

/** The places whose weight reaches a column (or row). */
const firstPlace = Int32Array.from({ length: glyphSize }, (_, i) =>
  Math.max(0, Math.ceil((i - centre(0) - reach) / stride)),
)
const lastPlace = Int32Array.from({ length: glyphSize }, (_, i) =>
  Math.min(places - 1, Math.floor((i - centre(0) + reach) / stride)),
)

/** Middle of a place along one axis, in pixels. */
function centre(place: number): number {
  return place * stride + (stride - 1) / 2
}

/**
 * Features of `count` glyphs of `normalizeGlyph`, [count, 32 * 32] to [count, featureCount].
 *
 * The gradient of each pixel (Sobel) is the sum of two vectors along the two directions next to it; the lengths of these
 * are summed around each place with a Gaussian weight, and the square root of each sum is taken. Written into `features`
 * if given.
 */
export function glyphFeatures(
  glyphs: Float32Array,
  count: number,
  features: Float32Array = new Float32Array(count * featureCount),
): Float32Array {
  const sums = new Float32Array(directions * glyphSize * places)
  const framed = new Float32Array(frame * frame)
  for (let i = 0; i < count; i++) {
    const glyph = glyphs.subarray(i * glyphSize * glyphSize, (i + 1) * glyphSize * glyphSize)
    sums.fill(0)
    for (let row = 0; row < glyphSize; row++) {
      framed.set(glyph.subarray(row * glyphSize, (row + 1) * glyphSize), (row + 1) * frame + 1)
    }
    sumAlongRows(framed, sums)
    sumAlongColumns(sums, features, i * featureCount)
    average(glyph, features, i * featureCount + gradientFeatures)
  }
  return features
}

/** Adds the gradient of each pixel, by direction, to the places of its row: `sums` is [directions, rows, places]. */
function sumAlongRows(framed: Float32Array, sums: Float32Array): void {
  for (let row = 0; row < glyphSize; row++) {
    for (let column = 0; column < glyphSize; column++) {
      const above = row * frame + column
      const middle = above + frame
      const below = middle + frame
      const falling = framed[below + 2]! - framed[above]!
      const rising = framed[above + 2]! - framed[below]!
      const gx = (falling + rising + 2 * (framed[middle + 2]! - framed[middle]!)) / 4
      const gy = (falling - rising + 2 * (framed[below + 1]! - framed[above + 1]!)) / 4
      if (gx === 0 && gy === 0) continue
      const alongX = Math.abs(gx)
      const alongY = Math.abs(gy)
      // Directions count clockwise from +x: the straight ones are even, the diagonal ones odd.
      const straight = alongX > alongY ? (gx > 0 ? 0 : 4) : gy > 0 ? 2 : 6
      const diagonal = gy > 0 ? (gx > 0 ? 1 : 3) : gx > 0 ? 7 : 5
      spreadAlongRow(sums, straight * glyphSize + row, column, Math.abs(alongX - alongY))
      spreadAlongRow(sums, diagonal * glyphSize + row, column, Math.SQRT2 * Math.min(alongX, alongY))
    }
  }
}

function spreadAlongRow(sums: Float32Array, row: number, column: number, value: number): void {
  for (let place = firstPlace[column]!; place <= lastPlace[column]!; place++) {
    sums[row * places + place]! += value * weights[place * glyphSize + column]!
  }
}

/** Sums the rows around each place and takes the square root: [directions, places, places] from `offset` on. */
function sumAlongColumns(sums: Float32Array, features: Float32Array, offset: number): void {
  for (let direction = 0; direction < directions; direction++) {
    for (let place = 0; place < places; place++) {
      const first = Math.max(0, Math.ceil(centre(place) - reach))
      const last = Math.min(glyphSize - 1, Math.floor(centre(place) + reach))
      for (let column = 0; column < places; column++) {
        let sum = 0
        for (let row = first; row <= last; row++) {
          sum += weights[place * glyphSize + row]! * sums[(direction * glyphSize + row) * places + column]!
        }
        features[offset + (direction * places + place) * places + column] = Math.sqrt(sum)
      }
    }
  }
}

function average(glyph: Float32Array, features: Float32Array, offset: number): void {
  for (let row = 0; row < coarse; row++) {
    for (let column = 0; column < coarse; column++) {
      const start = 2 * row * glyphSize + 2 * column
      const sum = glyph[start]! + glyph[start + 1]! + glyph[start + glyphSize]! + glyph[start + glyphSize + 1]!
      features[offset + row * coarse + column] = sum / 4
    }
  }
}
