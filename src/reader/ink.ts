// From contrast to ink: where paper ends and ink begins, judged without what is no writing (the desk around the page,
// the edge of a shadow), and the ink's connected components.

import { type Components, findComponents } from '../image/components.ts'
import { countBytes } from '../image/histogram.ts'
import { type BinaryImage, binaryImage, type GrayImage } from '../image/image.ts'
import { type Region, regionProperties } from '../image/regions.ts'

/** Ink of a contrast picture. */
export interface Ink {
  readonly mask: BinaryImage
  readonly components: Components
  readonly regions: readonly Region[]
  /** Contrast of the paper: the commonest value. */
  readonly paper: number
  /** Contrast of the writing's dark parts. */
  readonly dark: number
}

interface Levels {
  readonly paper: number
  readonly noise: number
  readonly dark: number
}

// Ink is what has this share of the writing's contrast, and stands out from the paper's noise.
const inkShare = 0.4
const noiseDeviations = 5
// Writing has at least this contrast, of 191 between paper and black.
const leastContrast = 10

/** Finds the ink of a picture from `contrastOf`; undefined if nothing stands out from the paper. */
export function findInk(contrast: GrayImage<Uint8Array>): Ink | undefined {
  const counts = countBytes(contrast.data)
  for (let round = 0; ; round++) {
    const levels = levelsOf(counts)
    if (levels === undefined) return undefined
    const { paper, noise, dark } = levels
    const mask = above(contrast, Math.ceil(paper + Math.max(inkShare * (dark - paper), noiseDeviations * noise)))
    const components = findComponents(mask)
    const regions = regionProperties(components)
    const writing = regions.filter((region) => !isSurroundings(region, contrast))
    const area = (some: readonly Region[]): number => some.reduce((sum, region) => sum + region.area, 0)
    if (round === 3 || area(regions) - area(writing) < 0.05 * area(regions)) {
      return { mask, components, regions: writing, paper, dark }
    }
    // What surrounds the writing is taken out of the histogram once, then the levels are found again.
    const kept = new Set(writing)
    const ignored = new Set(regions.filter((region) => !kept.has(region)).map((region) => region.label))
    takeOut(counts, contrast, components, ignored)
  }
}

/** Touches the picture's border along much of a side, or is as long as half the picture. */
function isSurroundings({ box: [y1, x1, y2, x2], area }: Region, { width, height }: GrayImage): boolean {
  const atBorder = y1 === 0 || x1 === 0 || y2 === height || x2 === width
  const longer = Math.max((y2 - y1) / height, (x2 - x1) / width)
  const hollow = area < 0.1 * (y2 - y1) * (x2 - x1)
  return longer > (atBorder ? 0.25 : hollow ? 0.4 : 0.6)
}

function above({ width, height, data }: GrayImage<Uint8Array>, level: number): BinaryImage {
  const out = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i++) out[i] = data[i]! >= level ? 1 : 0
  return binaryImage(width, height, out)
}

function takeOut(
  counts: Int32Array,
  contrast: GrayImage<Uint8Array>,
  { runs, rowStart, height, width }: Components,
  labels: ReadonlySet<number>,
): void {
  for (let y = 0; y < height; y++) {
    for (let r = rowStart[y]!; r < rowStart[y + 1]!; r++) {
      if (!labels.has(runs[3 * r + 2]!)) continue
      for (let x = runs[3 * r]!; x < runs[3 * r + 1]!; x++) {
        const value = contrast.data[y * width + x]!
        counts[value] = Math.max(0, counts[value]! - 1)
      }
    }
  }
}

/** Paper, its noise and the ink from a histogram of contrasts. */
function levelsOf(counts: Int32Array): Levels | undefined {
  let near = 1
  for (let v = 2; v < 255; v++) if (smoothed(counts, v) > smoothed(counts, near)) near = v
  // Of clean paper all pixels have one value, and three sums are equal.
  const paper = [near - 1, near, near + 1].reduce((best, v) => (counts[v]! > counts[best]! ? v : best))
  let below = 0
  for (let v = 0; v <= paper; v++) below += counts[v]!
  // The deviation of the paper's side away from the ink: 68.3 % of it lie within one.
  let noise = 0
  for (let sum = 0; noise < paper; noise++) {
    sum += counts[paper - noise]!
    if (sum > 0.683 * below) break
  }
  noise = Math.max(1, noise)
  // Above the paper lie ink, its soft edges, and what shows through; the ink is what lies above the middle of that.
  const first = paper + Math.max(6 * noise, leastContrast)
  const darkest = quantile(counts, first, 0.95)
  if (darkest === undefined) return undefined
  const dark = quantile(counts, Math.ceil((paper + darkest) / 2), 0.5)
  return dark === undefined ? undefined : { paper, noise, dark }
}

function smoothed(counts: Int32Array, v: number): number {
  return counts[v - 1]! + counts[v]! + counts[v + 1]!
}

/** The value below which lies a share of all counts from `first` on; undefined if there are none. */
function quantile(counts: Int32Array, first: number, share: number): number | undefined {
  let total = 0
  for (let v = first; v < 256; v++) total += counts[v]!
  if (total === 0) return undefined
  for (let v = first, sum = 0; v < 256; v++) {
    sum += counts[v]!
    if (sum >= share * total) return v
  }
  return 255
}
