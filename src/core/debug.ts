// What OCELLUS_DEBUG asks to see: a list of graph, kernels, code, time, nan, read once from the environment or set by `setDebug`.

import { UsageError } from './errors.ts'

export interface DebugSwitches {
  /** Print each new graph. */
  graph: boolean
  /** Print the kernels that a graph became. */
  kernels: boolean
  /** Print the loop programs. */
  code: boolean
  /** Print time, GFLOP/s and bytes per kernel of each run. */
  time: boolean
  /** Test each graph first: name a given value that is NaN or infinite, else evaluate op by op and name the op that makes the first one. */
  nan: boolean
}

export const debug: DebugSwitches = { graph: false, kernels: false, code: false, time: false, nan: false }

/** Switches debugging output on by names: `setDebug('graph,time')`; names not given are switched off. Throws UsageError on other names. */
export function setDebug(names: string): void {
  const keys = Object.keys(debug) as (keyof DebugSwitches)[]
  const chosen = names.split(',').map((name) => name.trim())
  for (const name of chosen) {
    if (name !== '' && !keys.some((key) => key === name))
      throw new UsageError(`there is no debugging output "${name}"; choose from ${keys.join(', ')}`)
  }
  for (const key of keys) debug[key] = chosen.includes(key)
}

const environment = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env
// `stack` is the command line's own.
if (environment?.OCELLUS_DEBUG) setDebug(environment.OCELLUS_DEBUG.replace(/\bstack\b/g, ''))
