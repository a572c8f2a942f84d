// A picture on its way into a network: any number of channels, bytes or floats, in the layout of the tensors.

import { ShapeError } from '../core/errors.ts'

/**
 * One picture, [height, width, channels], row by row. Bytes stand for 0 to 1 (they are divided by 255 when a batch is made); floats
 * are what they are.
 */
export interface Pixels {
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly data: Uint8Array | Float32Array
}

/** Throws ShapeError unless the extents are whole numbers of 1 or more and `data` holds as many values. */
export function checkPixels({ height, width, channels, data }: Pixels): void {
  const whole = [height, width, channels].every((extent) => Number.isInteger(extent) && extent >= 1)
  if (whole && data.length === height * width * channels) return
  throw new ShapeError(
    `a picture of ${height}x${width} pixels with ${channels} channels does not have ${data.length} values`,
  )
}

/** A zeroed array of the same kind, bytes or floats. */
export function valuesLike({ data }: Pixels, length: number): Uint8Array | Float32Array {
  return data instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)
}

/** The picture as floats: bytes become 0 to 1. Floats are not copied. */
export function toFloats(image: Pixels): Pixels & { readonly data: Float32Array } {
  const { data } = image
  if (data instanceof Float32Array) return { ...image, data }
  const floats = new Float32Array(data.length)
  for (let i = 0; i < data.length; i++) floats[i] = (data[i] as number) / 255
  return { ...image, data: floats }
}

/** A brightness of 0 to 1 in the units of the picture: times 255 for bytes. */
export function inUnitsOf({ data }: Pixels, value: number): number {
  return data instanceof Uint8Array ? Math.round(Math.min(1, Math.max(0, value)) * 255) : value
}
