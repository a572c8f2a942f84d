// Lowering of elementwise kernels: loops over the axes, the innermost one in vectors with a tail.

import type { Builder } from './builder.ts'
import { ExpressionWriter, place, type SlabLoops } from './expression.ts'
import type { Materialise } from './kernel.ts'

/** Writes an elementwise stage into `b`. */
export function lowerMaterialise(b: Builder, stage: Materialise, slab: SlabLoops): void {
  const { axes, stores } = stage
  const inner = axes.length - 1
  const writer = new ExpressionWriter(b, axes.length, inner, slab)
  const roots = stores.map(({ value }) => value)
  const write = (): void => {
    const values = roots.map((root) => writer.value(root))
    for (const [i, { access, dtype }] of stores.entries()) writer.store(access, values[i] as number, dtype)
  }
  const nest = (axis: number): void => {
    writer.hoist(roots)
    if (axis < inner) {
      b.loop(axes[axis] as number, (variable) => writer.at([[axis, place(0, [variable, 1])]], () => nest(axis + 1)))
    } else if (inner < 0) {
      writer.lanes = 1
      write()
    } else {
      writeVectors(b, writer, inner, axes[inner] as number, write)
    }
  }
  nest(0)
}

/** `write` for each full vector of an axis, and for the tail. */
function writeVectors(b: Builder, writer: ExpressionWriter, axis: number, extent: number, write: () => void): void {
  const { lanes } = b
  const full = Math.floor(extent / lanes)
  if (full > 0) {
    b.loop(full, (variable) => writer.at([[axis, place(0, [variable, lanes])]], write))
  }
  if (extent % lanes > 0) {
    writer.lanes = extent % lanes
    writer.at([[axis, place(full * lanes)]], write)
    writer.lanes = undefined
  }
}
