// From ink to shapes: connected components, without specks, lines, edges and what shows through from the other side;
// then the loose parts of one letter (the bars of an E, the halves of a broken stroke) joined by geometry alone.

import type { Components } from '../image/components.ts'
import { type Box, binaryImage } from '../image/image.ts'
import type { Region } from '../image/regions.ts'
import type { PageInk } from './binarize.ts'
import { centreX, heightOf, isDot, joinShapes, overlapX, overlapY, type Shape, widthOf } from './shape.ts'

// All in units of the letter height H.
const leastArea = 0.005 // H^2: a full stop has at least 0.008
const tallest = 3
const widest = 10
const longLine = 3
const thinLine = 0.16
// Share of the page's ink contrast that a shape's dark parts must reach: what shows through the paper stays below.
const leastContrast = 0.55

/** The shapes of a page that can be letters, parts of letters, or punctuation. */
export function findShapes(ink: PageInk): Shape[] {
  const regions = ink.regions.filter((region) => isPlausible(region, ink))
  const least = leastContrast * (ink.dark - ink.paper)
  return cutOut(ink.components, regions, ink).filter((shape) => shape.darkness >= least)
}

function isPlausible({ area, box: [y1, x1, y2, x2] }: Region, { letterHeight: H, mask }: PageInk): boolean {
  const height = y2 - y1
  const width = x2 - x1
  const longer = Math.max(height, width)
  if (area < Math.max(4, leastArea * H * H) || height > tallest * H || width > widest * H) return false
  if (longer > longLine * H && area / longer < thinLine * H && Math.min(width, height) < 0.5 * H) return false
  const touchesBorder = y1 === 0 || x1 === 0 || y2 === mask.height || x2 === mask.width
  return !touchesBorder || (longer < 1.8 * H && Math.min(width, height) > 0.2 * H)
}

/** Copies the pixels of each region out of the page. */
function cutOut(components: Components, regions: readonly Region[], ink: PageInk): Shape[] {
  const masks = new Map(
    regions.map(({ label, box: [y1, x1, y2, x2] }) => [label, binaryImage(x2 - x1, y2 - y1)] as const),
  )
  const boxes = new Map<number, Box>(regions.map(({ label, box }) => [label, box]))
  const { runs, rowStart, height } = components
  for (let y = 0; y < height; y++) {
    for (let r = rowStart[y]!; r < rowStart[y + 1]!; r++) {
      const mask = masks.get(runs[3 * r + 2]!)
      const box = boxes.get(runs[3 * r + 2]!)
      if (mask === undefined || box === undefined) continue
      const start = (y - box[0]) * mask.width - box[1]
      mask.data.fill(1, start + runs[3 * r]!, start + runs[3 * r + 1]!)
    }
  }
  return regions.map(({ label, box, area }) => {
    const mask = masks.get(label)!
    return { box, mask, area, darkness: darknessOf(mask.data, box, ink) }
  })
}

/** The contrast that a tenth of the shape's pixels exceed, above the paper. */
function darknessOf(mask: Uint8Array, [y1, x1, y2, x2]: Box, { contrast, paper }: PageInk): number {
  const counts = new Int32Array(256)
  let total = 0
  for (let y = y1, i = 0; y < y2; y++) {
    for (let x = x1; x < x2; x++, i++) {
      if (mask[i] === 0) continue
      counts[contrast.data[y * contrast.width + x]!]!++
      total++
    }
  }
  let value = 255
  for (let above = counts[value]!; above < total / 10; above += counts[--value]!);
  return value - paper
}

/**
 * Joins shapes that are parts of one letter beyond doubt: one box inside the other, or one above the other with little
 * between them and together no higher than a letter. `letterHeight` in pixels.
 */
export function joinParts(shapes: readonly Shape[], letterHeight: number): Shape[] {
  // Left to right, so that only shapes that begin before a shape's end need a look.
  const queue = [...shapes].sort((a, b) => a.box[1] - b.box[1])
  const done: Shape[] = []
  for (let shape = queue.shift(); shape !== undefined; shape = queue.shift()) {
    const partner = queue.findIndex(
      (other) => other.box[1] < shape!.box[3] && belongTogether(shape!, other, letterHeight),
    )
    if (partner < 0) {
      done.push(shape)
      continue
    }
    // The grown shape goes back to its place: it may now reach what it passed by.
    queue.unshift(joinShapes([shape, ...queue.splice(partner, 1)]))
  }
  return done
}

function belongTogether(a: Shape, b: Shape, letterHeight: number): boolean {
  const sharedX = overlapX(a, b)
  const sharedY = overlapY(a, b)
  const narrower = Math.min(widthOf(a), widthOf(b))
  const lower = Math.min(heightOf(a), heightOf(b))
  if (sharedX <= 0) return false
  const inside = (sharedX * Math.max(0, sharedY)) / (narrower * lower)
  const taller = Math.max(heightOf(a), heightOf(b), letterHeight)
  const height = Math.max(a.box[2], b.box[2]) - Math.min(a.box[0], b.box[0])
  const width = Math.max(a.box[3], b.box[3]) - Math.min(a.box[1], b.box[1])
  if (height > 1.3 * taller || width > 1.6 * taller) return false
  if (isStopOf(a, b, letterHeight) || isStopOf(b, a, letterHeight)) return false
  if (inside > 0.8) return true
  return sharedX > 0.5 * narrower && sharedY > -0.2 * letterHeight
}

/** Is `dot` a full stop at the foot of `letter`, on its right, as under the arm of a 7? */
function isStopOf(dot: Shape, letter: Shape, letterHeight: number): boolean {
  if (!isDot(dot, letterHeight) || isDot(letter, letterHeight)) return false
  return dot.box[0] > letter.box[2] - 0.4 * letterHeight && centreX(dot) > letter.box[1] + 0.75 * widthOf(letter)
}
