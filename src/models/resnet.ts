// Residual networks for large images: ResNet-18, 34, 50, and ResNeXt-50 32x4d.

import { UsageError } from '../core/errors.ts'
import { atSite } from '../core/site.ts'
import { relu } from '../nn/activations.ts'
import { BatchNorm2d } from '../nn/batch-norm.ts'
import { Conv2d } from '../nn/conv2d.ts'
import { defaultWeightRandom, fanInUniform, kaimingNormalOut } from '../nn/initializers.ts'
import { Linear } from '../nn/linear.ts'
import { MaxPool2d } from '../nn/max-pool2d.ts'
import { Sequential } from '../nn/sequential.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { type ClassifierOptions, ImageClassifier } from './image-classifier.ts'
import { BasicBlock, Bottleneck, bottleneckExpansion } from './resnet-blocks.ts'

export interface ResNetOptions extends ClassifierOptions {
  /** Layers with weights (default 18). */
  readonly depth?: 18 | 34 | 50
  /** Of 50 layers: groups of the 3x3 convolutions (default 1; 32 for ResNeXt-50 32x4d). */
  readonly groups?: number
  /** Of 50 layers: channels of a group in the first stage (default 64; 4 for ResNeXt-50 32x4d). */
  readonly groupWidth?: number
}

/** Blocks of each stage. */
const blocks: Readonly<Record<number, readonly number[]>> = { 18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3] }

/**
 * A convolution 7x7 and a max pool, each of stride 2, four stages of blocks at 64, 128, 256 and 512 channels, a global mean and a layer: images
 * [N, H, W, 3] to logits [N, classes]; 224x224 is usual. He et al. 2015, Xie et al. 2017; names and start as torchvision's, with the stride of a
 * bottleneck in its 3x3 convolution.
 *
 * ```ts
 * new ResNet({ depth: 50, groups: 32, groupWidth: 4 })   // ResNeXt-50 32x4d
 * ```
 */
export class ResNet extends ImageClassifier {
  readonly conv1: Conv2d
  readonly bn1: BatchNorm2d
  readonly maxpool: MaxPool2d
  readonly layer1: Sequential
  readonly layer2: Sequential
  readonly layer3: Sequential
  readonly layer4: Sequential
  readonly fc: Linear

  /** Throws UsageError for another depth. */
  constructor(options: ResNetOptions = {}) {
    super()
    const { classes = 1000, depth = 18, groups = 1, groupWidth = 64, random = defaultWeightRandom() } = options
    const counts = blocks[depth]
    if (counts === undefined) throw new UsageError(`ResNet: depth is 18, 34 or 50, not ${depth}${atSite()}`)
    const Block = depth >= 50 ? Bottleneck : BasicBlock
    const expansion = depth >= 50 ? bottleneckExpansion : 1
    const stage = (index: number): Sequential => {
      const channels = 64 * 2 ** index
      return new Sequential(
        ...Array.from({ length: counts[index] as number }, (_, i) => {
          const first = index === 0 ? 64 : (channels / 2) * expansion
          const inputs = i === 0 ? first : channels * expansion
          const stride = i === 0 && index > 0 ? 2 : 1
          return new Block({ inputs, channels, stride, groups, groupWidth, random })
        }),
      )
    }
    const initializer = kaimingNormalOut
    this.conv1 = new Conv2d({
      inputs: 3,
      outputs: 64,
      kernel: 7,
      stride: 2,
      padding: 3,
      bias: false,
      initializer,
      random,
    })
    this.bn1 = new BatchNorm2d({ channels: 64 })
    this.maxpool = new MaxPool2d({ size: 3, stride: 2, padding: 1 })
    this.layer1 = stage(0)
    this.layer2 = stage(1)
    this.layer3 = stage(2)
    this.layer4 = stage(3)
    this.fc = new Linear({ inputs: 512 * expansion, outputs: classes, initializer: fanInUniform, random })
  }

  override get headName(): string {
    return 'fc'
  }

  override forward(x: Tensor): Tensor {
    const start = this.maxpool.forward(relu(this.bn1.forward(this.conv1.forward(x))))
    const stages = [this.layer1, this.layer2, this.layer3, this.layer4]
    return this.fc.forward(stages.reduce((value, stage) => stage.forward(value), start).mean([1, 2]))
  }
}
