// Arithmetic on values that are known before a graph runs: shapes and positions, which decide how the graph looks.

import { allocateArray } from '../../core/dtype.ts'
import { type HostDType, type HostTensor, hostTensor } from '../../core/host-tensor.ts'
import { type Shape, sizeOf, stridesOf } from '../../core/shape.ts'

/** Whole numbers as a vector. */
export function vector(values: readonly number[]): HostTensor {
  return hostTensor('i32', [values.length], Int32Array.from(values))
}

/** Values computed one by one from those of the inputs, which are broadcast; undefined where their shapes do not fit. */
export function combine(
  inputs: readonly HostTensor[],
  dtype: HostDType,
  value: (...values: number[]) => number,
): HostTensor | undefined {
  const shape = commonShape(inputs.map((input) => input.shape))
  if (shape === undefined) return undefined
  const data = allocateArray(dtype, sizeOf(shape))
  const readers = inputs.map((input) => reader(input, shape))
  for (let i = 0; i < data.length; i++) data[i] = value(...readers.map((read) => read(i)))
  return hostTensor(dtype, shape, data)
}

/** Elements at `positions` along an axis. Positions that count from the end are brought to the beginning; undefined where one does not exist. */
export function take(values: HostTensor, positions: HostTensor, axis: number): HostTensor | undefined {
  const { shape, dtype, data } = values
  const extent = shape[axis] as number
  const inner = sizeOf(shape.slice(axis + 1))
  const outer = sizeOf(shape.slice(0, axis))
  const count = positions.data.length
  const taken = allocateArray(dtype, outer * count * inner)
  for (const [i, position] of positions.data.entries()) {
    const at = position < 0 ? position + extent : position
    if (!(at >= 0 && at < extent)) return undefined
    for (let o = 0; o < outer; o++) {
      const from = (o * extent + at) * inner
      taken.set(data.subarray(from, from + inner), (o * count + i) * inner)
    }
  }
  return hostTensor(dtype, [...shape.slice(0, axis), ...positions.shape, ...shape.slice(axis + 1)], taken)
}

/** Vectors one after another. */
export function joined(parts: readonly HostTensor[]): HostTensor {
  const { dtype } = parts[0] as HostTensor
  const values = parts.flatMap(({ data }) => Array.from(data))
  const data = allocateArray(dtype, values.length)
  data.set(values)
  return hostTensor(dtype, [values.length], data)
}

/** The same elements under another shape and in another dtype; floats lose what is behind the point in whole numbers. */
export function converted({ data, shape }: HostTensor, dtype: HostDType): HostTensor {
  const values = allocateArray(dtype, data.length)
  for (const [i, value] of data.entries()) values[i] = dtype === 'bool' ? Number(value !== 0) : value
  return hostTensor(dtype, shape, values)
}

function commonShape(shapes: readonly Shape[]): Shape | undefined {
  const rank = Math.max(...shapes.map(({ length }) => length))
  const common = new Array<number>(rank).fill(1)
  for (const shape of shapes) {
    for (const [i, extent] of shape.entries()) {
      const axis = i + rank - shape.length
      if (extent === 1 || extent === common[axis]) continue
      if (common[axis] !== 1) return undefined
      common[axis] = extent
    }
  }
  return common
}

/** Element i of a shape, from values that are broadcast to it. */
function reader({ shape, data }: HostTensor, to: Shape): (i: number) => number {
  const [own, all] = [stridesOf(shape), stridesOf(to)]
  const added = to.length - shape.length
  return (i) => {
    let at = 0
    for (const [axis, stride] of all.entries()) {
      const position = Math.floor(i / stride) % (to[axis] as number)
      if (axis >= added && shape[axis - added] !== 1) at += position * (own[axis - added] as number)
    }
    return data[at] as number
  }
}
