// A piece of ink with its box: a connected component, a part of one, or several together. All geometry of the reader is
// done on shapes; pixels are looked at again only to join, to cut and to classify.

import { type BinaryImage, type Box, binaryImage } from '../image/image.ts'

/** Ink cut out of a page. Boxes are half-open, in pixels of the picture the shape was found in. */
export interface Shape {
  readonly box: Box
  /** The shape's own ink in its box; neighbours' ink is not in it. */
  readonly mask: BinaryImage
  /** Pixels of ink. */
  readonly area: number
  /** How dark its darkest parts are, against the paper around: 0 paper, 255 black. */
  readonly darkness: number
}

export function widthOf(shape: Shape): number {
  return shape.box[3] - shape.box[1]
}

export function heightOf(shape: Shape): number {
  return shape.box[2] - shape.box[0]
}

export function centreX(shape: Shape): number {
  return (shape.box[1] + shape.box[3]) / 2
}

export function centreY(shape: Shape): number {
  return (shape.box[0] + shape.box[2]) / 2
}

/** Shared columns of two boxes; negative is the gap between them. */
export function overlapX(a: Shape, b: Shape): number {
  return Math.min(a.box[3], b.box[3]) - Math.max(a.box[1], b.box[1])
}

/** Shared rows of two boxes; negative is the gap between them. */
export function overlapY(a: Shape, b: Shape): number {
  return Math.min(a.box[2], b.box[2]) - Math.max(a.box[0], b.box[0])
}

/** As small, as round and as full as a full stop. `letterHeight` in pixels. */
export function isDot(shape: Shape, letterHeight: number): boolean {
  const [width, height] = [widthOf(shape), heightOf(shape)]
  const longer = Math.max(width, height)
  return longer < 0.32 * letterHeight && longer <= 2.2 * Math.min(width, height) && shape.area > 0.55 * width * height
}

/** Smallest box around all of them. */
export function boxAround(boxes: readonly Box[]): Box {
  return boxes.reduce(([y1, x1, y2, x2], box) => [
    Math.min(y1, box[0]),
    Math.min(x1, box[1]),
    Math.max(y2, box[2]),
    Math.max(x2, box[3]),
  ])
}

/** Several shapes as one. */
export function joinShapes(shapes: readonly Shape[]): Shape {
  if (shapes.length === 1) return shapes[0]!
  const box = boxAround(shapes.map((shape) => shape.box))
  const mask = binaryImage(box[3] - box[1], box[2] - box[0])
  for (const shape of shapes) {
    const { width, height, data } = shape.mask
    const offset = (shape.box[0] - box[0]) * mask.width + shape.box[1] - box[1]
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) if (data[y * width + x] === 1) mask.data[offset + y * mask.width + x] = 1
    }
  }
  return {
    box,
    mask,
    area: shapes.reduce((sum, shape) => sum + shape.area, 0),
    darkness: Math.max(...shapes.map((shape) => shape.darkness)),
  }
}

/** The part of a shape for which `keep(x, y)` holds (coordinates within its box), cut to its ink; undefined if there is none. */
export function partOf(shape: Shape, keep: (x: number, y: number) => boolean): Shape | undefined {
  const { width, height, data } = shape.mask
  let [top, left, bottom, right, area] = [height, width, 0, 0, 0]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] === 0 || !keep(x, y)) continue
      area++
      if (y < top) top = y
      if (x < left) left = x
      if (y >= bottom) bottom = y + 1
      if (x >= right) right = x + 1
    }
  }
  if (area === 0) return undefined
  const mask = binaryImage(right - left, bottom - top)
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      if (data[y * width + x] === 1 && keep(x, y)) mask.data[(y - top) * mask.width + x - left] = 1
    }
  }
  const [y1, x1] = shape.box
  return { box: [y1 + top, x1 + left, y1 + bottom, x1 + right], mask, area, darkness: shape.darkness }
}
