// All workloads by name, in the order of the table.

import { UsageError } from '../../src/index.ts'
import { w4, w4p } from './character-network.ts'
import { w6 } from './convolutional-autoencoder.ts'
import { w1, w2, w3 } from './dense-networks.ts'
import { characterInference, leNetInference, squeezeNetInference } from './inference.ts'
import { products } from './products.ts'
import { resNet18Inference, w5 } from './residual-networks.ts'
import type { Workload } from './workload.ts'

export const workloads: readonly Workload[] = [
  w1,
  w2,
  w3,
  w4,
  w4p,
  w5,
  w6,
  squeezeNetInference,
  resNet18Inference,
  leNetInference,
  characterInference,
  ...products,
]

/** The workload called `name`. */
export function findWorkload(name: string): Workload {
  const found = workloads.find((workload) => workload.name === name)
  if (found === undefined) throw unknownWorkload(name)
  return found
}

/** Those that `names` choose, in the order of the table; a family's name (W7, W8) chooses all of it. */
export function chooseWorkloads(names: readonly string[]): Workload[] {
  const chosenBy = (name: string) => (workload: Workload) =>
    workload.name === name || workload.name.startsWith(`${name}-`)
  const unknown = names.find((name) => !workloads.some(chosenBy(name)))
  if (unknown !== undefined) throw unknownWorkload(unknown)
  return workloads.filter((workload) => names.some((name) => chosenBy(name)(workload)))
}

function unknownWorkload(name: string): UsageError {
  const families = workloads.map((workload) => workload.name.split('-')[0])
  return new UsageError(`there is no workload called ${name}; choose from ${[...new Set(families)].join(', ')}`)
}
