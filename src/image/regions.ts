// What a connected component measures: area, box, centroid, axes and slope, and of any binary picture its perimeter and
// its Euler number. Definitions as `skimage.measure.regionprops`.

import type { Components, Connectivity } from './components.ts'
import type { BinaryImage, Box } from './image.ts'

/** Measures of one component. */
export interface Region {
  /** Its number in `Components`, from 1. */
  readonly label: number
  /** Pixels. */
  readonly area: number
  readonly box: Box
  /** Mean row and column of its pixels. */
  readonly centroid: readonly [y: number, x: number]
  /** Lengths of the axes of the ellipse with the same second moments, in pixels. */
  readonly majorAxis: number
  readonly minorAxis: number
  /** 0 for a circle, towards 1 for a line. */
  readonly eccentricity: number
  /** Angle between the rows' direction (downwards) and the major axis, counter-clockwise, -pi/2 to pi/2; 0 for a circle. */
  readonly orientation: number
}

/** Measures of all components, region of number n at index n - 1. */
export function regionProperties(components: Components): Region[] {
  const { count, height, runs, rowStart } = components
  const boxes = new Int32Array(4 * count)
  // Per component: n, sum y, sum x, and after the shift to the box corner sum y^2, sum x^2, sum xy.
  const sums = new Float64Array(6 * count)
  for (let c = 0; c < count; c++) boxes.set([height, components.width, 0, 0], 4 * c)
  for (let y = 0; y < height; y++) {
    for (let r = rowStart[y]!; r < rowStart[y + 1]!; r++) {
      const at = 4 * (runs[3 * r + 2]! - 1)
      if (y < boxes[at]!) boxes[at] = y
      if (runs[3 * r]! < boxes[at + 1]!) boxes[at + 1] = runs[3 * r]!
      boxes[at + 2] = y + 1
      if (runs[3 * r + 1]! > boxes[at + 3]!) boxes[at + 3] = runs[3 * r + 1]!
    }
  }
  for (let y = 0; y < height; y++) {
    for (let r = rowStart[y]!; r < rowStart[y + 1]!; r++) {
      const c = runs[3 * r + 2]! - 1
      const dy = y - boxes[4 * c]!
      const from = runs[3 * r]! - boxes[4 * c + 1]!
      const to = runs[3 * r + 1]! - boxes[4 * c + 1]!
      const n = to - from
      const sumX = ((from + to - 1) * n) / 2
      sums[6 * c] = sums[6 * c]! + n
      sums[6 * c + 1] = sums[6 * c + 1]! + n * dy
      sums[6 * c + 2] = sums[6 * c + 2]! + sumX
      sums[6 * c + 3] = sums[6 * c + 3]! + n * dy * dy
      sums[6 * c + 4] = sums[6 * c + 4]! + squaresBelow(to) - squaresBelow(from)
      sums[6 * c + 5] = sums[6 * c + 5]! + dy * sumX
    }
  }
  return Array.from({ length: count }, (_, c) => regionOf(c + 1, boxes.subarray(4 * c), sums.subarray(6 * c)))
}

/**
 * Length of the outline of everything in the picture, from the 3x3 surroundings of its border pixels (straight step 1,
 * diagonal sqrt 2). Border pixels are those with a side (`neighbours: 4`, the default) or also a corner (8) on background.
 * K. Benkrid and D. Crookes, A Perimeter Estimator, Queen's University of Belfast.
 */
export function perimeter(image: BinaryImage, options: { readonly neighbours?: Connectivity } = {}): number {
  const { width, height } = image
  const border = borderPixels(image, options.neighbours ?? 4)
  // One pixel of background all around keeps the 3x3 surroundings inside the array.
  const wide = width + 2
  let total = 0
  for (let y = 1; y <= height; y++) {
    for (let x = 1; x <= width; x++) {
      const i = y * wide + x
      if (border[i] === 0) continue
      const sides = border[i - 1]! + border[i + 1]! + border[i - wide]! + border[i + wide]!
      const corners = border[i - wide - 1]! + border[i - wide + 1]! + border[i + wide - 1]! + border[i + wide + 1]!
      total += stepLength(sides, corners)
    }
  }
  return total
}

