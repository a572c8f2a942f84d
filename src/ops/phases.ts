// The two forms in which kernels compute the gradients of a convolution. Simplification writes them; nothing else does.

import { isFloat } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape, type Shape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import type { Attributes } from './node.ts'
import type { Derivative, HostValue, Op, Sample, Typed } from './op.ts'

/** Taps of one axis that reach the positions of one phase, and where they read: input position = position + origin + tap * step. */
export interface PhaseTaps {
  /** Positions of the output: phase, phase + stride, … */
  readonly phase: number
  readonly positions: number
  /** Taps of the flipped kernel: first, first + every, … */
  readonly first: number
  readonly every: number
  readonly count: number
  readonly origin: number
  readonly step: number
}

/** One axis of a convolution's input gradient. */
export interface PhaseAxis {
  /** Extent of the output, and the position in the whole gradient at which it begins. */
  readonly size: number
  readonly start: number
  readonly kernel: number
  readonly stride: number
  readonly dilation: number
  /** Zeros before the upstream gradient. */
  readonly halo: number
}

/**
 * The phases of one axis. Position i of the gradient sums g[(i + start - k * dilation) / stride] w[k] over the taps k that divide evenly; which
 * do depends on i modulo the stride alone, so each phase is a plain convolution without a zero in it.
 */
export function phasesOf({ size, start, kernel, stride, dilation, halo }: PhaseAxis): PhaseTaps[] {
  return Array.from({ length: Math.min(stride, size) }, (_, phase) => {
    const taps = Array.from({ length: kernel }, (_, flipped) => flipped).filter(
      (flipped) => (phase + start - (kernel - 1 - flipped) * dilation) % stride === 0,
    )
    const readsAt = (flipped: number): number => (phase + start - (kernel - 1 - flipped) * dilation) / stride + halo
    const [first, second] = taps
    return {
      phase,
      positions: Math.ceil((size - phase) / stride),
      first: first ?? 0,
      every: first === undefined || second === undefined ? 1 : second - first,
      count: taps.length,
      origin: first === undefined ? 0 : readsAt(first),
      step: first === undefined || second === undefined ? 0 : readsAt(second) - readsAt(first),
    }
  })
}

interface Geometry {
  readonly stride: readonly [number, number]
  readonly dilation: readonly [number, number]
  readonly groups: number
}

/** What both ops read of their attributes. */
export function geometryOf(attributes: Attributes): Geometry {
  const { stride, dilation, groups } = attributes as {
    stride: [number, number]
    dilation: [number, number]
    groups: number
  }
  return { stride, dilation, groups }
}

/** Both axes of a phase convolution. */
export function phaseAxes(attributes: Attributes, kernel: readonly number[]): [PhaseAxis, PhaseAxis] {
  const { stride, dilation } = geometryOf(attributes)
  const { size, origin, halo } = attributes as { size: number[]; origin: number[]; halo: number[] }
  const axis = (i: 0 | 1): PhaseAxis => ({
    size: size[i] as number,
    start: origin[i] as number,
    kernel: kernel[i] as number,
    stride: stride[i],
    dilation: dilation[i],
    halo: halo[i] as number,
  })
  return [axis(0), axis(1)]
}

/** The op behind an input gradient has no gradient of its own: gradients are taken of the graph as written. */
const derivative: Derivative = { kind: 'none', reason: 'written by simplification, after differentiation' }

function floats(name: string, inputs: readonly Typed[]): Typed['dtype'] {
  const [a, b] = inputs as [Typed, Typed]
  if (a.dtype !== b.dtype || !isFloat(a.dtype))
    throw new DTypeError(`${name}: takes two inputs of one float dtype, not ${a.dtype} and ${b.dtype}${atSite()}`)
  return a.dtype
}

