// How far each foreground pixel is from the background: the exact Euclidean distance transform.

import type { BinaryImage } from './image.ts'

/**
 * Distance in pixels from each pixel to the nearest background pixel, 0 on the background, Infinity if there is none;
 * [height, width] (`scipy.ndimage.distance_transform_edt`). The outside of the picture does not count as background.
 * A. Meijster, J. Roerdink and W. Hesselink, A General Algorithm for Computing Distance Transforms in Linear Time, 2000.
 */
export function distanceTransform(image: BinaryImage): Float32Array {
  const { width, height } = image
  const vertical = verticalDistances(image)
  const out = new Float32Array(width * height)
  const row = new Float64Array(width)
  const apexes = new Int32Array(width)
  const starts = new Int32Array(width)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) row[x] = vertical[y * width + x]! ** 2
    lowerEnvelope(row, apexes, starts, out, y * width, (width + height) ** 2)
  }
  return out
}

/** Distance to the background within the column; width + height where the column has none. */
function verticalDistances(image: BinaryImage): Int32Array {
  const { width, height, data } = image
  const far = width + height
  const distances = new Int32Array(width * height)
  for (let i = 0; i < distances.length; i++) {
    const above = i < width ? far : distances[i - width]!
    distances[i] = data[i] === 0 ? 0 : Math.min(far, above + 1)
  }
  for (let i = distances.length - width - 1; i >= 0; i--) {
    distances[i] = Math.min(distances[i]!, distances[i + width]! + 1)
  }
  return distances
}

/** out[at + x] = sqrt(min over i of (x - i)^2 + row[i]), by the lower envelope of the parabolas. */
function lowerEnvelope(
  row: Float64Array,
  apexes: Int32Array,
  starts: Int32Array,
  out: Float32Array,
  at: number,
  none: number,
): void {
  const width = row.length
  let top = 0
  apexes[0] = 0
  starts[0] = 0
  for (let x = 1; x < width; x++) {
    while (top >= 0 && valueAt(row, apexes[top]!, starts[top]!) > valueAt(row, x, starts[top]!)) top--
    if (top < 0) {
      top = 0
      apexes[0] = x
      continue
    }
    const apex = apexes[top]!
    // First column at which the parabola of x lies below that of `apex`.
    const start = 1 + Math.floor((x * x - apex * apex + row[x]! - row[apex]!) / (2 * (x - apex)))
    if (start < width) {
      top++
      apexes[top] = x
      starts[top] = start
    }
  }
  for (let x = width - 1; x >= 0; x--) {
    const square = valueAt(row, apexes[top]!, x)
    out[at + x] = square >= none ? Infinity : Math.sqrt(square)
    if (x === starts[top]) top--
  }
}

function valueAt(row: Float64Array, apex: number, x: number): number {
  return (x - apex) ** 2 + row[apex]!
}
