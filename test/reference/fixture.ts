// The numbers of PyTorch, as scripts/fixtures/pytorch.py wrote them.

import { readFileSync } from 'node:fs'
import type { Nested, Tensor } from '../../src/tensor/tensor.ts'

/** Nested arrays of a fixture as one list. */
export function flat(values: Nested): number[] {
  return (typeof values === 'object' ? values.flatMap((value) => flat(value)) : [Number(values)]) as number[]
}

export function torchFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/torch/${name}`, import.meta.url), 'utf8')) as T
}

/** max |found - expected| / max(1, |expected|). */
export function largestError(found: Tensor, expected: Nested): number {
  const values = found.dataSync()
  const truth = flat(expected)
  if (values.length !== truth.length) return Number.POSITIVE_INFINITY
  return Math.max(...truth.map((value, i) => Math.abs((values[i] as number) - value) / Math.max(1, Math.abs(value))))
}