function inferPhases(inputs: readonly Typed[], attributes: Attributes): Typed {
  const [g, w] = inputs as [Typed, Typed]
  const [n, height, width, outputs] = g.shape as [number, number, number, number]
  const { groups } = geometryOf(attributes)
  for (const [i, axis] of phaseAxes(attributes, w.shape).entries()) {
    const extent = [height, width][i] as number
    const outside = phasesOf(axis).some(
      ({ count, origin, step, positions }) =>
        count > 0 && (origin < 0 || origin + (count - 1) * step + positions > extent),
    )
    if (outside)
      throw new ShapeError(`phaseConvolution: ${formatShape(g.shape)} has too small a halo on axis ${i + 1}${atSite()}`)
  }
  if (w.shape[2] !== outputs)
    throw new ShapeError(
      `phaseConvolution: ${outputs} channels of ${formatShape(g.shape)} do not fit weights ${formatShape(w.shape)}${atSite()}`,
    )
  const [rows, columns] = attributes.size as [number, number]
  return { shape: [n, rows, columns, (w.shape[3] as number) * groups], dtype: floats('phaseConvolution', inputs) }
}

function evaluatePhases(inputs: readonly HostValue[], output: HostValue, attributes: Attributes): void {
  const [g, w] = inputs as [HostValue, HostValue]
  const { groups } = geometryOf(attributes)
  const [, height, width, outputs] = g.shape as [number, number, number, number]
  const [, kernelWidth, , channels] = w.shape as [number, number, number, number]
  const [n, rows, columns] = output.shape as [number, number, number]
  const [down, across] = phaseAxes(attributes, w.shape).map((axis) => phasesOf(axis)) as [PhaseTaps[], PhaseTaps[]]
  const [strideDown, strideAcross] = geometryOf(attributes).stride
  const perGroup = outputs / groups
  for (let image = 0; image < n; image++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++) {
        const [vertical, horizontal] = [down[y % strideDown], across[x % strideAcross]] as [PhaseTaps, PhaseTaps]
        for (let channel = 0; channel < channels * groups; channel++) {
          const group = Math.floor(channel / channels)
          let total = 0
          for (let ky = 0; ky < vertical.count; ky++)
            for (let kx = 0; kx < horizontal.count; kx++) {
              const from = vertical.origin + ky * vertical.step + Math.floor(y / strideDown)
              const at = horizontal.origin + kx * horizontal.step + Math.floor(x / strideAcross)
              const tap =
                (vertical.first + ky * vertical.every) * kernelWidth + horizontal.first + kx * horizontal.every
              for (let o = group * perGroup; o < (group + 1) * perGroup; o++) {
                const gradient = g.data[((image * height + from) * width + at) * outputs + o] as number
                total += gradient * (w.data[(tap * outputs + o) * channels + (channel % channels)] as number)
              }
            }
          output.data[((image * rows + y) * columns + x) * channels * groups + channel] = total
        }
      }
}

/** Samples over strides, dilations and groups, from small extents of the generator. */
function variations(shape: Shape): { n: number; size: number; stride: number; dilation: number; groups: number }[] {
  if (shape.length !== 2 || shape.some((extent) => extent > 40)) return []
  const [n, size] = [Math.min(shape[0] as number, 3), shape[1] as number]
  return [
    { n, size, stride: 1, dilation: 1, groups: 1 },
    { n, size, stride: 2, dilation: 1, groups: 2 },
    { n, size, stride: 3, dilation: 2, groups: 1 },
  ]
}

function phaseSamples(shape: Shape): Sample[] {
  return variations(shape).map(({ n, size, stride, dilation, groups }) => {
    const kernel = 3
    const halo = Math.ceil(((kernel - 1) * dilation) / stride)
    const extent = halo + Math.floor((size + 1) / stride) + 2
    return {
      inputs: [
        { shape: [n, extent, extent, 4], dtype: 'float', low: -2, high: 2 },
        { shape: [kernel, kernel, 4, 3], dtype: 'float', low: -2, high: 2 },
      ],
      attributes: {
        stride: [stride, stride],
        dilation: [dilation, dilation],
        groups,
        size: [size, size],
        origin: [1, 0],
        halo: [halo, halo],
      },
    }
  })
}

const phaseConvolution: Op = {
  name: 'phaseConvolution',
  family: 'contraction',
  doc: 'Input gradient of a convolution from an upstream gradient with a halo of zeros and weights flipped to [kh, kw, O, C/groups]: one plain convolution per phase of the stride.',
  infer: inferPhases,
  derivative,
  cost(inputs, output, attributes) {
    const [g, w] = inputs as [Typed, Typed]
    const taps = phaseAxes(attributes, w.shape).map((axis) =>
      phasesOf(axis).reduce((sum, { positions, count }) => sum + positions * count, 0),
    )
    const perGroup = (g.shape[3] as number) / geometryOf(attributes).groups
    const pairs =
      (output.shape[0] as number) * (output.shape[3] as number) * perGroup * (taps[0] as number) * (taps[1] as number)
    return { multiplyAdds: pairs, flops: 2 * pairs }
  },
  evaluate: evaluatePhases,
  tolerance: 1e-5,
  samples: phaseSamples,
}

