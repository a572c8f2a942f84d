// Convolutions, pooling and upsampling of images, and their gradients, against PyTorch in f64, on every device.

import { beforeAll, describe, expect, test } from 'vitest'
import { init } from '../../src/init.ts'
import { gradients } from '../../src/tensor/gradients.ts'
import { type Nested, type Tensor, tensor } from '../../src/tensor/tensor.ts'
import { testedDevices } from '../conformance/tested-devices.ts'
import { largestError, torchFixture } from './fixture.ts'

type Method = 'conv2d' | 'convTranspose2d' | 'maxPool2d' | 'averagePool2d' | 'adaptiveAveragePool2d' | 'upsample2d'

interface Case {
  readonly method: Method
  readonly options: never
  readonly inputs: readonly Nested[]
  readonly upstream: Nested
  readonly value: Nested
  readonly gradients: readonly Nested[]
}

const cases = ['convolution.json', 'resampling.json'].flatMap((name) => torchFixture<Case[]>(name))

function apply({ method, options }: Case, [x, weights]: readonly Tensor[]): Tensor {
  return method === 'conv2d' || method === 'convTranspose2d'
    ? (x as Tensor)[method](weights as Tensor, options)
    : (x as Tensor)[method](options)
}

const f64 = { dtype: 'f64' } as const

describe.each(testedDevices)('as PyTorch on %s:', (device) => {
  beforeAll(() => init({ device }))

  test.each(cases.map((one, i) => [`${i} ${one.method} ${JSON.stringify(one.options)}`, one] as const))(
    '%s',
    (_, one) => {
      const inputs = one.inputs.map((values) => tensor(values, f64))
      const value = apply(one, inputs)
      expect(value.shape).toEqual(tensor(one.value, f64).shape)
      expect(largestError(value, one.value)).toBeLessThan(1e-13)
      const found = gradients(value.multiply(tensor(one.upstream, f64)).sum(), inputs)
      for (const [i, gradient] of found.entries())
        expect(largestError(gradient, one.gradients[i] as Nested)).toBeLessThan(1e-13)
    },
  )
})
