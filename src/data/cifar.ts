// CIFAR-10 and CIFAR-100, binary version: records of one or two label bytes and the planes of a 32x32 picture: red, green, blue.
// Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, and https://www.cs.toronto.edu/~kriz/cifar.html

import { FormatError } from '../core/errors.ts'
import { Dataset } from './dataset.ts'
import { InflateSource, isGzip } from './formats/inflate-source.ts'

export interface CifarOptions {
  /** Names of the classes; their number is that of the labels. */
  readonly classes: readonly string[]
  /** Bytes of label before each picture: 1 for CIFAR-10, 2 for CIFAR-100 (default 1). */
  readonly labelBytes?: number
  /** Which of them is the label (default the last: the fine class of CIFAR-100). */
  readonly label?: number
  /** Name of the file, for messages. */
  readonly file?: string
}

const side = 32
const plane = side * side
const pictureBytes = 3 * plane

/** The batches have 10,000 or 50,000 records; what holds more than this is none. */
const mostRecords = 600_000

/**
 * Reads a batch, plain or gzip (told by its first bytes): pictures [N, 32, 32, 3] as bytes.
 * Throws FormatError where the file is no whole number of records, or a label is no class.
 */
export function readCifar(bytes: Uint8Array, options: CifarOptions): Dataset {
  const { classes, labelBytes = 1, label = labelBytes - 1, file = 'CIFAR batch' } = options
  const record = labelBytes + pictureBytes
  const content = isGzip(bytes)
    ? new InflateSource(bytes, 'gzip', file, 'gzip').rest(mostRecords * record, 'records')
    : bytes
  const samples = content.length / record
  if (!Number.isInteger(samples) || samples === 0) {
    throw new FormatError(
      `${file}: records: expected a whole number of records of ${record} bytes, found ${content.length} bytes, copy the file again`,
    )
  }
  const labels = Int32Array.from({ length: samples }, (_, sample) => content[sample * record + label] as number)
  const wrong = labels.findIndex((found) => found >= classes.length)
  if (wrong >= 0) {
    const range = `0 to ${classes.length - 1}`
    throw new FormatError(`${file}: label of record ${wrong}: expected ${range}, found ${labels[wrong]}`)
  }
  const data = new Uint8Array(samples * pictureBytes)
  for (let sample = 0; sample < samples; sample++) {
    interleave(content, sample * record + labelBytes, data, sample * pictureBytes)
  }
  return new Dataset({ inputs: { data, shape: [samples, side, side, 3] }, labels, classes })
}

/** Three planes become pixels of red, green and blue. */
export function interleave(from: Uint8Array, start: number, to: Uint8Array, at: number): void {
  for (let pixel = 0, out = at; pixel < plane; pixel++, out += 3) {
    to[out] = from[start + pixel] as number
    to[out + 1] = from[start + plane + pixel] as number
    to[out + 2] = from[start + 2 * plane + pixel] as number
  }
}
