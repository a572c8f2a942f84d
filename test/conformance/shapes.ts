// The shapes that every generated suite uses, chosen by nobody who wrote an op: empty, one, odd, around the vector lengths, ranks 0 to 4.

import type { Shape } from '../../src/core/shape.ts'

/** Around 4 lanes of f32, 2 of f64, and the 8 and 16 virtual lanes of reductions. */
const lanesAndNeighbours: readonly Shape[] = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33].map((extent) => [extent])

const empty: readonly Shape[] = [[0], [0, 3], [3, 0], [2, 0, 3], [2, 3, 0, 1]]

const ones: readonly Shape[] = [
  [1, 1],
  [1, 17],
  [17, 1],
  [3, 1, 4],
  [1, 3, 1, 5],
]

const manyAxes: readonly Shape[] = [
  [3, 5],
  [4, 4],
  [5, 8],
  [9, 7],
  [16, 17],
  [17, 3],
  [2, 3, 5],
  [3, 4, 17],
  [2, 3, 2, 4],
  [2, 2, 3, 3],
]

/** Beyond the blocks that loops are cut into: sums in several parts, many tiles. */
const long: readonly Shape[] = [
  [1, 257],
  [3, 1030],
  [70, 41],
]

/** For comparing devices: every class of shape. */
export const allShapes: readonly Shape[] = [[], ...lanesAndNeighbours, ...empty, ...ones, ...manyAxes, ...long]

/** For finite differences, which cost four evaluations per element: every class again, but small. */
export const smallShapes: readonly Shape[] = [
  [],
  [0],
  [1],
  [3],
  [5],
  [17],
  [3, 0],
  [1, 1],
  [1, 5],
  [4, 1],
  [3, 5],
  [5, 4],
  [2, 1, 3],
  [2, 3, 4],
  [2, 1, 2, 3],
]

/** Enough to meet each rule once: for mutants, which cost a run of the suites each. */
export const fewShapes: readonly Shape[] = [[], [5], [17], [4, 1], [3, 5], [2, 3, 4]]

/** For inputs behind views: axes that merge and axes that do not, tails, nothing. */
export const viewedShapes: readonly Shape[] = [
  [],
  [1],
  [9],
  [3, 0],
  [1, 5],
  [5, 1],
  [3, 5],
  [4, 8],
  [2, 3, 5],
  [2, 1, 3, 4],
]
