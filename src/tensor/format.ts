// Values as text: aligned columns, long axes shortened in the middle, as NumPy prints arrays.

import type { DType, TypedArray } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'

const edge = 3

/** The positions of an axis to show; -1 stands for the gap. */
function shown(extent: number): number[] {
  if (extent <= 2 * edge + 1) return [...Array(extent).keys()]
  return [0, 1, 2, -1, extent - 3, extent - 2, extent - 1]
}

function formatNumber(value: number, dtype: DType, scientific: boolean): string {
  if (dtype === 'bool') return value === 0 ? 'false' : 'true'
  if (dtype !== 'f32' && dtype !== 'f64') return String(value)
  if (!Number.isFinite(value)) return String(value)
  return scientific ? value.toExponential(4) : Number(value.toFixed(4)).toFixed(4)
}

/** Rows in brackets. Numbers share one width and one notation. */
export function formatValues(values: TypedArray, shape: Shape, dtype: DType): string {
  const finite = Array.from(values.subarray(0, 10000), Math.abs).filter((value) => value > 0 && Number.isFinite(value))
  const scientific =
    finite.length > 0 && (Math.max(...finite) >= 1e6 || Math.min(...finite) < 1e-4 * Math.min(1, Math.max(...finite)))
  const text = (offset: number): string => formatNumber(values[offset] as number, dtype, scientific)
  const widths: number[] = []
  visit(shape, 0, 0, (offset) => widths.push(text(offset).length))
  const width = Math.max(0, ...widths)
  const render = (axis: number, offset: number, indent: string): string => {
    if (axis === shape.length) return text(offset).padStart(width)
    const inner = shape.slice(axis + 1).reduce((size, extent) => size * extent, 1)
    const parts = shown(shape[axis] as number).map((i) =>
      i < 0 ? '...' : render(axis + 1, offset + i * inner, `${indent} `),
    )
    return axis === shape.length - 1 ? `[${parts.join(' ')}]` : `[${parts.join(`\n${indent} `)}]`
  }
  return render(0, 0, '')
}

function visit(shape: Shape, axis: number, offset: number, see: (offset: number) => void): void {
  if (axis === shape.length) {
    see(offset)
    return
  }
  const inner = shape.slice(axis + 1).reduce((size, extent) => size * extent, 1)
  for (const i of shown(shape[axis] as number)) if (i >= 0) visit(shape, axis + 1, offset + i * inner, see)
}