function evaluateChunks(inputs: readonly HostValue[], output: HostValue, attributes: Attributes): void {
  const [x, g] = inputs as [HostValue, HostValue]
  const { stride, dilation, groups } = geometryOf(attributes)
  const [n, height, width, channels] = x.shape as [number, number, number, number]
  const [, rows, columns, outputs] = g.shape as [number, number, number, number]
  const [chunks, kernelHeight, kernelWidth, perGroup] = output.shape as [number, number, number, number]
  const totals = new Float64Array(sizeOf(output.shape))
  for (let image = 0; image < n; image++) {
    const chunk = Math.floor((image * chunks) / n)
    for (let ky = 0; ky < kernelHeight; ky++)
      for (let kx = 0; kx < kernelWidth; kx++)
        for (let c = 0; c < perGroup; c++)
          for (let o = 0; o < outputs; o++) {
            const group = Math.floor(o / (outputs / groups))
            let total = 0
            for (let y = 0; y < rows; y++)
              for (let i = 0; i < columns; i++) {
                const [iy, ix] = [y * stride[0] + ky * dilation[0], i * stride[1] + kx * dilation[1]]
                const input = x.data[((image * height + iy) * width + ix) * channels + group * perGroup + c] as number
                total += input * (g.data[((image * rows + y) * columns + i) * outputs + o] as number)
              }
            const to = (((chunk * kernelHeight + ky) * kernelWidth + kx) * perGroup + c) * outputs + o
            totals[to] = (totals[to] as number) + total
          }
  }
  output.data.set(totals)
}

function chunkSamples(shape: Shape): Sample[] {
  return variations(shape).map(({ n, size, stride, dilation, groups }) => {
    const kernel: [number, number] = [3, 2]
    const extents = kernel.map((taps) => (size === 0 ? 0 : (size - 1) * stride) + (taps - 1) * dilation + 1)
    return {
      inputs: [
        { shape: [2 * n, ...extents, 4], dtype: 'float', low: -2, high: 2 },
        { shape: [2 * n, size, size, 6], dtype: 'float', low: -2, high: 2 },
      ],
      attributes: { stride: [stride, stride], dilation: [dilation, dilation], groups, kernel, chunks: 2 },
    }
  })
}

const chunkedWeightGradient: Op = {
  name: 'chunkedWeightGradient',
  family: 'contraction',
  doc: 'Weight gradient of a convolution, summed over equal chunks of the images apart: [chunks, kh, kw, C/groups, O].',
  infer(inputs, attributes) {
    const [x, g] = inputs as [Typed, Typed]
    const [height, width] = attributes.kernel as [number, number]
    const { groups } = geometryOf(attributes)
    const [n, chunks] = [x.shape[0] as number, attributes.chunks as number]
    if (g.shape[0] !== n || n % chunks !== 0)
      throw new ShapeError(
        `chunkedWeightGradient: ${chunks} chunks of ${formatShape(x.shape)} and ${formatShape(g.shape)}: the images must divide evenly${atSite()}`,
      )
    return {
      shape: [chunks, height, width, (x.shape[3] as number) / groups, g.shape[3] as number],
      dtype: floats('chunkedWeightGradient', inputs),
    }
  },
  derivative,
  cost(inputs, output) {
    const [, g] = inputs as [Typed, Typed]
    const [, height, width, channels] = output.shape as [number, number, number, number]
    const pairs = sizeOf(g.shape) * height * width * channels
    return { multiplyAdds: pairs, flops: 2 * pairs }
  },
  evaluate: evaluateChunks,
  // One chain over all pixels of a chunk, whose running sum is far larger than the values it ends at.
  tolerance: 5e-5,
  samples: chunkSamples,
}

export const phaseOps: readonly Op[] = [phaseConvolution, chunkedWeightGradient]
