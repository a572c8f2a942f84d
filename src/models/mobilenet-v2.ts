// MobileNetV2: inverted residual blocks around depthwise convolutions, for small machines.

import type { Random } from '../core/random.ts'
import { relu6 } from '../nn/activations.ts'
import { BatchNorm2d } from '../nn/batch-norm.ts'
import { Conv2d } from '../nn/conv2d.ts'
import { Dropout } from '../nn/dropout.ts'
import { defaultWeightRandom, kaimingNormalOut, normal } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import { Sequential } from '../nn/sequential.ts'
import { checkAboveZero } from '../nn/sizes.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ClassifierOptions, ImageClassifier } from './image-classifier.ts'

export interface MobileNetV2Options extends ClassifierOptions {
  /** Multiplies the channels, which stay multiples of 8 (default 1). */
  readonly width?: number
  /** Share of the features in front of the head that are dropped in training (default 0.2). */
  readonly dropout?: number
}

interface ConvolutionOptions {
  readonly kernel?: number
  readonly stride?: number
  readonly groups?: number
  readonly random: Random
}

function convolution(inputs: number, outputs: number, options: ConvolutionOptions): Conv2d {
  const { kernel = 1, stride = 1, groups = 1, random } = options
  const padding = (kernel - 1) / 2
  const initializer = kaimingNormalOut
  return new Conv2d({ inputs, outputs, kernel, stride, padding, groups, bias: false, initializer, random })
}

/** Convolution, batch norm, ReLU6. */
function convolutionNormRelu(inputs: number, outputs: number, options: ConvolutionOptions): Sequential {
  return new Sequential(convolution(inputs, outputs, options), new BatchNorm2d({ channels: outputs }), relu6)
}

/** 1x1 to more channels, 3x3 in each channel by itself, 1x1 to fewer channels without activation; a shortcut where the shape stays. */
class InvertedResidual extends Module {
  readonly conv: Sequential
  readonly shortcut: boolean

  constructor(inputs: number, outputs: number, stride: number, expansion: number, random: Random) {
    super()
    const hidden = inputs * expansion
    this.conv = new Sequential(
      ...(expansion === 1 ? [] : [convolutionNormRelu(inputs, hidden, { random })]),
      convolutionNormRelu(hidden, hidden, { kernel: 3, stride, groups: hidden, random }),
      convolution(hidden, outputs, { random }),
      new BatchNorm2d({ channels: outputs }),
    )
    this.shortcut = stride === 1 && inputs === outputs
  }

  override forward(x: Tensor): Tensor {
    const y = this.conv.forward(x)
    return this.shortcut ? x.add(y) : y
  }
}

/** Expansion, channels, blocks and stride of each stage: table 2 of the paper. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const

/** The multiple of 8 nearest to `channels`, but not below nine tenths of it. */
function multipleOf8(channels: number): number {
  const nearest = Math.max(8, Math.floor((channels + 4) / 8) * 8)
  return nearest < 0.9 * channels ? nearest + 8 : nearest
}

/**
 * A convolution, seventeen inverted residual blocks, a 1x1 convolution to 1280 channels, a global mean and a layer: images [N, H, W, 3] to logits
 * [N, classes]; 224x224 is usual. Sandler et al. 2018; names and start as torchvision's.
 */
export class MobileNetV2 extends ImageClassifier {
  readonly features: Sequential
  readonly classifier: Sequential

  /** Throws UsageError unless the width is above 0. */
  constructor(options: MobileNetV2Options = {}) {
    super()
    const { classes = 1000, width = 1, dropout = 0.2, random = defaultWeightRandom() } = options
    checkAboveZero('MobileNetV2', 'width', width)
    let channels = multipleOf8(32 * width)
    const layers: Module[] = [convolutionNormRelu(3, channels, { kernel: 3, stride: 2, random })]
    for (const [expansion, base, blocks, stride] of stages) {
      const outputs = multipleOf8(base * width)
      for (let i = 0; i < blocks; i++) {
        layers.push(new InvertedResidual(channels, outputs, i === 0 ? stride : 1, expansion, random))
        channels = outputs
      }
    }
    const last = multipleOf8(1280 * Math.max(1, width))
    layers.push(convolutionNormRelu(channels, last, { random }))
    this.features = new Sequential(...layers)
    this.classifier = new Sequential(
      new Dropout({ rate: dropout }),
      new Linear({ inputs: last, outputs: classes, initializer: normal(0.01), random }),
    )
  }

  override get headName(): string {
    return 'classifier.1'
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x).mean([1, 2]))
  }
}
