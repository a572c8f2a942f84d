// The shapes with which binary morphology probes a picture.

import { UsageError } from '../core/errors.ts'

/** A small binary shape; its origin is the pixel at column floor(width / 2), row floor(height / 2). */
export interface StructuringElement {
  readonly width: number
  readonly height: number
  /** [height, width], 0 or 1 */
  readonly data: Uint8Array
}

/** A full rectangle of width x height pixels. */
export function rectangle(width: number, height: number): StructuringElement {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new UsageError(`rectangle: width and height must be whole numbers of at least 1, got ${width}x${height}`)
  }
  return { width, height, data: new Uint8Array(width * height).fill(1) }
}

/** A full square. */
export function square(side: number): StructuringElement {
  return rectangle(side, side)
}

/** All pixels within `radius` of the origin: x^2 + y^2 <= radius^2; side 2 radius + 1. */
export function disk(radius: number): StructuringElement {
  if (!Number.isInteger(radius) || radius < 0) {
    throw new UsageError(`disk: radius must be a whole number of at least 0, got ${radius}`)
  }
  const side = 2 * radius + 1
  const data = new Uint8Array(side * side)
  for (let y = -radius; y <= radius; y++) {
    for (let x = -radius; x <= radius; x++) {
      if (x * x + y * y <= radius * radius) data[(y + radius) * side + x + radius] = 1
    }
  }
  return { width: side, height: side, data }
}

/** Any shape, by rows of 0 and 1: `structuringElement([[0, 1, 0], [1, 1, 1], [0, 1, 0]])`. */
export function structuringElement(rows: readonly (readonly number[])[]): StructuringElement {
  const height = rows.length
  const width = rows[0]?.length ?? 0
  if (width === 0 || rows.some((row) => row.length !== width)) {
    throw new UsageError('structuringElement: give at least one row, and all rows of the same length')
  }
  if (rows.every((row) => row.every((value) => value === 0))) {
    throw new UsageError('structuringElement: at least one value must be 1')
  }
  return { width, height, data: Uint8Array.from(rows.flat(), (value) => (value === 0 ? 0 : 1)) }
}
