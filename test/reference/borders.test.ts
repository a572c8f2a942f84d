// Values and gradients at kinks, at 0, and of what is infinite or NaN, against PyTorch, on every device.

import { afterAll, describe, expect, it } from 'vitest'
import { init } from '../../src/init.ts'
import { relu, relu6 } from '../../src/nn/activations.ts'
import { crossEntropy } from '../../src/nn/losses.ts'
import { compile } from '../../src/tensor/compile.ts'
import { gradients } from '../../src/tensor/gradients.ts'
import { type Nested, type Tensor, tensor } from '../../src/tensor/tensor.ts'
import { testedDevices } from '../conformance/tested-devices.ts'
import { torchFixture } from './fixture.ts'

/** Numbers, and text for those that JSON lacks. */
type Plain = number | 'Infinity' | '-Infinity' | 'NaN' | readonly Plain[]

interface Expected {
  readonly inputs: readonly Plain[]
  readonly value: Plain
  readonly gradients: readonly Plain[]
}

const fixture = torchFixture<Record<string, Expected>>('borders.json')

const functions: Record<string, (...inputs: [Tensor, Tensor]) => Tensor> = {
  relu,
  relu6,
  clamp: (x) => x.clamp(-1, 2),
  power: (x, y) => x.power(y),
  crossEntropy: (x) => crossEntropy(x, tensor([1, 0, 2], { dtype: 'i32' })),
}

function numbers(values: Plain): Nested {
  return typeof values === 'object' ? values.map(numbers) : Number(values)
}

/** Whether both are the same number, or close to it; infinities and NaN must be the same. */
function agrees(found: Tensor, expected: Plain): boolean {
  const truth = [numbers(expected)].flat(9).map(Number)
  const values = found.dataSync()
  return truth.every((value, i) => {
    const got = values[i] as number
    return Object.is(got, value) || got === value || Math.abs(got - value) <= 1e-5 * Math.max(1, Math.abs(value))
  })
}

it('covers every case of the fixture', () => {
  expect(Object.keys(functions)).toEqual(Object.keys(fixture))
})

describe.each(testedDevices)('%s', (device) => {
  afterAll(() => init())

  it.each(Object.entries(functions))('%s', async (name, apply) => {
    await init({ device })
    const expected = fixture[name] as Expected
    const inputs = expected.inputs.map((values) => tensor(numbers(values)))
    const run = compile((...given: Tensor[]) => {
      const value = apply(...(given as [Tensor, Tensor]))
      return { value, found: gradients(value.sum(), given) }
    })
    const { value, found } = run(...inputs)
    expect(agrees(value, expected.value)).toBe(true)
    for (const [i, gradient] of expected.gradients.entries()) expect(agrees(found[i] as Tensor, gradient)).toBe(true)
  })
})
