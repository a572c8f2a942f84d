// Linear: the fully connected layer.

import { ShapeError, UsageError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { formatShape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { flattenedImage, type ImageShape } from './flattened-image.ts'
import { defaultWeightRandom, type Initializer, xavierUniform, zeros } from './initializers.ts'
import { Module } from './module.ts'
import { Parameter } from './parameter.ts'

export type { ImageShape } from './flattened-image.ts'

export interface LinearOptions {
  readonly inputs: number
  readonly outputs: number
  /** Whether to add a bias (default true). */
  readonly bias?: boolean
  /** Initial weights (default `xavierUniform`); the bias starts at zero. */
  readonly initializer?: Initializer
  /** Generator of the initial weights (default: the stream that `seedWeights` seeds). */
  readonly random?: Random
  /** See the field `inputImage`. */
  readonly inputImage?: ImageShape
  /** See the field `outputImage`. */
  readonly outputImage?: ImageShape
}

/**
 * `y = x W + b`, with x: [.., inputs], W: [inputs, outputs], b: [outputs], y: [.., outputs].
 *
 * ```ts
 * const layer = new Linear({ inputs: 1024, outputs: 64 })
 * layer.forward(x)   // [32, 1024] becomes [32, 64]
 * ```
 */
export class Linear extends Module {
  readonly inputs: number
  readonly outputs: number
  /** [inputs, outputs] */
  readonly weight: Parameter
  /** [outputs] */
  readonly bias: Parameter | undefined
  /**
   * The image [H, W, C] that was flattened into the inputs. Weights of frameworks that flatten images as C, H, W have the rows of `weight` in
   * that order; who loads or saves them permutes the rows. Where it is not given, the first forward finds it. [1, 1, inputs] says that rows
   * are to stay as they are.
   */
  inputImage: ImageShape | undefined
  /** `unknown` once rows were loaded from a file of such a framework without `inputImage`: they may be in another order than the inputs. */
  rowOrder: 'known' | 'unknown' = 'known'
  /** The image [H, W, C] that the outputs are read as, as a decoder does; columns of `weight` and `bias` are permuted likewise. */
  readonly outputImage: ImageShape | undefined

  /** Throws UsageError for sizes that are no whole numbers of 1 or more, and for images of another size. */
  constructor(options: LinearOptions) {
    super()
    const { inputs, outputs, bias = true, initializer = xavierUniform, random, inputImage, outputImage } = options
    for (const [name, size] of Object.entries({ inputs, outputs })) {
      if (!Number.isInteger(size) || size < 1) {
        throw new UsageError(`Linear: ${name} must be a whole number of 1 or more, not ${size}${atSite()}`)
      }
    }
    checkImage('inputImage', inputImage, inputs)
    checkImage('outputImage', outputImage, outputs)
    this.inputs = inputs
    this.outputs = outputs
    this.inputImage = inputImage
    this.outputImage = outputImage
    this.weight = new Parameter(initializer([inputs, outputs], random ?? defaultWeightRandom()), { label: 'weight' })
    this.bias = bias ? new Parameter(zeros([outputs], defaultWeightRandom()), { label: 'bias' }) : undefined
  }

  /**
   * x: [.., inputs] to [.., outputs]. Throws ShapeError where the last extent is not `inputs`, UsageError where `x` is a flattened image and
   * the weights were loaded without knowing of it.
   */
  override forward(x: Tensor): Tensor {
    if (x.rank === 0 || x.shape.at(-1) !== this.inputs) {
      throw new ShapeError(
        `Linear: the input has shape ${formatShape(x.shape)}, but this layer takes [.., ${this.inputs}]${atSite()}`,
      )
    }
    this.#meet(flattenedImage(x))
    const product = x.matmul(this.weight)
    return this.bias === undefined ? product : product.add(this.bias)
  }

  #meet(image: ImageShape | undefined): void {
    if (image === undefined) return
    const [height, width, channels] = image
    if (this.rowOrder === 'unknown' && height * width > 1 && channels > 1) {
      throw new UsageError(
        `Linear: the input is a flattened image ${formatShape(image)}, but its weights were loaded from PyTorch's layout as if it were none, so the rows are in another order; give the layer inputImage: ${formatShape(image)}, or run the model once before loading${atSite()}`,
      )
    }
    this.inputImage ??= image
  }
}

function checkImage(name: string, image: ImageShape | undefined, size: number): void {
  if (image === undefined || sizeOf(image) === size) return
  throw new UsageError(
    `Linear: ${name} ${formatShape(image)} has ${sizeOf(image)} elements, but there are ${size}${atSite()}`,
  )
}
