// Tensor's upsampling of images [N, H, W, C]: the nearest pixel, or a mean of the four around, weighted by distance.

import { allocateArray } from '../core/dtype.ts'
import { ShapeError } from '../core/errors.ts'
import { atSite } from '../core/site.ts'
import * as ops from '../ops/functions.ts'
import { arrayNode, type Node } from '../ops/node.ts'
import { floatNode, wrap } from './base.ts'
import { PoolingTensor } from './pooling.ts'
import type { Tensor } from './tensor.ts'
import { resampleAxis, type Taps } from './weighted-taps.ts'
import { checkImages, given, type PairOption, pairOption } from './window-options.ts'

export interface UpsamplingOptions {
  /** How many times higher and wider, as [vertical, horizontal] or one number; need not be whole. Give this or `size`. */
  readonly scale?: PairOption
  /** Pixels of the result: [height, width], or one number for both. Give this or `scale`. */
  readonly size?: PairOption
  /** 'nearest' unless given. */
  readonly mode?: 'nearest' | 'bilinear'
  /** Bilinear: the corner pixels' centres stay corners; else their edges do. False unless given. */
  readonly alignCorners?: boolean
}

/** One axis: its extent before and after, and the step in old pixels from one new pixel to the next. */
interface Stretch {
  readonly from: number
  readonly to: number
  readonly step: number
}

/** The pixel that each new one lies on; computed in single precision, as PyTorch does. */
function nearestTaps({ from, to, step }: Stretch): Taps[] {
  const single = Math.fround(step)
  return Array.from({ length: to }, (_, i) => [[Math.min(Math.floor(Math.fround(i * single)), from - 1), 1]])
}

/** The two pixels that each new one lies between, beyond the edges the outermost. */
function linearTaps({ from, to, step }: Stretch, alignCorners: boolean): Taps[] {
  const apart = to > 1 ? (from - 1) / (to - 1) : 0
  return Array.from({ length: to }, (_, i) => {
    const at = alignCorners ? i * apart : Math.max(0, (i + 0.5) * step - 0.5)
    const first = Math.min(Math.floor(at), from - 1)
    const weight = Math.min(1, at - first)
    return [
      [first, 1 - weight],
      [Math.min(first + 1, from - 1), weight],
    ]
  })
}

function stretchesOf(name: string, shape: readonly number[], { scale, size }: UpsamplingOptions): [Stretch, Stretch] {
  if ((scale === undefined) === (size === undefined))
    throw new ShapeError(`${name}: give either scale or size${atSite()}`)
  const target = size === undefined ? undefined : pairOption(name, 'size', size, 1)
  const scales = typeof scale === 'number' ? [scale, scale] : scale
  const along = (axis: 0 | 1): Stretch => {
    const from = shape[axis + 1] as number
    const wanted = target?.[axis]
    if (wanted !== undefined) return { from, to: wanted, step: from / wanted }
    const factor: unknown = scales?.[axis]
    const to = Math.floor(from * (factor as number))
    if (typeof factor !== 'number' || !(factor > 0) || !Number.isSafeInteger(to))
      throw new ShapeError(
        `${name}: scale is ${given(scale)}; give a number > 0, or two as [vertical, horizontal]${atSite()}`,
      )
    return { from, to, step: 1 / factor }
  }
  const stretches: [Stretch, Stretch] = [along(0), along(1)]
  for (const { from, to } of stretches) {
    if (from < 1 || to < 1)
      throw new ShapeError(`${name}: ${from} pixels cannot become ${to}; images and results have pixels${atSite()}`)
  }
  return stretches
}

/** Each pixel repeated a whole number of times along an axis. */
function repeated(x: Node, axis: number, times: number): Node {
  const { shape } = x
  const split = [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]
  return ops.reshape(
    ops.expand(
      ops.reshape(x, split),
      split.map((extent, i) => (i === axis + 1 ? times : extent)),
    ),
    shape.map((extent, i) => (i === axis ? extent * times : extent)),
  )
}

/**
 * Bilinear by a whole factor along an axis, without looking pixels up: the new ones around pixel i always lie at the same places,
 * `offset` = (r + 0.5) / times - 0.5 for r = 0 … times - 1, and are (1 - |offset|) * x[i] + |offset| * (its neighbour on that side).
 */
function interpolated(x: Node, axis: number, times: number): Node {
  const { shape } = x
  const extent = shape[axis] as number
  const part = (of: Node, start: number, end: number): Node =>
    ops.slice(
      of,
      shape.map((_, i) => (i === axis ? start : 0)),
      of.shape.map((n, i) => (i === axis ? end : n)),
    )
  const target = [...shape.slice(0, axis + 1), times, ...shape.slice(axis + 1)]
  const spread = (pixels: Node): Node =>
    ops.broadcastTo(ops.reshape(pixels, [...shape.slice(0, axis + 1), 1, ...shape.slice(axis + 1)]), target)
  const edged = ops.concat([part(x, 0, 1), x, part(x, extent - 1, extent)], axis)
  const before = ops.compare('less', ops.iota(target, axis + 1), Math.floor(times / 2))
  const neighbour = ops.select(before, spread(part(edged, 0, extent)), spread(part(edged, 2, extent + 2)))
  const distances = allocateArray(x.dtype, times).map((_, r) => Math.abs((r + 0.5) / times - 0.5))
  const along = target.map((_, i) => (i === axis + 1 ? times : 1))
  const distance = ops.broadcastTo(arrayNode(distances, along, x.dtype), target)
  return ops.reshape(
    ops.add(ops.multiply(spread(x), ops.subtract(1, distance)), ops.multiply(neighbour, distance)),
    shape.map((n, i) => (i === axis ? n * times : n)),
  )
}

export abstract class UpsamplingTensor extends PoolingTensor {
  /**
   * Images [N, H, W, C] with more (or fewer) pixels: [N, floor(H * scale), floor(W * scale), C], or the `size` given.
   * nearest: pixel floor(i * H / height). bilinear: between pixels at (i + 0.5) * H / height - 0.5, or i * (H - 1) / (height - 1) with
   * `alignCorners`; edges repeat. As PyTorch's Upsample: with `scale`, 1 / scale stands for H / height.
   */
  upsample2d(options: UpsamplingOptions): Tensor {
    const name = 'upsample2d'
    checkImages(name, this.shape)
    const { mode = 'nearest', alignCorners = false } = options
    if (mode !== 'nearest' && mode !== 'bilinear')
      throw new ShapeError(`${name}: mode is ${JSON.stringify(mode)}; choose 'nearest' or 'bilinear'${atSite()}`)
    if (alignCorners && mode === 'nearest')
      throw new ShapeError(`${name}: alignCorners is for bilinear upsampling alone${atSite()}`)
    let x = mode === 'nearest' ? this.node : floatNode(this.node)
    for (const [i, stretch] of stretchesOf(name, this.shape, options).entries()) {
      const { from, to, step } = stretch
      if (to === from && step === 1) continue
      const whole = to % from === 0 && step === from / to
      if (whole && !alignCorners) x = (mode === 'nearest' ? repeated : interpolated)(x, i + 1, to / from)
      else x = resampleAxis(x, i + 1, mode === 'nearest' ? nearestTaps(stretch) : linearTaps(stretch, alignCorners))
    }
    return wrap(x)
  }
}
