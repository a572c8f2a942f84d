// The small files in test/fixtures/data, written by SciPy, NumPy and safetensors (scripts/fixtures/data.py), and what they hold.

import { readFileSync } from 'node:fs'

const folder = new URL('../../fixtures/data/', import.meta.url)

export interface ExpectedArray {
  readonly class: string
  readonly shape: number[]
  readonly data: (number | string)[]
  readonly imaginary?: number[]
}

interface Expected {
  readonly matlab: {
    readonly numbers: Record<string, ExpectedArray>
    readonly texts: Record<string, string[]>
    readonly skipped: Record<string, string>
  }
  readonly idx: Record<string, { readonly shape: number[]; readonly data: number[] }>
  readonly safetensors: Record<string, { readonly shape: number[]; readonly data: (number | string)[] }>
}

export const expected: Expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'))

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)))
}

/** JSON has no infinities: the fixtures hold them as 'inf', '-inf' and 'nan'. */
export function toNumbers(values: readonly (number | string)[]): number[] {
  const named: Record<string, number> = {
    inf: Number.POSITIVE_INFINITY,
    '-inf': Number.NEGATIVE_INFINITY,
    nan: Number.NaN,
  }
  return values.map((value) => (typeof value === 'number' ? value : (named[value] as number)))
}
