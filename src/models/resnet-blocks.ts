// The blocks of residual networks for large images, with the names that torchvision gives their parts.

import type { Random } from '../core/random.ts'
import { relu } from '../nn/activations.ts'
import { BatchNorm2d } from '../nn/batch-norm.ts'
import { Conv2d } from '../nn/conv2d.ts'
import { kaimingNormalOut } from '../nn/initializers.ts'
import { Module } from '../nn/module.ts'
import { Sequential } from '../nn/sequential.ts'
import type { Tensor } from '../tensor/tensor.ts'

export interface BlockOptions {
  readonly inputs: number
  /** Channels of the stage: 64, 128, 256 or 512. */
  readonly channels: number
  readonly stride: number
  /** Of the 3x3 convolution in a bottleneck. */
  readonly groups: number
  /** Channels of one group where the stage has 64. */
  readonly groupWidth: number
  readonly random: Random
}

/** A convolution without bias, padded so that only the stride changes the size. */
export function convolution(
  inputs: number,
  outputs: number,
  { kernel, stride = 1, groups = 1, random }: { kernel: number; stride?: number; groups?: number; random: Random },
): Conv2d {
  const padding = (kernel - 1) / 2
  return new Conv2d({
    inputs,
    outputs,
    kernel,
    stride,
    padding,
    groups,
    bias: false,
    initializer: kaimingNormalOut,
    random,
  })
}

/** The way around a block: nothing, or a 1x1 convolution with batch norm where the shape changes. */
function projection(inputs: number, outputs: number, stride: number, random: Random): Sequential | undefined {
  if (stride === 1 && inputs === outputs) return undefined
  return new Sequential(
    convolution(inputs, outputs, { kernel: 1, stride, random }),
    new BatchNorm2d({ channels: outputs }),
  )
}

/** Two convolutions 3x3. */
export class BasicBlock extends Module {
  readonly conv1: Conv2d
  readonly bn1: BatchNorm2d
  readonly conv2: Conv2d
  readonly bn2: BatchNorm2d
  readonly downsample: Sequential | undefined

  constructor({ inputs, channels, stride, random }: BlockOptions) {
    super()
    this.conv1 = convolution(inputs, channels, { kernel: 3, stride, random })
    this.bn1 = new BatchNorm2d({ channels })
    this.conv2 = convolution(channels, channels, { kernel: 3, random })
    this.bn2 = new BatchNorm2d({ channels })
    this.downsample = projection(inputs, channels, stride, random)
  }

  override forward(x: Tensor): Tensor {
    const hidden = relu(this.bn1.forward(this.conv1.forward(x)))
    const around = this.downsample === undefined ? x : this.downsample.forward(x)
    return relu(this.bn2.forward(this.conv2.forward(hidden)).add(around))
  }
}

/** How many times more channels a bottleneck gives than its stage is named after. */
export const bottleneckExpansion = 4

/** A convolution 1x1 to fewer channels, one 3x3, in groups and with the stride, and one 1x1 to four times the channels. */
export class Bottleneck extends Module {
  readonly conv1: Conv2d
  readonly bn1: BatchNorm2d
  readonly conv2: Conv2d
  readonly bn2: BatchNorm2d
  readonly conv3: Conv2d
  readonly bn3: BatchNorm2d
  readonly downsample: Sequential | undefined

  constructor({ inputs, channels, stride, groups, groupWidth, random }: BlockOptions) {
    super()
    const width = Math.floor((channels * groupWidth) / 64) * groups
    const outputs = channels * bottleneckExpansion
    this.conv1 = convolution(inputs, width, { kernel: 1, random })
    this.bn1 = new BatchNorm2d({ channels: width })
    this.conv2 = convolution(width, width, { kernel: 3, stride, groups, random })
    this.bn2 = new BatchNorm2d({ channels: width })
    this.conv3 = convolution(width, outputs, { kernel: 1, random })
    this.bn3 = new BatchNorm2d({ channels: outputs })
    this.downsample = projection(inputs, outputs, stride, random)
  }

  override forward(x: Tensor): Tensor {
    const reduced = relu(this.bn1.forward(this.conv1.forward(x)))
    const hidden = relu(this.bn2.forward(this.conv2.forward(reduced)))
    const around = this.downsample === undefined ? x : this.downsample.forward(x)
    return relu(this.bn3.forward(this.conv3.forward(hidden)).add(around))
  }
}
