// The workloads of the benchmark: their networks have the parameters that all contestants load, and the work that is counted.

import { describe, expect, it } from 'vitest'
import { chooseWorkloads, findWorkload, workloads } from '../../../bench/workloads/index.ts'
import { flopsOf } from '../../../bench/workloads/workload.ts'
import { Parameter } from '../../../src/nn/index.ts'

describe('workloads', () => {
  // ResNet-18 has 11 million parameters, and the same code as ResNet-20.
  const small = workloads.filter(({ name }) => name !== 'W7-resnet18')

  it.each(small.map((workload) => [workload.name, workload] as const))('%s lists its parameters', (_, workload) => {
    if (workload.kind === 'product') return
    const variables = [...workload.network({ dropout: true }).namedVariables().values()]
    const shapes = (found: readonly { readonly shape: readonly number[] }[]) => found.map(({ shape }) => [...shape])
    expect(shapes(variables.filter((variable) => variable instanceof Parameter))).toEqual(shapes(workload.parameters))
    if (workload.kind !== 'inference') return
    expect(shapes(variables.filter((variable) => !(variable instanceof Parameter)))).toEqual(shapes(workload.state))
  })

  it('counts products and convolutions, without an input gradient for the first layer', () => {
    expect(flopsOf(findWorkload('W1'))).toBe(2 * 32 * (2 * 1024 * 64 + 3 * 64 * 36))
    expect(flopsOf(findWorkload('W8-256'))).toBe(2 * 256 ** 3)
    // Multiply-adds as torchvision lists them: 1.81e9 and 0.35e9.
    expect(flopsOf(findWorkload('W7-resnet18')) / 2).toBeCloseTo(1.814e9, -7)
    expect(flopsOf(findWorkload('W7-squeezenet')) / 2).toBeCloseTo(0.349e9, -7)
  })

  it('are chosen by name or by family, in the order of the table', () => {
    expect(chooseWorkloads(['W8', 'W1']).map(({ name }) => name)).toEqual([
      'W1',
      ...workloads.filter(({ kind }) => kind === 'product').map(({ name }) => name),
    ])
    expect(chooseWorkloads(['W4']).map(({ name }) => name)).toEqual(['W4'])
  })
})
