// The small files in test/fixtures/io, written by PyTorch and NumPy (scripts/fixtures/weights.py), and what they hold.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { HostTensor } from '../../../src/core/host-tensor.ts'

const folder = new URL('../../fixtures/io/', import.meta.url)

type Value = number | boolean | string

export interface ExpectedTensor {
  readonly shape: number[]
  readonly data: Value[]
}

type ExpectedTensors = Readonly<Record<string, ExpectedTensor>>

interface Expected {
  readonly pytorch: ExpectedTensors
  readonly unsigned: ExpectedTensors
  readonly checkpoint: ExpectedTensors
  readonly network: { readonly own: ExpectedTensors; readonly images: ExpectedTensor; readonly logits: ExpectedTensor }
  readonly decoder: { readonly own: ExpectedTensors; readonly codes: ExpectedTensor; readonly images: ExpectedTensor }
  readonly numpy: ExpectedTensors
  /** Bytes in hexadecimal. */
  readonly npy: Readonly<Record<string, string>>
}

export const expected: Expected = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'))

export function fixturePath(name: string): string {
  return fileURLToPath(new URL(name, folder))
}

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)))
}

/** Shapes and values of tensors as the fixtures state them: f32 values are those of PyTorch's doubles, exactly. */
export function described(tensors: ReadonlyMap<string, HostTensor>): Record<string, ExpectedTensor> {
  return Object.fromEntries([...tensors].map(([name, tensor]) => [name, describe(tensor)]))
}

function describe({ dtype, shape, data }: HostTensor): ExpectedTensor {
  const value = (number: number): Value => {
    if (dtype === 'bool') return number === 1
    // JSON has neither infinities nor a negative zero that NumPy's and Python's writers agree on.
    return Number.isFinite(number) ? number : ({ Infinity: 'inf', '-Infinity': '-inf' }[String(number)] ?? 'nan')
  }
  return { shape: [...shape], data: Array.from(data, value) }
}
