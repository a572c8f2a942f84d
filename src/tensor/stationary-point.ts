// What kind of a stationary point a Hessian tells of.

import { ShapeError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from './tensor.ts'

/** 'degenerate': some curvature is zero, and the others do not make it a saddle; the Hessian alone does not tell. */
export type StationaryPoint = 'minimum' | 'maximum' | 'saddle' | 'degenerate'

/**
 * The kind of a point where the gradient is zero, by the signs of the eigenvalues of its Hessian [n, n]: all above 0 are a minimum, all below a maximum,
 * both a saddle. Those below `tolerance` (default 1e-9) times the largest count as zero. Reads the values.
 */
export function classifyStationaryPoint(
  hessian: Tensor,
  options: { readonly tolerance?: number } = {},
): StationaryPoint {
  const { tolerance = 1e-9 } = options
  const values = eigenvalues(hessian)
  const limit = tolerance * Math.max(...values.map(Math.abs))
  const rising = values.some((value) => value > limit)
  const falling = values.some((value) => value < -limit)
  if (rising && falling) return 'saddle'
  if (values.some((value) => Math.abs(value) <= limit)) return 'degenerate'
  return rising ? 'minimum' : 'maximum'
}

/** Eigenvalues of a symmetric matrix [n, n], smallest first, by Jacobi's rotations (Jacobi 1846). Reads the values. */
export function eigenvalues(matrix: Tensor): number[] {
  const [n = 0, columns] = matrix.shape
  if (matrix.rank !== 2 || n !== columns || n === 0)
    throw new ShapeError(`eigenvalues: takes a symmetric matrix [n, n], not ${formatShape(matrix.shape)}${atSite()}`)
  const a = Float64Array.from(matrix.dataSync())
  const at = (i: number, j: number): number => a[i * n + j] as number
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) a[i * n + j] = a[j * n + i] = (at(i, j) + at(j, i)) / 2
  }
  const total = Math.sqrt(a.reduce((sum, value) => sum + value * value, 0))
  for (let sweep = 0; sweep < 60; sweep++) {
    let rest = 0
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) rest += at(i, j) ** 2
    if (Math.sqrt(rest) <= 1e-15 * total) break
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, n, p, q)
  }
  return Array.from({ length: n }, (_, i) => at(i, i)).sort((x, y) => x - y)
}

/** Turns rows and columns p and q so that the element where they meet becomes zero. */
function rotate(a: Float64Array, n: number, p: number, q: number): void {
  const meeting = a[p * n + q] as number
  if (meeting === 0) return
  const ratio = ((a[q * n + q] as number) - (a[p * n + p] as number)) / (2 * meeting)
  const tangent = (ratio >= 0 ? 1 : -1) / (Math.abs(ratio) + Math.hypot(ratio, 1))
  const cosine = 1 / Math.hypot(tangent, 1)
  const sine = tangent * cosine
  for (const [rowStep, columnStep] of [
    [n, 1],
    [1, n],
  ] as const) {
    for (let k = 0; k < n; k++) {
      const i = k * rowStep + p * columnStep
      const j = k * rowStep + q * columnStep
      const [x, y] = [a[i] as number, a[j] as number]
      a[i] = cosine * x - sine * y
      a[j] = sine * x + cosine * y
    }
  }
}
