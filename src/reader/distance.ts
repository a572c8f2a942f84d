// Exact Euclidean distances of a binary picture: two sweeps along each row, then along each column the lower envelope of
// parabolas of Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions" (2012).

/**
 * Signed distance of each pixel centre to the edge of the ink: negative inside, positive outside; the edge lies half a
 * pixel from the nearest centre of the other kind. `ink`: [height, width], 0 or 1. Pixels outside the picture are paper.
 */
export function signedDistance(ink: Uint8Array, width: number, height: number): Float32Array {
  const toInk = squaredDistance(ink, 1, width, height)
  const toPaper = squaredDistance(ink, 0, width, height)
  const signed = new Float32Array(ink.length)
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (ink[i] === 0) signed[i] = Math.sqrt(toInk[i]!) - 0.5
      else signed[i] = 0.5 - Math.min(Math.sqrt(toPaper[i]!), x + 1, width - x, y + 1, height - y)
    }
  }
  return signed
}

/** Squared distance of each pixel to the nearest pixel of value `seed`; at least (width + height)^2 where there is none. */
function squaredDistance(ink: Uint8Array, seed: number, width: number, height: number): Float64Array {
  const far = width + height
  const squared = new Float64Array(ink.length)
  for (let y = 0; y < height; y++) {
    const start = y * width
    for (let x = 0, run = far; x < width; x++) {
      run = ink[start + x] === seed ? 0 : run + 1
      squared[start + x] = run
    }
    for (let x = width - 1, run = far; x >= 0; x--) {
      run = ink[start + x] === seed ? 0 : run + 1
      const nearest = Math.min(run, squared[start + x]!)
      squared[start + x] = nearest * nearest
    }
  }
  const line = new Float64Array(height)
  const vertex = new Int32Array(height)
  const bound = new Float64Array(height + 1)
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) line[y] = squared[y * width + x]!
    lowerEnvelope(line, vertex, bound)
    for (let y = 0, k = 0; y < height; y++) {
      while (bound[k + 1]! < y) k++
      const p = vertex[k]!
      squared[y * width + x] = (y - p) * (y - p) + line[p]!
    }
  }
  return squared
}

/** The parabolas (y - p)^2 + line[p] that are lowest somewhere: `vertex[k]` rules from `bound[k]` to `bound[k + 1]`. */
function lowerEnvelope(line: Float64Array, vertex: Int32Array, bound: Float64Array): void {
  let last = 0
  vertex[0] = 0
  bound[0] = -Infinity
  bound[1] = Infinity
  for (let q = 1; q < line.length; q++) {
    const level = line[q]! + q * q
    let p = vertex[last]!
    let crossing = (level - line[p]! - p * p) / (2 * (q - p))
    while (crossing <= bound[last]!) {
      last--
      p = vertex[last]!
      crossing = (level - line[p]! - p * p) / (2 * (q - p))
    }
    last++
    vertex[last] = q
    bound[last] = crossing
    bound[last + 1] = Infinity
  }
}
