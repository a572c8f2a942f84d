// What OCELLUS_DEBUG asks to see: a list of graph, kernels, code, time, nan, read once from the environment or set by `setDebug`.

export interface DebugSwitches {
  /** Print each new graph. */
  graph: boolean
  /** Print the kernels that a graph became. */
  kernels: boolean
  /** Print the loop programs. */
  code: boolean
  /** Print time, GFLOP/s and bytes per kernel of each run. */
  time: boolean
  /** Evaluate each graph op by op first and name the op that makes the first NaN or infinity. */
  nan: boolean
}

export const debug: DebugSwitches = { graph: false, kernels: false, code: false, time: false, nan: false }

/** Switches debugging output on by names: `setDebug('graph,time')`; names not given are switched off. */
export function setDebug(names: string): void {
  const chosen = names.split(',').map((name) => name.trim())
  for (const key of Object.keys(debug) as (keyof DebugSwitches)[]) debug[key] = chosen.includes(key)
}

const environment = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env
if (environment?.OCELLUS_DEBUG) setDebug(environment.OCELLUS_DEBUG)
