// Changes of brightness, contrast, saturation and hue, by the formulas of torchvision for pictures of floats from 0 to 1.

import { UsageError } from '../../core/errors.ts'
import { type Pixels, toFloats } from '../pixels.ts'
import { type Range, rangeOf, type Transform } from './transform.ts'

export interface ColorJitterOptions {
  /** Range of the factor of each; 0.4 stands for 0.6 to 1.4, 1 leaves the picture as it is (default 0: no change). */
  readonly brightness?: Range
  readonly contrast?: Range
  readonly saturation?: Range
  /** Range of the turn on the colour circle, in turns from -0.5 to 0.5; 0.1 stands for -0.1 to 0.1 (default 0). */
  readonly hue?: Range
}

/**
 * Changes brightness, contrast, saturation and hue, each by a number drawn from its range, in random order. Takes pictures of 1 or 3
 * channels with values from 0 to 1 (before `normalize`), and gives floats; gray pictures keep saturation and hue.
 */
export function colorJitter(options: ColorJitterOptions): Transform {
  const steps = [
    { change: adjustBrightness, range: rangeOf('colorJitter: brightness', options.brightness ?? 0, 1, 0), neutral: 1 },
    { change: adjustContrast, range: rangeOf('colorJitter: contrast', options.contrast ?? 0, 1, 0), neutral: 1 },
    { change: adjustSaturation, range: rangeOf('colorJitter: saturation', options.saturation ?? 0, 1, 0), neutral: 1 },
    { change: adjustHue, range: rangeOf('colorJitter: hue', options.hue ?? 0, 0, -0.5), neutral: 0 },
  ]
  if ((steps[3] as (typeof steps)[number]).range[1] > 0.5) {
    throw new UsageError('colorJitter: hue must be from -0.5 to 0.5 turns')
  }
  return {
    name: 'colorJitter',
    options: { ...options },
    apply: (image, random) => {
      let result = toFloats(image)
      for (const place of random.permutation(steps.length)) {
        const { change, range, neutral } = steps[place] as (typeof steps)[number]
        const amount = random.uniform(...range)
        if (amount !== neutral) result = change(result, amount)
      }
      return result
    },
  }
}

type FloatPixels = Pixels & { readonly data: Float32Array }

/** All values times `factor`, cut to 0 to 1. */
export function adjustBrightness(image: FloatPixels, factor: number): FloatPixels {
  return { ...image, data: image.data.map((value) => clamp(value * factor)) }
}

/** `factor` times the picture plus `1 - factor` times the mean of its brightness, cut to 0 to 1. */
export function adjustContrast(image: FloatPixels, factor: number): FloatPixels {
  const pixels = image.height * image.width
  let sum = 0
  for (let pixel = 0; pixel < pixels; pixel++) sum += brightness(image, pixel)
  const rest = (1 - factor) * (sum / pixels)
  return { ...image, data: image.data.map((value) => clamp(value * factor + rest)) }
}

/** `factor` times the picture plus `1 - factor` times its gray version, cut to 0 to 1. */
export function adjustSaturation(image: FloatPixels, factor: number): FloatPixels {
  if (image.channels !== 3) return checkGray('saturation', image)
  const { data } = image
  const out = new Float32Array(data.length)
  for (let at = 0; at < data.length; at += 3) {
    const rest = (1 - factor) * brightness(image, at / 3)
    for (let c = at; c < at + 3; c++) out[c] = clamp((data[c] as number) * factor + rest)
  }
  return { ...image, data: out }
}

/** Turns the hue (of hue, saturation, value) by a share of the full circle. */
export function adjustHue(image: FloatPixels, turn: number): FloatPixels {
  if (image.channels !== 3) return checkGray('hue', image)
  const { data } = image
  const out = new Float32Array(data.length)
  for (let at = 0; at < data.length; at += 3) {
    const red = data[at] as number
    const green = data[at + 1] as number
    const blue = data[at + 2] as number
    const value = Math.max(red, green, blue)
    const spread = value - Math.min(red, green, blue)
    if (spread === 0) {
      out.fill(value, at, at + 3)
      continue
    }
    const sector =
      value === red ? (green - blue) / spread : value === green ? 2 + (blue - red) / spread : 4 + (red - green) / spread
    const hue = ((((sector / 6 + turn) % 1) + 1) % 1) * 6
    out[at] = channel(value, spread, hue + 5)
    out[at + 1] = channel(value, spread, hue + 3)
    out[at + 2] = channel(value, spread, hue + 1)
  }
  return { ...image, data: out }
}

/** One channel from hue, saturation and value: V - C max(0, min(k, 4 - k, 1)), k = offset mod 6. */
function channel(value: number, spread: number, offset: number): number {
  const k = offset % 6
  return value - spread * Math.max(0, Math.min(k, 4 - k, 1))
}

/** The weights that torchvision and Pillow use, of ITU-R BT.601. */
function brightness({ channels, data }: FloatPixels, pixel: number): number {
  if (channels === 1) return data[pixel] as number
  const at = pixel * channels
  return 0.2989 * (data[at] as number) + 0.587 * (data[at + 1] as number) + 0.114 * (data[at + 2] as number)
}

function checkGray(what: string, image: FloatPixels): FloatPixels {
  if (image.channels === 1) return image
  throw new UsageError(`colorJitter: ${what} takes pictures of 1 or 3 channels, not ${image.channels}`)
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value
}
