// What the benchmark takes for the same work, and what it does not.

import { describe, expect, it } from 'vitest'
import { difference } from '../../../bench/comparison/proof.ts'
import type { Proof } from '../../../bench/contestants/serve.ts'

function proof(losses: number[], gradient: number[], vanishing: number[] = [0]): Proof {
  const tensor = (values: number[]) => ({
    dtype: 'f32' as const,
    shape: [values.length],
    data: Float32Array.from(values),
  })
  return {
    losses,
    tensors: new Map([
      ['gradient.0', tensor(gradient)],
      ['gradient.1', tensor(vanishing)],
    ]),
  }
}

const zeros = new Set(['gradient.1'])
const ours = proof([2, 1], [3, 4])

describe('the proof of equal work', () => {
  it('takes what differs by rounding', () => {
    expect(difference(ours, proof([2.0001, 1], [3.002, 4], [1e-6]), zeros)).toBeUndefined()
  })

  it.each([
    ['a loss', proof([2, 1.0002], [3, 4]), /loss of step 2/],
    ['a loss that is no number', proof([2, Number.NaN], [3, 4]), /loss of step 2/],
    ['a missing step', proof([2], [3, 4]), /2 losses here, 1 there/],
    ['a gradient', proof([2, 1], [3, 4.01]), /gradient.0 \[2\] differs by 2.0e-3/],
    ['a gradient that should vanish', proof([2, 1], [3, 4], [1e-4]), /gradient.1/],
    ['a gradient of another size', proof([2, 1], [3]), /gradient.0 is missing/],
  ])('tells %s from ours', (_, theirs, sentence) => {
    expect(difference(ours, theirs, zeros)).toMatch(sentence)
  })
})