/** Objects minus holes. Objects are connected by `connectivity` (default 8), holes by the other one. S. B. Gray, 1971. */
export function eulerNumber(image: BinaryImage, options: { readonly connectivity?: Connectivity } = {}): number {
  const { width, height, data } = image
  let ones = 0
  let threes = 0
  let diagonals = 0
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      const a = y > 0 && x > 0 ? data[(y - 1) * width + x - 1]! : 0
      const b = y > 0 && x < width ? data[(y - 1) * width + x]! : 0
      const c = y < height && x > 0 ? data[y * width + x - 1]! : 0
      const d = y < height && x < width ? data[y * width + x]! : 0
      const sum = a + b + c + d
      if (sum === 1) ones++
      else if (sum === 3) threes++
      else if (sum === 2 && a === d) diagonals++
    }
  }
  const sign = (options.connectivity ?? 8) === 8 ? -2 : 2
  return (ones - threes + sign * diagonals) / 4
}

/** 0^2 + 1^2 + ... + (n - 1)^2 */
function squaresBelow(n: number): number {
  return ((n - 1) * n * (2 * n - 1)) / 6
}

function regionOf(label: number, box: Int32Array, sums: Float64Array): Region {
  const area = sums[0]!
  const meanY = sums[1]! / area
  const meanX = sums[2]! / area
  const varianceY = sums[3]! / area - meanY * meanY
  const varianceX = sums[4]! / area - meanX * meanX
  const covariance = sums[5]! / area - meanY * meanX
  const half = (varianceY + varianceX) / 2
  const spread = Math.hypot((varianceY - varianceX) / 2, covariance)
  const large = Math.max(0, half + spread)
  const small = Math.max(0, half - spread)
  return {
    label,
    area,
    box: [box[0]!, box[1]!, box[2]!, box[3]!],
    centroid: [box[0]! + meanY, box[1]! + meanX],
    majorAxis: 4 * Math.sqrt(large),
    minorAxis: 4 * Math.sqrt(small),
    eccentricity: large === 0 ? 0 : Math.sqrt(1 - small / large),
    orientation: 0.5 * Math.atan2(2 * covariance, varianceY - varianceX),
  }
}

/** Foreground pixels with background beside them, in a frame of one background pixel; [height + 2, width + 2]. */
function borderPixels(image: BinaryImage, neighbours: Connectivity): Uint8Array {
  const { width, height, data } = image
  const wide = width + 2
  const framed = new Uint8Array(wide * (height + 2))
  for (let y = 0; y < height; y++) framed.set(data.subarray(y * width, (y + 1) * width), (y + 1) * wide + 1)
  const border = framed.slice()
  for (let y = 1; y <= height; y++) {
    for (let x = 1; x <= width; x++) {
      const i = y * wide + x
      let inside = framed[i - 1]! & framed[i + 1]! & framed[i - wide]! & framed[i + wide]!
      if (neighbours === 8) {
        inside &= framed[i - wide - 1]! & framed[i - wide + 1]! & framed[i + wide - 1]! & framed[i + wide + 1]!
      }
      if (inside !== 0) border[i] = 0
    }
  }
  return border
}

/** Length of the outline at a border pixel with so many border pixels at its sides and corners. */
function stepLength(sides: number, corners: number): number {
  const key = 2 * sides + 10 * corners + 1
  if (key === 5 || key === 7 || key === 15 || key === 17 || key === 25 || key === 27) return 1
  if (key === 21 || key === 33) return Math.SQRT2
  return key === 13 || key === 23 ? (1 + Math.SQRT2) / 2 : 0
}
