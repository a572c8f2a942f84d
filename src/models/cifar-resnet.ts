// Residual networks for CIFAR: ResNet-20, 32, 56 and other depths of 6n + 2.

import { UsageError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { atSite } from '../core/site.ts'
import { relu } from '../nn/activations.ts'
import { BatchNorm2d } from '../nn/batch-norm.ts'
import { Conv2d } from '../nn/conv2d.ts'
import { defaultWeightRandom, kaimingNormal } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { Module } from '../nn/module.ts'
import { Sequential } from '../nn/sequential.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ClassifierOptions, ImageClassifier } from './image-classifier.ts'

/**
 * What an input passes beside a block that changes its size: a 1x1 convolution with batch norm (option B of the paper), or nothing that is
 * learned: every second pixel, with channels of zeros on both sides (option A).
 */
export type ShortcutKind = 'projection' | 'padding'

export interface CifarResNetOptions extends ClassifierOptions {
  /** Layers with weights, 6n + 2 (default 20). */
  readonly depth?: number
  /** Default 'projection'. */
  readonly shortcut?: ShortcutKind
}

/** Option A: [N, H, W, inputs] to [N, H / 2, W / 2, outputs], every second pixel between channels of zeros. */
class PaddingShortcut extends Module {
  readonly added: number

  constructor(inputs: number, outputs: number) {
    super()
    this.added = (outputs - inputs) / 2
  }

  override forward(x: Tensor): Tensor {
    const [, height = 0, width = 0] = x.shape
    const widths = [0, 0, 0, this.added].map((count): [number, number] => [count, count])
    return x.at(null, [0, height, 2], [0, width, 2]).pad(widths)
  }
}

/** Two convolutions 3x3 with batch norm, and a shortcut around them. */
class CifarBlock extends Module {
  readonly conv1: Conv2d
  readonly bn1: BatchNorm2d
  readonly conv2: Conv2d
  readonly bn2: BatchNorm2d
  readonly shortcut: Module | undefined

  constructor(inputs: number, outputs: number, stride: number, kind: ShortcutKind, random: Random) {
    super()
    const options = { kernel: 3, padding: 1, bias: false, initializer: kaimingNormal, random }
    this.conv1 = new Conv2d({ inputs, outputs, stride, ...options })
    this.bn1 = new BatchNorm2d({ channels: outputs })
    this.conv2 = new Conv2d({ inputs: outputs, outputs, ...options })
    this.bn2 = new BatchNorm2d({ channels: outputs })
    if (stride === 1 && inputs === outputs) return
    this.shortcut =
      kind === 'padding'
        ? new PaddingShortcut(inputs, outputs)
        : new Sequential(
            new Conv2d({ inputs, outputs, stride, ...options, kernel: 1, padding: 0 }),
            new BatchNorm2d({ channels: outputs }),
          )
  }

  override forward(x: Tensor): Tensor {
    const hidden = relu(this.bn1.forward(this.conv1.forward(x)))
    const around = this.shortcut === undefined ? x : this.shortcut.forward(x)
    return relu(this.bn2.forward(this.conv2.forward(hidden)).add(around))
  }
}

/**
 * A convolution 3x3 to 16 channels, three stages of n blocks at 16, 32 and 64 channels and 32, 16 and 8 pixels, a global mean and a layer: images
 * [N, 32, 32, 3] to logits [N, classes]. He et al. 2015, section 4.2; names as in the networks of Idelbayev's pytorch_resnet_cifar10.
 */
export class CifarResNet extends ImageClassifier {
  readonly conv1: Conv2d
  readonly bn1: BatchNorm2d
  readonly layer1: Sequential
  readonly layer2: Sequential
  readonly layer3: Sequential
  readonly linear: Linear

  /** Throws UsageError for a depth that is not 6n + 2. */
  constructor(options: CifarResNetOptions = {}) {
    super()
    const { classes = 10, depth = 20, shortcut = 'projection', random = defaultWeightRandom() } = options
    const blocks = (depth - 2) / 6
    if (!Number.isInteger(blocks) || blocks < 1)
      throw new UsageError(`CifarResNet: depth is 6n + 2, such as 20, 32 and 56, not ${depth}${atSite()}`)
    const stage = (inputs: number, outputs: number, stride: number): Sequential =>
      new Sequential(
        ...Array.from({ length: blocks }, (_, i) =>
          i === 0
            ? new CifarBlock(inputs, outputs, stride, shortcut, random)
            : new CifarBlock(outputs, outputs, 1, shortcut, random),
        ),
      )
    const initializer = kaimingNormal
    this.conv1 = new Conv2d({ inputs: 3, outputs: 16, kernel: 3, padding: 1, bias: false, initializer, random })
    this.bn1 = new BatchNorm2d({ channels: 16 })
    this.layer1 = stage(16, 16, 1)
    this.layer2 = stage(16, 32, 2)
    this.layer3 = stage(32, 64, 2)
    this.linear = new Linear({ inputs: 64, outputs: classes, initializer, random })
  }

  override get headName(): string {
    return 'linear'
  }

  override forward(x: Tensor): Tensor {
    const start = relu(this.bn1.forward(this.conv1.forward(x)))
    const stages = [this.layer1, this.layer2, this.layer3]
    return this.linear.forward(stages.reduce((value, stage) => stage.forward(value), start).mean([1, 2]))
  }
}
