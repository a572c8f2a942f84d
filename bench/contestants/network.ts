// A workload's network with the benchmark's values in it.

import { OcellusError, type Variable } from '../../src/index.node.ts'
import type { HostTensor } from '../../src/io/index.ts'
import { setVariable } from '../../src/io/module-weights.ts'
import { type Module, Parameter } from '../../src/nn/index.ts'
import { listed } from '../comparison/exchange.ts'
import type { InferenceWorkload, TrainingWorkload } from '../workloads/workload.ts'

/** Parameters from `parameter.0` on; in inference also the running statistics, from `state.0` on. */
export function loadedNetwork(
  workload: TrainingWorkload | InferenceWorkload,
  values: ReadonlyMap<string, HostTensor>,
  options: { readonly dropout: boolean },
): Module {
  const network = workload.network(options)
  load(network.parameters(), listed(values, 'parameter'))
  if (workload.kind === 'training') return network
  const state = [...network.namedVariables().values()].filter((variable) => !(variable instanceof Parameter))
  load(state, listed(values, 'state'))
  return network.eval()
}

function load(variables: readonly Variable[], values: readonly HostTensor[]): void {
  if (variables.length !== values.length) {
    throw new OcellusError(`the network has ${variables.length} values to load, the benchmark's list ${values.length}`)
  }
  for (const [i, variable] of variables.entries()) {
    const value = values[i] as HostTensor
    if (String(value.shape) !== String(variable.shape)) {
      throw new OcellusError(
        `${variable.label} has shape [${variable.shape}], the benchmark's list says [${value.shape}]`,
      )
    }
    setVariable(variable, value)
  }
}
