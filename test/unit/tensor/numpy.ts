// What NumPy gave, as tensors and numbers: test/fixtures/tensor/numpy.json, written by scripts/fixtures/tensor.py.

import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { type DType, type Nested, type Selection, type Tensor, tensor } from '../../../src/index.ts'

export interface Entry {
  readonly shape: readonly number[]
  readonly data: readonly (number | string)[]
}

interface Fixture {
  readonly broadcasting: readonly { readonly a: Entry; readonly b: Entry; readonly sum: Entry | null }[]
  readonly indexing: readonly {
    readonly shape: readonly number[]
    readonly selections: readonly Selection[]
    readonly result: Entry
  }[]
  readonly reductions: readonly {
    readonly op: 'sum' | 'mean' | 'variance' | 'max' | 'min' | 'argmax' | 'argmin'
    readonly x: Entry
    readonly axes: readonly number[] | null
    readonly keep: boolean
    readonly result: Entry
  }[]
  readonly products: readonly { readonly a: Entry; readonly b: Entry; readonly result: Entry }[]
  readonly movements: Readonly<Record<string, Entry>>
  readonly functions: {
    readonly x: Entry
    readonly y: Entry
    readonly positive: Entry
    readonly unary: Readonly<Record<string, Entry>>
    readonly ofPositive: Readonly<Record<string, Entry>>
    readonly binary: Readonly<Record<string, Entry>>
  }
}

export const numpy: Fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/tensor/numpy.json', import.meta.url), 'utf8'),
)

export function fromEntry({ shape, data }: Entry, dtype: DType = 'f64'): Tensor {
  return tensor(data.map(Number) as Nested, { dtype }).reshape(shape)
}

/** Shape and values agree to `tolerance`, relative to the largest of 1 and the value. */
export function expectEntry(got: Tensor, wanted: Entry, tolerance = 1e-13): void {
  expect(got.shape).toEqual(wanted.shape)
  const values = got.dataSync()
  for (const [i, value] of wanted.data.entries()) {
    const [g, w] = [values[i] as number, Number(value)]
    if (Math.abs(g - w) <= tolerance * Math.max(1, Math.abs(w))) continue
    expect(g, `element ${i}`).toBe(w)
  }
}
