// A value of an ONNX graph while it is computed: its axes keep the meaning of the file (N, C, H, W), whatever order they lie in.

import type { DType } from '../../core/dtype.ts'
import type { HostTensor } from '../../core/host-tensor.ts'
import type { Shape } from '../../core/shape.ts'
import { type Tensor, tensor } from '../../tensor/tensor.ts'

/** The order in which the axes of an image lie here: [N, H, W, C]. */
export const channelsLast: readonly number[] = [0, 2, 3, 1]

/** The order of the axes of a kernel here, from [O, I, kh, kw]: [kh, kw, I, O]. */
export const kernelOrder: readonly number[] = [2, 3, 1, 0]

function straight(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis)
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((axis, i) => axis === b[i])
}

/** Where each axis lies: the inverse of an order. */
export function inverse(order: readonly number[]): number[] {
  return straight(order.length).map((axis) => order.indexOf(axis))
}

/**
 * A tensor whose axis i is the file's axis order[i], so that images flow from one convolution to the next as they lie, and are permuted only for
 * what depends on the file's order. Whole numbers that are known before the graph runs, such as shapes, stay on the host.
 */
export class Value {
  readonly #stored: Tensor | HostTensor
  /** Axis i of what is stored is axis order[i] of the file. */
  readonly order: readonly number[]

  constructor(stored: Tensor | HostTensor, order: readonly number[] = straight(stored.shape.length)) {
    this.#stored = stored
    this.order = order
  }

  get rank(): number {
    return this.order.length
  }

  get dtype(): DType {
    return this.#stored.dtype
  }

  /** As the file sees it. */
  get shape(): Shape {
    return inverse(this.order).map((axis) => this.#stored.shape[axis] as number)
  }

  /** The values, where they are known without computing. */
  get host(): HostTensor | undefined {
    return 'node' in this.#stored ? undefined : this.#stored
  }

  /** Axes in the file's order. */
  get tensor(): Tensor {
    return this.arranged(straight(this.rank))
  }

  /** Axes as they lie. */
  get lying(): Tensor {
    return 'node' in this.#stored
      ? this.#stored
      : tensor(this.#stored.data, { shape: this.#stored.shape, dtype: this.#stored.dtype })
  }

  /** Axis i is the file's axis order[i]. */
  arranged(order: readonly number[]): Tensor {
    if (same(order, this.order)) return this.lying
    const places = inverse(this.order)
    return this.lying.permute(order.map((axis) => places[axis] as number))
  }

  /** The same change of every element, whatever the order. */
  map(change: (x: Tensor) => Tensor): Value {
    return new Value(change(this.lying), this.order)
  }
}

/**
 * Values of different ranks brought together as NumPy does: axes are added in front, and all lie as the one with the highest rank does that
 * is not in the file's order.
 */
export function together(values: readonly Value[], combine: (tensors: readonly Tensor[]) => Tensor): Value {
  const rank = Math.max(...values.map((value) => value.rank))
  const full = values.filter((value) => value.rank === rank)
  const order = (full.find((value) => !same(value.order, straight(rank))) ?? (full[0] as Value)).order
  const arranged = values.map((value) => {
    if (value.rank === rank) return value.arranged(order)
    if (value.rank === 0) return value.tensor
    const { tensor: lower, shape } = value
    return lower.reshape([...new Array<number>(rank - value.rank).fill(1), ...shape]).permute([...order])
  })
  return new Value(combine(arranged), order)
}
