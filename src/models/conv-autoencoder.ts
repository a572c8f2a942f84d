// ConvAutoencoder: convolutions that squeeze an image of 28x28 pixels into a few numbers, and transposed ones that draw it again.

import { UsageError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { atSite } from '../core/site.ts'
import { relu, sigmoid } from '../nn/activations.ts'
import { ConvTranspose2d } from '../nn/conv-transpose2d.ts'
import { Conv2d } from '../nn/conv2d.ts'
import { Flatten } from '../nn/flatten.ts'
import { defaultWeightRandom, fanInUniform } from '../nn/initializers.ts'
import { type ImageShape, Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import { Sequential, type TensorFunction } from '../nn/sequential.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface ConvAutoencoderOptions {
  /** Height and width of the images (default 28). */
  readonly side?: number
  /** Channels after each convolution, which halves the image (default [16, 32]). */
  readonly channels?: readonly number[]
  /** Numbers in the code (default 10). */
  readonly latent?: number
  /** Generator of the initial weights (default: the stream that `seedWeights` seeds). */
  readonly random?: Random
}

/**
 * Convolutions 3x3 of stride 2 with ReLU, a layer to the code and one back, transposed convolutions, and a sigmoid at the end: images
 * [N, side, side, 1] in [0, 1] to images of the same shape. 28x28 becomes 14x14, 7x7 and, with a third convolution, 4x4.
 */
export class ConvAutoencoder extends Module {
  readonly encoder: Sequential
  readonly expand: Linear
  readonly decoder: Sequential

  /** Throws UsageError without channels. */
  constructor(options: ConvAutoencoderOptions = {}) {
    super()
    const { side = 28, channels = [16, 32], latent = 10, random = defaultWeightRandom() } = options
    const deepest = channels.at(-1)
    if (deepest === undefined)
      throw new UsageError(`ConvAutoencoder: channels needs at least one convolution${atSite()}`)
    const counts = [1, ...channels]
    const sides = [side]
    for (const _ of channels) sides.push(Math.ceil((sides.at(-1) as number) / 2))
    const smallest = sides.at(-1) as number
    const image: ImageShape = [smallest, smallest, deepest]
    const features = smallest * smallest * deepest
    const initializer = fanInUniform
    const encoding = channels.flatMap((outputs, i): (Module | TensorFunction)[] => [
      new Conv2d({ inputs: counts[i] as number, outputs, kernel: 3, stride: 2, padding: 1, random }),
      relu,
    ])
    const decoding = channels.flatMap((_, i): (Module | TensorFunction)[] => {
      const depth = channels.length - i
      const outputPadding = (sides[depth - 1] as number) - (2 * (sides[depth] as number) - 1)
      const [inputs, outputs] = [counts[depth] as number, counts[depth - 1] as number]
      return [
        new ConvTranspose2d({ inputs, outputs, kernel: 3, stride: 2, padding: 1, outputPadding, random }),
        depth === 1 ? sigmoid : relu,
      ]
    })
    this.encoder = new Sequential(
      ...encoding,
      new Flatten(),
      new Linear({ inputs: features, outputs: latent, inputImage: image, initializer, random }),
    )
    this.expand = new Linear({ inputs: latent, outputs: features, outputImage: image, initializer, random })
    this.decoder = new Sequential(...decoding)
  }

  /** Images [N, side, side, 1] to codes [N, latent]. */
  encode(x: Tensor): Tensor {
    return this.encoder.forward(x)
  }

  /** Codes [N, latent] to images [N, side, side, 1]. */
  decode(code: Tensor): Tensor {
    const small = relu(this.expand.forward(code))
    return this.decoder.forward(small.reshape([code.shape[0] ?? 0, ...(this.expand.outputImage as ImageShape)]))
  }

  override forward(x: Tensor): Tensor {
    return this.decode(this.encode(x))
  }
}
