// Normalisation of the channels.

import { UsageError } from '../../core/errors.ts'
import type { Pixels } from '../pixels.ts'
import type { Transform } from './transform.ts'

export interface NormalizeOptions {
  /** Of each channel, where 1 is white; one number stands for all. */
  readonly mean: number | readonly number[]
  readonly deviation: number | readonly number[]
}

/** Of ImageNet, in the order red, green, blue: what most pretrained networks expect. */
export const imageNetStatistics: { readonly mean: readonly number[]; readonly deviation: readonly number[] } = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
}

/** `(x - mean) / deviation` of each channel, as floats. Throws UsageError where the picture has another number of channels. */
export function normalize(options: NormalizeOptions): Transform {
  const means = typeof options.mean === 'number' ? [options.mean] : options.mean
  const deviations = typeof options.deviation === 'number' ? [options.deviation] : options.deviation
  const valid = means.length > 0 && deviations.length > 0 && means.every(Number.isFinite)
  if (!valid || !deviations.every((deviation) => deviation > 0 && deviation < Infinity)) {
    throw new UsageError(
      `normalize: mean must be finite and deviation above 0, not [${means.join(', ')}] and [${deviations.join(', ')}]`,
    )
  }
  /** What each byte becomes, by the number of channels: [channels, 256]. */
  const tables = new Map<number, Float32Array>()
  const statistic = (values: readonly number[], channel: number, channels: number): number => {
    if (values.length !== 1 && values.length !== channels) {
      throw new UsageError(`normalize: there are statistics of ${values.length} channels for a picture of ${channels}`)
    }
    return values[values.length === 1 ? 0 : channel] as number
  }
  const tableOf = (channels: number): Float32Array => {
    const known = tables.get(channels)
    if (known !== undefined) return known
    const table = Float32Array.from({ length: channels * 256 }, (_, i) => {
      const channel = i >> 8
      return ((i & 255) / 255 - statistic(means, channel, channels)) / statistic(deviations, channel, channels)
    })
    tables.set(channels, table)
    return table
  }
  return {
    name: 'normalize',
    options: { ...options },
    apply: (image) => {
      const { data, channels } = image
      const out = new Float32Array(data.length)
      if (data instanceof Uint8Array) lookUp(data, out, tableOf(channels), channels)
      else {
        for (let channel = 0; channel < channels; channel++) {
          const mean = statistic(means, channel, channels)
          const deviation = statistic(deviations, channel, channels)
          for (let i = channel; i < out.length; i += channels) out[i] = ((data[i] as number) - mean) / deviation
        }
      }
      return { ...image, data: out }
    },
  }
}

function lookUp(data: Uint8Array, out: Float32Array, table: Float32Array, channels: Pixels['channels']): void {
  if (channels === 3) {
    for (let i = 0; i + 2 < data.length; i += 3) {
      out[i] = table[data[i] as number] as number
      out[i + 1] = table[256 + (data[i + 1] as number)] as number
      out[i + 2] = table[512 + (data[i + 2] as number)] as number
    }
    return
  }
  for (let channel = 0; channel < channels; channel++) {
    for (let i = channel; i < data.length; i += channels) out[i] = table[channel * 256 + (data[i] as number)] as number
  }
}
