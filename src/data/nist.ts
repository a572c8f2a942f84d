// Characters in the layout of NIST36 and NIST26: MATLAB files with one 32x32 character per row and one-hot labels.

import { FormatError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { Dataset } from './dataset.ts'
import { matlabNumbers, readMatlab } from './formats/matlab.ts'
import type { MatlabNumeric } from './formats/matlab-types.ts'

export interface NistOptions {
  /** Which variables to read: `train_data` and `train_labels`, and so on. */
  readonly part: 'train' | 'valid' | 'test'
  /** Name of the file, for messages. */
  readonly file?: string
  /** The value of ink: 0 as stored, on paper of 1 (default), or 1 on paper of 0. */
  readonly ink?: 0 | 1
}

/** Height and width of a character. */
const side = 32

/** Samples and pixels are exchanged in tiles of this many, so that reads and writes stay in the cache. */
const tile = 16

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const characters = `${letters}0123456789`

/**
 * Reads a NIST file. Each row of `*_data` [N, 1024] is a character in **column-major** order; the data set has it
 * row-major, [N, 32, 32, 1]. `*_labels` [N, 26] or [N, 36] are one-hot: A to Z, then 0 to 9.
 * Values are kept as stored (resampling lets some of them lie a little outside 0 to 1).
 * Throws FormatError where variables are missing, have other shapes, or a row of labels is not one-hot.
 */
export function readNist(bytes: Uint8Array, { part, file = 'NIST file', ink = 0 }: NistOptions): Dataset {
  const names = { data: `${part}_data`, labels: `${part}_labels` }
  const wanted = (name: string) => name === names.data || name === names.labels
  const contents = readMatlab(bytes, { file, doubles: 'f32', only: wanted })
  const labels = readLabels(matlabNumbers(contents, names.labels, file), `${file}: variable ${names.labels}`)
  const data = matlabNumbers(contents, names.data, file)
  const samples = labels.labels.length
  if (data.shape.length !== 2 || data.shape[0] !== samples || data.shape[1] !== side * side) {
    const expected = formatShape([samples, side * side])
    throw new FormatError(
      `${file}: variable ${names.data}: expected shape ${expected}, found ${formatShape(data.shape)}`,
    )
  }
  return new Dataset({ inputs: { data: toRows(data, samples, ink), shape: [samples, side, side, 1] }, ...labels })
}

/**
 * The pixels in row-major order per character: image[n, y, x] = data[n, x * 32 + y],
 * where element [n, p] of MATLAB's array lies at n + N p.
 */
function toRows({ data }: MatlabNumeric, samples: number, ink: 0 | 1): Float32Array {
  const size = side * side
  const images = new Float32Array(samples * size)
  const source = data instanceof Float32Array ? data : Float32Array.from(data)
  for (let firstSample = 0; firstSample < samples; firstSample += tile) {
    const lastSample = Math.min(firstSample + tile, samples)
    for (let firstPixel = 0; firstPixel < size; firstPixel += tile) {
      for (let sample = firstSample; sample < lastSample; sample++) {
        for (let pixel = firstPixel; pixel < firstPixel + tile; pixel++) {
          const column = (pixel % side) * side + Math.floor(pixel / side)
          const value = source[sample + samples * column] as number
          images[sample * size + pixel] = ink === 0 ? value : 1 - value
        }
      }
    }
  }
  return images
}

function readLabels({ shape, data }: MatlabNumeric, field: string): { labels: Int32Array; classes: readonly string[] } {
  const [samples = 0, count = 0] = shape
  if (shape.length !== 2 || (count !== letters.length && count !== characters.length)) {
    throw new FormatError(`${field}: expected one-hot labels [N, 26] or [N, 36], found ${formatShape(shape)}`)
  }
  const labels = new Int32Array(samples).fill(-1)
  for (let label = 0; label < count; label++) {
    for (let sample = 0; sample < samples; sample++) {
      const value = data[sample + samples * label]
      if (value === 0) continue
      if (value !== 1 || labels[sample] !== -1) throw new FormatError(`${field}: row ${sample} is not one-hot`)
      labels[sample] = label
    }
  }
  const unlabelled = labels.indexOf(-1)
  if (unlabelled >= 0) throw new FormatError(`${field}: row ${unlabelled} is not one-hot, it has no 1`)
  return { labels, classes: [...characters.slice(0, count)] }
}
