// Work in float32 that rounding takes over the bounds is judged by float64.

import { describe, expect, it } from 'vitest'
import { Reference } from '../../../bench/comparison/reference.ts'
import type { Proof } from '../../../bench/contestants/serve.ts'
import { findWorkload } from '../../../bench/workloads/index.ts'

function proof(loss: number, gradient: number, exact = false): Proof {
  const data = Float64Array.of(gradient, 1)
  return { losses: [loss], tensors: new Map([['gradient.0', { dtype: 'f64', shape: [2], data }]]), exact }
}

const workload = findWorkload('W1')

/** Ours: float32 off by 2e-3 in its gradient, float64 exact. */
function reference(float32 = proof(1, 1.003), float64 = proof(1, 1, true)): Reference {
  return new Reference({ name: 'ocellus native', workload, proof: float32, exact: async () => float64 })
}

describe('the reference of the proof', () => {
  it('asks for no float64 where float32 is within the bounds', async () => {
    const exact = () => Promise.reject(new Error('asked'))
    const found = new Reference({ name: 'ocellus native', workload, proof: proof(1, 1), exact })
    await expect(found.disagreement(proof(1.00005, 1.0005))).resolves.toBeUndefined()
    expect(found.note).toBe('')
  })

  it('takes equal work in float64, and float32 as near to it as rounding explains', async () => {
    const ours = reference()
    await expect(ours.disagreement(proof(1, 1 + 1e-12, true))).resolves.toBeUndefined()
    await expect(ours.disagreement(proof(1.0005, 0.99))).resolves.toBeUndefined()
    expect(ours.note).toMatch(/float64/)
  })

  it('refuses other work, in float64 at 1e-9, in float32 beyond rounding', async () => {
    await expect(reference().disagreement(proof(1, 1 + 1e-6, true))).resolves.toMatch(/gradient.0/)
    await expect(reference().disagreement(proof(1 + 1e-6, 0.99, true))).resolves.toMatch(/loss of step 1/)
    await expect(reference().disagreement(proof(1, 0.9))).resolves.toMatch(/gradient.0/)
    await expect(reference().disagreement(proof(1.002, 1))).resolves.toMatch(/loss of step 1/)
  })

  it('refuses ours where its float32 is far from its float64', async () => {
    await expect(reference(proof(1, 1.1)).disagreement(proof(1, 1, true))).resolves.toMatch(/its own float64/)
  })

  it('keeps to the bounds where there is no float64', async () => {
    const found = new Reference({ name: 'tfjs wasm', workload, proof: proof(1, 1) })
    await expect(found.disagreement(proof(1, 1.01))).resolves.toMatch(/gradient.0/)
  })
})
