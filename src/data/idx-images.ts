// Labelled pictures in two IDX files: MNIST and the sets in its form.

import { FormatError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { Dataset } from './dataset.ts'
import { readIdx } from './formats/idx.ts'

export interface IdxImagesOptions {
  /** Names of the classes. */
  readonly classes: readonly string[]
  /** Label of the first class (default 0). */
  readonly first?: number
  /** Whether pictures are stored column by column, as in EMNIST (default false). */
  readonly transposed?: boolean
  /** Names of the files, for messages. */
  readonly imagesFile?: string
  readonly labelsFile?: string
}

/**
 * Reads pictures [N, H, W] and labels [N], both bytes, plain or gzip, as a data set [N, H, W, 1].
 * Throws FormatError where a file is damaged, the two do not fit each other, or a label is no class.
 */
export function readIdxImages(imageBytes: Uint8Array, labelBytes: Uint8Array, options: IdxImagesOptions): Dataset {
  const { classes, first = 0, transposed = false, imagesFile = 'IDX images', labelsFile = 'IDX labels' } = options
  const stored = readIdx(labelBytes, { file: labelsFile })
  const images = readIdx(imageBytes, { file: imagesFile })
  const [samples = 0, height = 0, width = 0] = images.shape
  if (images.shape.length !== 3 || !(images.data instanceof Uint8Array)) {
    throw new FormatError(
      `${imagesFile}: expected images [N, H, W] of u8, found ${formatShape(images.shape)} of ${images.type}`,
    )
  }
  if (stored.shape.length !== 1 || stored.shape[0] !== samples || stored.type !== 'u8') {
    const found = `${formatShape(stored.shape)} of ${stored.type}`
    throw new FormatError(`${labelsFile}: expected labels [${samples}] of u8, one per image, found ${found}`)
  }
  const labels = Int32Array.from(stored.data, (label) => label - first)
  const wrong = labels.findIndex((label) => label < 0 || label >= classes.length)
  if (wrong >= 0) {
    const range = `${first} to ${first + classes.length - 1}`
    throw new FormatError(`${labelsFile}: label ${wrong} is ${stored.data[wrong]}, expected ${range}`)
  }
  if (transposed) transposeImages(images.data, height, width, imagesFile)
  return new Dataset({ inputs: { data: images.data, shape: [samples, height, width, 1] }, labels, classes })
}

/** Exchanges rows and columns of each image, in place. */
function transposeImages(images: Uint8Array, height: number, width: number, path: string): void {
  if (height !== width) throw new FormatError(`${path}: expected square images, found ${height}x${width}`)
  for (let start = 0; start < images.length; start += height * width) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < y; x++) {
        const a = start + y * width + x
        const b = start + x * width + y
        const kept = images[a] as number
        images[a] = images[b] as number
        images[b] = kept
      }
    }
  }
}
