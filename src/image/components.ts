// Connected components of the foreground, by runs: each row is cut into runs of ink, runs that touch are united, and
// everything else (labels, areas, boxes, moments) follows from the runs without another look at the pixels.

import { UsageError } from '../core/errors.ts'
import { type BinaryImage, type Box, binaryImage } from './image.ts'

/** 4: pixels touch by their sides. 8: also by their corners. */
export type Connectivity = 4 | 8

/** The foreground of a picture, cut into connected components numbered 1..count by their first pixel in reading order. */
export interface Components {
  readonly width: number
  readonly height: number
  readonly connectivity: Connectivity
  readonly count: number
  /** Runs of ink, three values each: first column, last column + 1, component number; row by row, left to right. */
  readonly runs: Int32Array
  /** Index of each row's first run; [height + 1] */
  readonly rowStart: Int32Array
}

/** Finds the components. Default connectivity 8. */
export function findComponents(image: BinaryImage, options: { readonly connectivity?: Connectivity } = {}): Components {
  const { width, height } = image
  const { connectivity = 8 } = options
  if (connectivity !== 4 && connectivity !== 8) {
    throw new UsageError(`findComponents: connectivity must be 4 or 8, got ${String(connectivity)}`)
  }
  const { runs, rowStart } = cutRuns(image)
  const count = numberRuns(runs, rowStart, connectivity === 8 ? 1 : 0)
  return { width, height, connectivity, count, runs, rowStart }
}

/** Component number of each pixel, 0 for background; [height, width]. */
export function labelsOf(components: Components): Int32Array {
  const { width, height, runs, rowStart } = components
  const labels = new Int32Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let r = rowStart[y]!; r < rowStart[y + 1]!; r++) {
      labels.fill(runs[3 * r + 2]!, y * width + runs[3 * r]!, y * width + runs[3 * r + 1]!)
    }
  }
  return labels
}

/** The components for which `keep(number)` holds, as a picture. */
export function selectComponents(components: Components, keep: (component: number) => boolean): BinaryImage {
  const { width, height, count, runs, rowStart } = components
  const kept = Uint8Array.from({ length: count + 1 }, (_, number) => (number > 0 && keep(number) ? 1 : 0))
  const out = binaryImage(width, height)
  for (let y = 0; y < height; y++) {
    for (let r = rowStart[y]!; r < rowStart[y + 1]!; r++) {
      if (kept[runs[3 * r + 2]!] === 1) out.data.fill(1, y * width + runs[3 * r]!, y * width + runs[3 * r + 1]!)
    }
  }
  return out
}

/** One component (or several) cut out along `box`, without what else lies there. */
export function maskOf(components: Components, numbers: number | readonly number[], box: Box): BinaryImage {
  const [y1, x1, y2, x2] = box
  const { height, runs, rowStart } = components
  const wanted = new Set(typeof numbers === 'number' ? [numbers] : numbers)
  const mask = binaryImage(x2 - x1, y2 - y1)
  for (let y = Math.max(0, y1); y < Math.min(height, y2); y++) {
    for (let r = rowStart[y]!; r < rowStart[y + 1]!; r++) {
      if (!wanted.has(runs[3 * r + 2]!)) continue
      const from = Math.max(runs[3 * r]!, x1)
      const to = Math.min(runs[3 * r + 1]!, x2)
      if (from < to) mask.data.fill(1, (y - y1) * mask.width + from - x1, (y - y1) * mask.width + to - x1)
    }
  }
  return mask
}

/** Number of pixels of each component; index 0 is unused and 0. */
export function areasOf(components: Components): Int32Array {
  const { count, runs } = components
  const areas = new Int32Array(count + 1)
  for (let i = 0; i < runs.length; i += 3) areas[runs[i + 2]!]! += runs[i + 1]! - runs[i]!
  return areas
}

/** Removes components of fewer than `area` pixels (`skimage.morphology.remove_small_objects`). Default connectivity 4. */
export function removeSmallObjects(
  image: BinaryImage,
  options: { readonly area: number; readonly connectivity?: Connectivity },
): BinaryImage {
  const components = findComponents(image, { connectivity: options.connectivity ?? 4 })
  const areas = areasOf(components)
  return selectComponents(components, (component) => areas[component]! >= options.area)
}

/** Fills holes of fewer than `area` pixels (`skimage.morphology.remove_small_holes`). Holes are connected by sides unless `connectivity` is 8. */
export function removeSmallHoles(
  image: BinaryImage,
  options: { readonly area: number; readonly connectivity?: Connectivity },
): BinaryImage {
  const background = binaryImage(image.width, image.height, image.data.map(complement))
  const kept = removeSmallObjects(background, options)
  return binaryImage(image.width, image.height, kept.data.map(complement))
}

function complement(value: number): number {
  return value === 0 ? 1 : 0
}

/** All runs of ink, numbered 0 so far. */
function cutRuns(image: BinaryImage): { runs: Int32Array; rowStart: Int32Array } {
  const { width, height, data } = image
  const rowStart = new Int32Array(height + 1)
  let runs = new Int32Array(3 * 4096)
  let used = 0
  const most = 3 * ((width + 1) >> 1)
  for (let y = 0; y < height; y++) {
    if (used + most > runs.length) {
      const grown = new Int32Array(Math.max(2 * runs.length, used + most))
      grown.set(runs.subarray(0, used))
      runs = grown
    }
    used = cutRow(data, y * width, (y + 1) * width, runs, used)
    rowStart[y + 1] = used / 3
  }
  return { runs: runs.slice(0, used), rowStart }
}

function cutRow(data: Uint8Array, from: number, to: number, runs: Int32Array, used: number): number {
  for (let at = from; at < to; ) {
    if (data[at] === 0) {
      at++
      continue
    }
    runs[used] = at - from
    while (at < to && data[at] !== 0) at++
    runs[used + 1] = at - from
    used += 3
  }
  return used
}

/** Unites touching runs of consecutive rows and writes component numbers into the runs; returns how many there are. */
function numberRuns(runs: Int32Array, rowStart: Int32Array, reach: 0 | 1): number {
  const total = runs.length / 3
  // parent[r] <= r always, so that a root is the component's first run in reading order.
  const parent = new Int32Array(total)
  for (let r = 0; r < total; r++) parent[r] = r
  for (let y = 1; y + 1 < rowStart.length; y++) {
    let above = rowStart[y - 1]!
    const aboveEnd = rowStart[y]!
    for (let r = rowStart[y]!; r < rowStart[y + 1]!; r++) {
      const left = runs[3 * r]! - reach
      const right = runs[3 * r + 1]! + reach
      while (above < aboveEnd && runs[3 * above + 1]! <= left) above++
      for (let other = above; other < aboveEnd && runs[3 * other]! < right; other++) unite(parent, r, other)
    }
  }
  let count = 0
  for (let r = 0; r < total; r++) {
    const up = parent[r]!
    // A parent comes before its child, so its number is already written.
    runs[3 * r + 2] = up === r ? ++count : runs[3 * up + 2]!
  }
  return count
}

function unite(parent: Int32Array, a: number, b: number): void {
  let rootA = rootOf(parent, a)
  let rootB = rootOf(parent, b)
  if (rootA === rootB) return
  if (rootA > rootB) [rootA, rootB] = [rootB, rootA]
  parent[rootB] = rootA
}

function rootOf(parent: Int32Array, run: number): number {
  let at = run
  while (parent[at] !== at) {
    parent[at] = parent[parent[at]!]!
    at = parent[at]!
  }
  return at
}
