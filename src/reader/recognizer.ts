// The recognizer: the reader's classifier as a compiled network. Letters go through it in blocks of one size, so that one
// program serves any number of them.

import { ShapeError, UsageError } from '../core/errors.ts'
import { formatShape } from '../core/shape.ts'
import { softmax } from '../nn/activations.ts'
import type { Module } from '../nn/module.ts'
import { compile } from '../tensor/compile.ts'
import { type Tensor, tensor } from '../tensor/tensor.ts'
import { type Classifier, characters } from './classifier.ts'
import { glyphSize } from './glyph.ts'
import { featureCount, glyphFeatures } from './glyph-features.ts'
import { readRecognizer } from './recognizer-file.ts'

export interface RecognizerOptions {
  /**
   * Gives logits for features of glyphs, [N, featureCount]: of the 36 characters in the order of `characters`, [N, 36], or
   * with the logit of "no character" as the last, [N, 37].
   */
  readonly network: Module
  /** Divides the logits, so that probabilities are as good as they say (default 1). */
  readonly temperature?: number
}

/** Letters that go through the network at once; the last block is filled up with empty ones. */
const blockSize = 64

/**
 * Recognises single letters and digits by the features of `glyphFeatures`.
 *
 * ```ts
 * const response = await fetch('recognizer.safetensors')
 * const recognizer = Recognizer.fromBytes(new Uint8Array(await response.arrayBuffer()))
 * const page = new Reader({ classifier: recognizer }).read(image)
 * ```
 */
export class Recognizer implements Classifier {
  readonly network: Module
  readonly temperature: number
  readonly #program: (inputs: Tensor) => Tensor
  readonly #block: Float32Array

  /** Throws UsageError for a temperature that is not above 0. */
  constructor({ network, temperature = 1 }: RecognizerOptions) {
    if (!(temperature > 0 && temperature < Infinity)) {
      throw new UsageError(`Recognizer: temperature must be above 0, not ${temperature}`)
    }
    this.network = network
    this.temperature = temperature
    this.#block = new Float32Array(blockSize * featureCount)
    this.#program = compile((inputs: Tensor) => {
      const logits = network.forward(inputs)
      checkLogits(logits)
      return softmax(logits.divide(temperature))
    })
  }

  /**
   * The recognizer in the bytes of a file of `writeRecognizer`; `file` is its name in messages.
   * Throws FormatError where the file is damaged or holds something else.
   */
  static fromBytes(bytes: Uint8Array, options: { readonly file?: string } = {}): Recognizer {
    return new Recognizer(readRecognizer(bytes, options))
  }

  /**
   * Probabilities of the 36 characters, [count, 36], for glyphs of `normalizeGlyph`, [count, 32 * 32]. They add up to less
   * than 1 where the network knows "no character" and holds a glyph for that.
   */
  classify(batch: Float32Array, count: number): Float32Array {
    const pixels = glyphSize * glyphSize
    if (!Number.isInteger(count) || count < 0 || batch.length !== count * pixels) {
      throw new ShapeError(`classify: ${count} glyphs have ${count * pixels} pixels, but the batch has ${batch.length}`)
    }
    const probabilities = new Float32Array(count * characters.length)
    for (let start = 0; start < count; start += blockSize) {
      const glyphs = batch.subarray(start * pixels, (start + blockSize) * pixels)
      const size = glyphs.length / pixels
      const block = this.#probabilities(glyphs, size)
      const outputs = block.length / blockSize
      for (let i = 0; i < size; i++) {
        const row = block.subarray(i * outputs, i * outputs + characters.length)
        probabilities.set(row, (start + i) * characters.length)
      }
    }
    return probabilities
  }

  /** The network's probabilities for up to a block of glyphs, [blockSize, 36 or 37]. */
  #probabilities(glyphs: Float32Array, count: number): Float32Array {
    const block = this.#block
    glyphFeatures(glyphs, count, block)
    block.fill(0, count * featureCount)
    const result = this.#program(tensor(block, { shape: [blockSize, featureCount] }))
    return Float32Array.from(result.dataSync())
  }
}

function checkLogits({ shape }: Tensor): void {
  const outputs = shape[1] ?? 0
  if (shape.length === 2 && outputs >= characters.length && outputs <= characters.length + 1) return
  throw new UsageError(
    `Recognizer: the network gives ${formatShape(shape)} for a batch of ${blockSize} glyphs; it must give ${characters.length} logits for each, or one more for "no character"`,
  )
}
