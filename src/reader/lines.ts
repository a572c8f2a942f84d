// Shapes into lines of writing: each is chained to its nearest left neighbour that shares enough of its rows; chains that
// go on in the same direction after a gap become one line. No line distance is assumed, and lines may slant.

import { centreX, centreY, heightOf, overlapX, type Shape } from './shape.ts'

/** Shapes of one line, left to right. */
export type ShapeLine = readonly Shape[]

// In units of the letter height H, or shares.
const leastHeight = 0.45 // lower shapes are marks or parts; they join a line, but make none
const tallest = 2.4
const sharedRows = 0.3
const chainGap = 3
const joinReach = 14
const joinOffset = 0.55

/** Lines from top to bottom. `letterHeight` H in pixels. */
export function findLines(shapes: readonly Shape[], letterHeight: number): ShapeLine[] {
  const isLetter = (shape: Shape): boolean => {
    const height = heightOf(shape)
    return height >= leastHeight * letterHeight && height <= tallest * letterHeight
  }
  const letters = shapes.filter(isLetter)
  const marks = shapes.filter((shape) => heightOf(shape) < leastHeight * letterHeight)
  const slope = pageSlope(letters, letterHeight)
  const chains = joinChains(chainLetters(letters, slope, letterHeight), slope, letterHeight)
  const lines = attachMarks(chains, marks, letterHeight)
  // With the page's slope taken off, the order of lines is that of their mean rows.
  const row = (line: ShapeLine): number => mean(line.map((shape) => centreY(shape) - slope * centreX(shape)))
  return lines.sort((a, b) => row(a) - row(b))
}

/** Rows per column by which the lines of the page fall: the median over pairs of close neighbours. */
function pageSlope(letters: readonly Shape[], letterHeight: number): number {
  const slopes: number[] = []
  for (const right of letters) {
    let nearest = chainGap * letterHeight
    let slope: number | undefined
    for (const left of letters) {
      const gap = -overlapX(left, right)
      if (left === right || centreX(left) >= centreX(right) || gap >= nearest) continue
      if (sharedRowsOf(left, right, 0) < 0.5) continue
      nearest = gap
      slope = (left.box[2] + left.box[0] - right.box[2] - right.box[0]) / (2 * (centreX(left) - centreX(right)))
    }
    if (slope !== undefined) slopes.push(slope)
  }
  return slopes.length < 3 ? 0 : median(slopes)
}

/** Share of the lower shape's rows that the other has too, when both are slid along the slope to the same column. */
function sharedRowsOf(a: Shape, b: Shape, slope: number): number {
  const shift = slope * (centreX(b) - centreX(a))
  const shared = Math.min(a.box[2], b.box[2] - shift) - Math.max(a.box[0], b.box[0] - shift)
  return shared / Math.min(heightOf(a), heightOf(b))
}

function chainLetters(letters: readonly Shape[], slope: number, letterHeight: number): Shape[][] {
  const links: { left: Shape; right: Shape; distance: number }[] = []
  for (const right of letters) {
    for (const left of letters) {
      if (left === right || centreX(left) >= centreX(right)) continue
      const gap = -overlapX(left, right)
      if (gap > chainGap * letterHeight || sharedRowsOf(left, right, slope) < sharedRows) continue
      const offset = Math.abs(centreY(right) - centreY(left) - slope * (centreX(right) - centreX(left)))
      // Centres, not gaps: of two overlapping shapes the nearer is the one that starts closer.
      links.push({ left, right, distance: centreX(right) - centreX(left) + offset })
    }
  }
  links.sort((a, b) => a.distance - b.distance)
  const next = new Map<Shape, Shape>()
  const previous = new Set<Shape>()
  for (const { left, right } of links) {
    if (next.has(left) || previous.has(right)) continue
    next.set(left, right)
    previous.add(right)
  }
  return letters
    .filter((shape) => !previous.has(shape))
    .map((first) => {
      const chain: Shape[] = []
      for (let at: Shape | undefined = first; at !== undefined; at = next.get(at)) chain.push(at)
      return chain
    })
}

/** Joins chains end to start where the one, continued along its own direction, meets the other. */
function joinChains(chains: Shape[][], pageSlope: number, letterHeight: number): Shape[][] {
  const joined = [...chains]
  for (;;) {
    let best: { left: Shape[]; right: Shape[]; cost: number } | undefined
    for (const left of joined) {
      for (const right of joined) {
        if (left === right) continue
        const cost = joinCost(left, right, pageSlope, letterHeight)
        if (cost !== undefined && (best === undefined || cost < best.cost)) best = { left, right, cost }
      }
    }
    if (best === undefined) return joined
    best.left.push(...best.right)
    joined.splice(joined.indexOf(best.right), 1)
  }
}

function joinCost(left: Shape[], right: Shape[], slope: number, letterHeight: number): number | undefined {
  const from = left.at(-1)!
  const to = right[0]!
  const gap = -overlapX(from, to)
  if (centreX(from) >= centreX(to) || gap < -0.5 * letterHeight || gap > joinReach * letterHeight) return undefined
  const middle = (from.box[3] + to.box[1]) / 2
  const reached = rowAt(left.slice(-8), middle, slope, letterHeight)
  const offset = Math.abs(reached - rowAt(right.slice(0, 8), middle, slope, letterHeight))
  return offset > joinOffset * letterHeight ? undefined : gap + 4 * offset
}

/** Row of a chain's middle line at column x: its own regression line if it is long enough, else the page's slope. */
function rowAt(chain: readonly Shape[], x: number, pageSlope: number, letterHeight: number): number {
  const meanX = mean(chain.map(centreX))
  const meanY = mean(chain.map(centreY))
  const spread = chain.reduce((sum, shape) => sum + (centreX(shape) - meanX) ** 2, 0)
  const product = chain.reduce((sum, shape) => sum + (centreX(shape) - meanX) * (centreY(shape) - meanY), 0)
  // A prior worth a few letters' length holds short chains to the page's slope.
  const prior = 12 * letterHeight * letterHeight
  const slope = (product + prior * pageSlope) / (spread + prior)
  return meanY + slope * (x - meanX)
}

/** Puts small marks into the line in whose band they lie; marks far from every line are dropped. */
function attachMarks(chains: readonly Shape[][], marks: readonly Shape[], letterHeight: number): ShapeLine[] {
  const lines = chains.map((chain) => [...chain])
  for (const mark of marks) {
    let nearest = Infinity
    let home = -1
    chains.forEach((chain, index) => {
      const [top, bottom, gap] = bandAt(chain, centreX(mark))
      const y = centreY(mark)
      if (gap > 2 * letterHeight || y < top - 0.3 * letterHeight || y > bottom + 0.35 * letterHeight) return
      const distance = Math.abs(y - (top + bottom) / 2) + gap
      if (distance < nearest) {
        nearest = distance
        home = index
      }
    })
    if (home >= 0) lines[home]!.push(mark)
  }
  return lines.map((line) => line.sort((a, b) => centreX(a) - centreX(b)))
}

/** Rows between which the line runs at column x (of its nearest letters), and how far from x the nearest begins. */
export function bandAt(letters: readonly Shape[], x: number): readonly [top: number, bottom: number, gap: number] {
  const distance = (shape: Shape): number => Math.max(0, shape.box[1] - x, x - shape.box[3])
  const near = [...letters].sort((a, b) => distance(a) - distance(b)).slice(0, 3)
  return [mean(near.map((shape) => shape.box[0])), mean(near.map((shape) => shape.box[2])), distance(near[0]!)]
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Middle value; of an even number the upper of the two. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}
