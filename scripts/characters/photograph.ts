// The photograph of a written page: paper, ruling, writing that shines through, light, shadow, lens and sensor.

import type { Random } from '../../src/core/random.ts'
import { gaussianBlur } from '../../src/image/blur.ts'
import { type GrayImage, grayImage, type RgbImage, rgbImage } from '../../src/image/image.ts'
import { GrainTile, SmoothNoise } from './smooth-noise.ts'

export type Colour = readonly [red: number, green: number, blue: number]

export interface Paper {
  readonly colour: Colour
  /** Relative deviation of its brightness from pixel to pixel, and over its width. */
  readonly grain: number
  readonly blotches: number
  /** Colour and strength (0 to 1) of the printed ruling. */
  readonly ruling: Colour
  readonly rulingStrength: number
  /** Strength of the writing on the back, 0 to 1. */
  readonly showThrough: number
}

export interface Ink {
  readonly colour: Colour
  /** How much it covers, 0 to 1. */
  readonly cover: number
  /** Relative deviation of the cover: slowly along the strokes, and from pixel to pixel (pencil). */
  readonly pressure: number
  readonly grain: number
}

export interface Light {
  readonly brightness: number
  /** Relative difference between the bright and the dark side of the page. */
  readonly gradient: number
  /** Fall-off towards the corners. */
  readonly vignette: number
  /** Depth of a soft-edged shadow that covers part of the page, 0 to 1. */
  readonly shadow: number
}

export interface Lens {
  /** Standard deviation in pixels. */
  readonly blur: number
  /** Standard deviation in grey levels. */
  readonly noise: number
}

/** Coverage in bytes, all of one size: what is written, what is printed, and what is written on the back (already mirrored). */
export interface PageLayers {
  readonly writing: GrayImage<Uint8Array>
  readonly ruling?: GrayImage<Uint8Array> | undefined
  readonly back?: GrayImage<Uint8Array> | undefined
}

export interface Scene {
  readonly paper: Paper
  readonly ink: Ink
  readonly light: Light
  readonly lens: Lens
}

/**
 * Photographs the layers, per pixel and colour:
 * `(paper * (1 - ruling) * (1 - back)) blended with ink by cover, times light, plus noise`.
 */
export function photograph(layers: PageLayers, { paper, ink, light, lens }: Scene, random: Random): RgbImage {
  const { width, height } = layers.writing
  const writing = gaussianBlur(layers.writing, { sigma: lens.blur })
  const ruling = layers.ruling === undefined ? undefined : gaussianBlur(layers.ruling, { sigma: lens.blur })
  const back = layers.back === undefined ? undefined : gaussianBlur(layers.back, { sigma: lens.blur * 2 + 1 })
  const cells = Math.round(Math.sqrt(width * height) / 250) + 2
  const blotches = new SmoothNoise(random, cells, cells)
  const pressure = new SmoothNoise(random, cells * 5, cells * 5)
  const fine = new GrainTile(random, 307, 1)
  const coarse = new GrainTile(random, 233, 2)
  const sensor = new GrainTile(random, 256, 0)
  const illumination = lightMap(width, height, light, random)
  const image = rgbImage(width, height)
  const blotchRow = new Float32Array(width)
  const pressureRow = new Float32Array(width)
  const lightRow = new Float32Array(width)
  const out = new Uint8ClampedArray(image.data.buffer)
  for (let y = 0, i = 0; y < height; y++) {
    const v = (y + 0.5) / height
    blotches.fillRow(v, blotchRow)
    pressure.fillRow(v, pressureRow)
    illumination(v, lightRow)
    const noiseStart = random.integer(sensor.values.length)
    for (let x = 0; x < width; x++, i++) {
      const grain = fine.at(x, y) + coarse.at(x, y)
      let brightness = 1 + paper.grain * grain + paper.blotches * blotchRow[x]!
      if (back !== undefined) brightness *= 1 - (paper.showThrough * back.data[i]!) / 255
      const printed = ruling === undefined ? 0 : (paper.rulingStrength * ruling.data[i]!) / 255
      const worn = 1 + ink.pressure * pressureRow[x]! + ink.grain * grain
      const covered = Math.min(1, (writing.data[i]! / 255) * Math.min(1, Math.max(0.15, ink.cover * worn)))
      for (let channel = 0; channel < 3; channel++) {
        const bare = paper.colour[channel]!
        const sheet = (bare + printed * (paper.ruling[channel]! - bare)) * brightness
        const seen = (sheet + covered * (ink.colour[channel]! - sheet)) * lightRow[x]!
        const noise = sensor.values[(noiseStart + i * 3 + channel) % sensor.values.length]!
        out[i * 3 + channel] = seen + lens.noise * noise * (0.6 + seen / 400)
      }
    }
  }
  return image
}

/** Fills a row of relative brightness at height v (0 to 1). The map is coarse, light has no fine detail. */
function lightMap(width: number, height: number, light: Light, random: Random): (v: number, row: Float32Array) => void {
  const side = 160
  const map = new Float32Array(side * side)
  const direction = random.uniform(0, 2 * Math.PI)
  const uneven = new SmoothNoise(random, 2, 2)
  const shadowDirection = random.uniform(0, 2 * Math.PI)
  const shadowAt = random.uniform(-0.25, 0.3)
  const shadowSoftness = random.uniform(0.015, 0.08)
  const shadowEdge = new SmoothNoise(random, 2, 2)
  const longer = Math.max(width, height)
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const u = (((column + 0.5) / side - 0.5) * width) / longer
      const v = (((row + 0.5) / side - 0.5) * height) / longer
      const s = column / side
      const t = row / side
      let value = light.brightness * (1 + light.gradient * (Math.cos(direction) * u + Math.sin(direction) * v))
      value *= 1 - light.vignette * 2 * (u * u + v * v) + light.gradient * 0.15 * uneven.at(s, t)
      const beyond =
        Math.cos(shadowDirection) * u + Math.sin(shadowDirection) * v + 0.05 * shadowEdge.at(s, t) - shadowAt
      value *= 1 - light.shadow / (1 + Math.exp(-beyond / shadowSoftness))
      map[row * side + column] = value
    }
  }
  return (v, out) => {
    const y = Math.min(Math.max(v * side - 0.5, 0), side - 1)
    const above = Math.min(Math.floor(y), side - 2)
    const fy = y - above
    for (let column = 0; column < out.length; column++) {
      const x = Math.min(Math.max(((column + 0.5) / out.length) * side - 0.5, 0), side - 1)
      const left = Math.min(Math.floor(x), side - 2)
      const fx = x - left
      const i = above * side + left
      const upper = map[i]! + fx * (map[i + 1]! - map[i]!)
      const lower = map[i + side]! + fx * (map[i + side + 1]! - map[i + side]!)
      out[column] = upper + fy * (lower - upper)
    }
  }
}

/** An empty layer. */
export function emptyLayer(width: number, height: number): GrayImage<Uint8Array> {
  return grayImage(width, height, new Uint8Array(width * height))
}
