// The two ways in which files arrange weights: as Ocellus holds them, and channels first as PyTorch does.

import { viewArray } from '../core/dtype.ts'
import { UsageError } from '../core/errors.ts'
import { type HostTensor, hostTensor } from '../core/host-tensor.ts'
import { equalShapes, type Shape, stridesOf } from '../core/shape.ts'
import { AdaptiveAveragePool2d, GlobalAveragePool } from '../nn/adaptive-average-pool2d.ts'
import { ConvTranspose2d } from '../nn/conv-transpose2d.ts'
import { Conv2d } from '../nn/conv2d.ts'
import { Flatten } from '../nn/flatten.ts'
import { LayerNorm } from '../nn/layer-norm.ts'
import { Linear } from '../nn/linear.ts'
import type { Module } from '../nn/module.ts'
import { Sequential } from '../nn/sequential.ts'
import { Variable } from '../tensor/variable.ts'
import { gatherElements } from './strided.ts'

/** `ocellus`: HWIO kernels, [in, out] matrices, rows in the order H, W, C. `pytorch`: OIHW kernels, [out, in] matrices, rows in the order C, H, W. */
export type WeightsLayout = 'ocellus' | 'pytorch'

export function isWeightsLayout(text: string | undefined): text is WeightsLayout {
  return text === 'ocellus' || text === 'pytorch'
}

/** How PyTorch arranges a variable that Ocellus arranges otherwise. */
export interface Arrangement {
  /** The shape in PyTorch's state dict. */
  readonly shape: Shape
  /** The same elements with every axis that moves by itself. */
  readonly unfolded: Shape
  /** Axes of `unfolded` in Ocellus's order. */
  readonly axes: readonly number[]
  /** The shape of the variable here. */
  readonly own: Shape
}

/** The variables of a module that PyTorch arranges otherwise, by name. All others look the same in both layouts. */
export function arrangementsOf(module: Module): Map<string, Arrangement> {
  const found = new Map<Variable, Arrangement>()
  for (const layer of module.namedModules().values()) {
    for (const [variable, arrangement] of arrangementsIn(layer)) found.set(variable, arrangement)
  }
  const named = new Map<string, Arrangement>()
  for (const [name, variable] of module.namedVariables()) {
    const arrangement = found.get(variable)
    if (arrangement !== undefined) named.set(name, arrangement)
  }
  return named
}

/** Notes at each Linear with loaded weights whether the order of their rows is known, for its forward to check. */
export function markRowOrder(module: Module, loaded: readonly string[], layout: WeightsLayout): void {
  const variables = module.namedVariables()
  const found = new Set(loaded.map((name) => variables.get(name)))
  for (const layer of module.namedModules().values()) {
    if (!(layer instanceof Linear) || !found.has(layer.weight)) continue
    layer.rowOrder = layout === 'pytorch' && layer.inputImage === undefined ? 'unknown' : 'known'
  }
}

/** Whether the elements lie in the same order and under the same shape in both layouts after all. */
export function isSame({ shape, unfolded, axes, own }: Arrangement): boolean {
  const moving = axes.filter((axis) => unfolded[axis] !== 1)
  return equalShapes(shape, own) && moving.every((axis, i) => i === 0 || (moving[i - 1] as number) < axis)
}

/** Brings a tensor from PyTorch's arrangement to ours. */
export function fromPytorch(tensor: HostTensor, { unfolded, axes, own }: Arrangement): HostTensor {
  return permute(tensor, unfolded, axes, own)
}

/** Brings a tensor from our arrangement to PyTorch's. */
export function toPytorch(tensor: HostTensor, { shape, unfolded, axes }: Arrangement): HostTensor {
  const back = axes.map((_, axis) => axes.indexOf(axis))
  return permute(
    tensor,
    axes.map((axis) => unfolded[axis] as number),
    back,
    shape,
  )
}

/**
 * Throws UsageError where a Linear takes a flattened image whose height, width and channels are not known: its rows cannot be told apart
 * then, and would be loaded in a wrong order without anybody noticing.
 */
