// Shapes as arrays of extents, row-major strides, and NumPy's broadcasting rule.

export type Shape = readonly number[]

/** Number of elements; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (const extent of shape) size *= extent
  return size
}

/** Elements to step along each axis of a contiguous row-major array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis] as number
  }
  return strides
}

export function equalShapes(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis])
}

/** The common shape of `a` and `b` under NumPy's broadcasting, or undefined where they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): number[] | undefined {
  const rank = Math.max(a.length, b.length)
  const result = new Array<number>(rank)
  for (let axis = 0; axis < rank; axis++) {
    const x = a[axis - rank + a.length] ?? 1
    const y = b[axis - rank + b.length] ?? 1
    if (x !== y && x !== 1 && y !== 1) return undefined
    result[axis] = x === 1 ? y : x
  }
  return result
}

/** `axis` counted from the front; negative axes count from the back. Undefined when there is no such axis. */
export function resolveAxis(axis: number, rank: number): number | undefined {
  const resolved = axis < 0 ? axis + rank : axis
  return Number.isInteger(axis) && resolved >= 0 && resolved < rank ? resolved : undefined
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

/** The extents other than 1. */
export function denseShape(shape: Shape): number[] {
  return shape.filter((extent) => extent !== 1)
}
