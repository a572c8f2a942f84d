// What every device offers: memory for variables, and graphs turned into something that runs.

import type { DType, TypedArray } from '../core/dtype.ts'
import type { Graph } from '../graph/graph.ts'

/** Memory of one variable on a device. */
export interface Storage {
  readonly dtype: DType
  readonly length: number
  write(data: TypedArray): void
  /** As `write`, but `fill` writes all values into the memory itself. */
  fill(fill: (values: TypedArray) => void): void
  /** A copy of the values. */
  read(): TypedArray
}

/** What a run reads beside its code. All arrays follow the order of the graph's lists. */
export interface RunArguments {
  readonly inputs: readonly TypedArray[]
  readonly scalars: readonly number[]
  readonly variables: readonly Storage[]
}

/** What a compiled graph needs and does. */
export interface ExecutableReport {
  readonly kernels: number
  /** Bytes of scratch, and of all intermediates if none shared memory. */
  readonly scratch: number
  readonly unplanned: number
  readonly codeBytes: number
}

export interface Executable {
  readonly report: ExecutableReport
  /** Computes the graph: returns its outputs as new arrays, after its assignments have taken effect. */
  run(args: RunArguments): TypedArray[]
}

export interface Device {
  readonly name: DeviceName
  /** Properties that decide which bits come out: same class, same bits. */
  readonly numberClass: string
  /** Threads that a run may use. They never change its results. */
  readonly threads: number
  /** Uses so many threads from now on; resolves when they have started. */
  useThreads(count: number): Promise<void>
  compile(graph: Graph): Executable
  createStorage(dtype: DType, length: number): Storage
}

export type DeviceName = 'reference' | 'wasm' | 'native'

/** What tells the programs of devices apart: a program made for one thread has no slabs to share. */
export function nameOfCode({ name, threads }: Device): string {
  return threads > 1 ? `${name} threads` : name
}