export function checkFlattened(module: Module): void {
  const names = new Map([...module.namedModules()].map(([name, layer]) => [layer, name]))
  for (const layer of names.keys()) {
    if (!(layer instanceof Sequential)) continue
    for (const [i, inner] of layer.layers.entries()) {
      if (!(inner instanceof Flatten) || isOnePixel(layer.layers[i - 1])) continue
      const next = firstWithVariables(layer.layers.slice(i + 1))
      if (!(next instanceof Linear) || next.inputImage !== undefined) continue
      throw new UsageError(
        `the image that the Linear ${names.get(next)} takes flattened is not known, so the rows of PyTorch's weights cannot be put in order; ` +
          'give it inputImage: [height, width, channels], or run the model once before',
      )
    }
  }
}

/** Of one pixel the channels have one order only. */
function isOnePixel(layer: Module | undefined): boolean {
  if (layer instanceof AdaptiveAveragePool2d) return layer.size.every((extent) => extent === 1)
  return layer instanceof GlobalAveragePool
}

/** The innermost module that the first variables belong to. */
function firstWithVariables(layers: readonly Module[]): Module | undefined {
  const inner = layers.flatMap((layer) => [...layer.namedModules().values()])
  return inner.find((layer) => Object.values(layer).some((value) => value instanceof Variable))
}

function arrangementsIn(layer: Module): [Variable, Arrangement][] {
  if (layer instanceof Conv2d || layer instanceof ConvTranspose2d) return [[layer.weight, kernel(layer.weight.shape)]]
  if (layer instanceof Linear) return linear(layer)
  if (!(layer instanceof LayerNorm) || layer.shape.length !== 3) return []
  const [height = 1, width = 1, channels = 1] = layer.shape
  const image: Arrangement = { shape: [channels, height, width], ...channelsFirst(layer.shape), own: layer.shape }
  return [layer.weight, layer.bias].flatMap((variable) => (variable === undefined ? [] : [[variable, image]]))
}

/** HWIO from OIHW; the kernel of a transposed convolution is that of the convolution it is the transpose of, in both. */
function kernel(own: Shape): Arrangement {
  const [height = 1, width = 1, inputs = 1, outputs = 1] = own
  const shape = [outputs, inputs, height, width]
  return { shape, unfolded: shape, axes: [2, 3, 1, 0], own }
}

/** [in, out] from [out, in], where either may be an image. */
function linear({ weight, bias, inputs, outputs, inputImage, outputImage }: Linear): [Variable, Arrangement][] {
  const output = channelsFirst(outputImage ?? [outputs])
  const input = channelsFirst(inputImage ?? [inputs])
  const first = output.unfolded.length
  const matrix: Arrangement = {
    shape: [outputs, inputs],
    unfolded: [...output.unfolded, ...input.unfolded],
    axes: [...input.axes.map((axis) => axis + first), ...output.axes],
    own: weight.shape,
  }
  if (bias === undefined || outputImage === undefined) return [[weight, matrix]]
  return [
    [weight, matrix],
    [bias, { shape: [outputs], ...output, own: bias.shape }],
  ]
}

/** [H, W, C] from [C, H, W]; other features stay as they are. */
function channelsFirst(extents: Shape): Pick<Arrangement, 'unfolded' | 'axes'> {
  const [height, width, channels] = extents
  if (height === undefined || width === undefined || channels === undefined) return { unfolded: extents, axes: [0] }
  return { unfolded: [channels, height, width], axes: [1, 2, 0] }
}

function permute({ dtype, data }: HostTensor, shape: Shape, axes: readonly number[], result: Shape): HostTensor {
  const strides = stridesOf(shape)
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const view = {
    shape: axes.map((axis) => shape[axis] as number),
    strides: axes.map((axis) => strides[axis] as number),
    offset: 0,
  }
  const buffer = gatherElements(bytes, data.BYTES_PER_ELEMENT, view)
  return hostTensor(dtype, result, viewArray(dtype, buffer, 0, data.length))
}

/** How many of `weights` have the shape that a model expects in a layout, over the variables in which the layouts differ. */
export function countFitting(
  arrangements: ReadonlyMap<string, Arrangement>,
  weights: ReadonlyMap<string, HostTensor>,
  layout: WeightsLayout,
): number {
  return [...arrangements].filter(([name, { shape, own }]) => {
    const found = weights.get(name)
    return found !== undefined && equalShapes(found.shape, layout === 'pytorch' ? shape : own)
  }).length
}
