// SVHN, cropped digits: a MATLAB file with pictures X [32, 32, 3, N] and labels y [N, 1], in which 10 stands for the digit 0.
// Source: Y. Netzer et al. 2011, http://ufldl.stanford.edu/housenumbers/

import { FormatError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { Dataset } from './dataset.ts'
import { matlabNumbers, readMatlab } from './formats/matlab.ts'

const channels = 3

/**
 * Reads an SVHN file: pictures [N, H, W, 3] as bytes, classes 0 to 9. Element [y, x, c, n] of MATLAB's array lies at
 * y + H (x + W (c + 3 n)). Throws FormatError where variables are missing, have other types or shapes, or a label is none of 1 to 10.
 */
export function readSvhn(bytes: Uint8Array, options: { readonly file?: string } = {}): Dataset {
  const file = options.file ?? 'SVHN file'
  const contents = readMatlab(bytes, { file, doubles: 'f32', only: (name) => name === 'X' || name === 'y' })
  const pictures = matlabNumbers(contents, 'X', file)
  const [height = 0, width = 0, depth = 0, samples = 1] = pictures.shape
  const stored = pictures.data
  if (!(stored instanceof Uint8Array) || depth !== channels || pictures.shape.length > 4 || stored.length === 0) {
    throw new FormatError(
      `${file}: variable X: expected uint8 pictures [H, W, 3, N], found ${pictures.class} ${formatShape(pictures.shape)}`,
    )
  }
  const { data: digits, shape } = matlabNumbers(contents, 'y', file)
  if (digits.length !== samples) {
    throw new FormatError(
      `${file}: variable y: expected ${samples} labels, one per picture, found ${formatShape(shape)}`,
    )
  }
  const labels = Int32Array.from(digits, (digit) => (digit === 10 ? 0 : digit))
  const wrong = digits.findIndex((digit) => !(Number.isInteger(digit) && digit >= 1 && digit <= 10))
  if (wrong >= 0) {
    throw new FormatError(`${file}: variable y: label ${wrong} should be from 1 to 10, it is ${digits[wrong]}`)
  }
  const data = new Uint8Array(stored.length)
  let at = 0
  for (let sample = 0; sample < samples; sample++) {
    const start = sample * height * width * channels
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) data[at++] = stored[start + y + height * (x + width * c)] as number
      }
    }
  }
  return new Dataset({
    inputs: { data, shape: [samples, height, width, channels] },
    labels,
    classes: [...'0123456789'],
  })
}
