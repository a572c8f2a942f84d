// The values of a module by name: out of it, into it, and what would fit.

import { type DType, isFloat } from '../core/dtype.ts'
import { type HostDType, type HostTensor, hostTensor, isLate } from '../core/host-tensor.ts'
import { equalShapes, type Shape } from '../core/shape.ts'
import type { Module } from '../nn/module.ts'
import type { Variable } from '../tensor/variable.ts'
import { type MismatchedWeight, WeightsReport } from './weights-report.ts'

/** The values of all parameters and state of a module, by name. */
export async function weightsOf(module: Module): Promise<Map<string, HostTensor>> {
  const weights = new Map<string, HostTensor>()
  for (const [name, variable] of module.namedVariables()) {
    weights.set(name, hostTensor(variable.dtype as HostDType, variable.shape, await variable.data()))
  }
  return weights
}

/**
 * Which of `weights` fit a module's parameters and state, by name. Floats fit each other; nothing is changed. `arranged` says under which
 * shape the weights keep those variables that they arrange in another way.
 */
export function compareWeights(
  module: Module,
  weights: ReadonlyMap<string, HostTensor>,
  arranged: ReadonlyMap<string, { readonly shape: Shape }> = new Map(),
): WeightsReport {
  const variables = module.namedVariables()
  const loaded: string[] = []
  const missing: string[] = []
  const mismatched: MismatchedWeight[] = []
  for (const [name, { dtype, shape: own }] of variables) {
    const shape = arranged.get(name)?.shape ?? own
    const found = weights.get(name)
    if (found === undefined) missing.push(name)
    else if (equalShapes(found.shape, shape) && dtypesFit(found.dtype, dtype)) loaded.push(name)
    else mismatched.push({ name, expected: { dtype, shape }, found: { dtype: found.dtype, shape: found.shape } })
  }
  const unexpected = [...weights.keys()].filter((name) => !variables.has(name))
  return new WeightsReport({ loaded, missing, unexpected, mismatched })
}

/** Sets what fits of a module's parameters and state, by name. Floats are converted between f32 and f64. */
export function setWeights(module: Module, weights: ReadonlyMap<string, HostTensor>): WeightsReport {
  const report = compareWeights(module, weights)
  const variables = module.namedVariables()
  for (const name of report.loaded) setVariable(variables.get(name) as Variable, weights.get(name) as HostTensor)
  return report
}

/** Sets a variable; what is still in a file is read into the variable's own memory. */
export function setVariable(variable: Variable, tensor: HostTensor): void {
  if (isLate(tensor) && tensor.dtype === variable.dtype) variable.fill((values) => tensor.readInto(values))
  else variable.write(tensor.data)
}

function dtypesFit(found: DType, expected: DType): boolean {
  return found === expected || (isFloat(found) && isFloat(expected))
}
