// Pictures in reports: weights and letters as PNG, packed into the file itself.

import { OcellusError } from '../../core/errors.ts'
import { encodePng } from '../../image/encode.node.ts'
import { type RgbImage, rgbImage } from '../../image/image.ts'
import { Markup } from './markup.ts'

type Colour = readonly [red: number, green: number, blue: number]

const negative: Colour = [200, 80, 10]
const neutral: Colour = [250, 250, 250]
const positive: Colour = [20, 80, 180]
/** Between two pictures of a sheet. */
const gap = 2

/** A picture as an address that holds it; undefined where the optional package that encodes pictures is not installed. */
export async function pictureAddress(image: RgbImage): Promise<Markup | undefined> {
  try {
    return dataAddress('image/png', await encodePng(image))
  } catch (error) {
    if (error instanceof OcellusError) return undefined
    throw error
  }
}

/** The bytes of a file as an address that holds them. */
export function dataAddress(type: string, bytes: Uint8Array): Markup {
  return new Markup(`data:${type};base64,${Buffer.from(bytes).toString('base64')}`)
}

/** Pictures of weights: at most so many, and so many in a row. */
export const weightLimit = 64
const weightsPerRow = 8

/**
 * The weights of the first layer as pictures, one per hidden unit, at most 64.
 * weights: [side * side, units]. Blue pixels speak for ink, orange ones against it; each unit has its own scale.
 */
export function weightSheet(weights: Float32Array, side: number): RgbImage {
  const units = weights.length / (side * side)
  const shown = Math.min(units, weightLimit)
  const unit = (index: number): Float32Array =>
    Float32Array.from({ length: side * side }, (_, pixel) => weights[pixel * units + index] as number)
  const tiles = Array.from({ length: shown }, (_, index) => {
    const values = unit(index)
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12)
    return (pixel: number) => diverging((values[pixel] as number) / largest)
  })
  return sheet(tiles, side, Math.min(weightsPerRow, shown))
}

/** Letters side by side, black on white. letters: rows of side * side pixels, ink 1 on paper 0 (bytes: 255 on 0). */
export function letterStrip(letters: readonly (Float32Array | Uint8Array)[], side: number): RgbImage {
  const tiles = letters.map((letter) => (pixel: number): Colour => {
    const ink = (letter[pixel] as number) * (letter instanceof Uint8Array ? 1 : 255)
    const shade = 255 - Math.min(255, Math.max(0, ink))
    return [shade, shade, shade]
  })
  return sheet(tiles, side, letters.length)
}

/** From orange for -1 by white for 0 to blue for 1. */
function diverging(value: number): Colour {
  const end = value < 0 ? negative : positive
  const share = Math.abs(value)
  return [0, 1, 2].map((i) => (neutral[i] as number) + share * ((end[i] as number) - (neutral[i] as number))) as [
    number,
    number,
    number,
  ]
}

function sheet(tiles: readonly ((pixel: number) => Colour)[], side: number, perRow: number): RgbImage {
  const rows = Math.ceil(tiles.length / perRow)
  const width = perRow * (side + gap) - gap
  const image = rgbImage(width, rows * (side + gap) - gap)
  image.data.fill(255)
  for (const [i, colourAt] of tiles.entries()) {
    const top = Math.floor(i / perRow) * (side + gap)
    const left = (i % perRow) * (side + gap)
    for (let pixel = 0; pixel < side * side; pixel++) {
      const place = (top + Math.floor(pixel / side)) * width + left + (pixel % side)
      image.data.set(colourAt(pixel), 3 * place)
    }
  }
  return image
}
