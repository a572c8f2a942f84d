// What a device runs: code, its buffers and its argument table, the scalar block, and the scratch it needs. The same for every target.

import type { DType } from '../core/dtype.ts'
import type { Shape } from '../core/shape.ts'

/** A buffer of the program. The host writes its address before a run into those entries of the argument table that stand for it. */
export type ArgumentRow =
  /** Bytes in the device's scratch region; inputs are copied there, intermediates and outputs live there. */
  | { readonly kind: 'scratch'; readonly offset: number; readonly dtype: DType; readonly bytes: number }
  /** Scratch of the running thread: each thread's table holds its own address. */
  | { readonly kind: 'thread'; readonly offset: number; readonly dtype: DType; readonly bytes: number }
  /** A variable's own memory. */
  | { readonly kind: 'variable'; readonly index: number; readonly dtype: DType; readonly bytes: number }
  /** The scalar block: 8 bytes per slot, each slot holding its dtype's bytes. Typed views of the block are rows of their own. */
  | { readonly kind: 'scalars'; readonly dtype: DType }

/** A value copied into scratch before the run. */
export interface ProgramInput {
  readonly row: number
  readonly shape: Shape
  readonly dtype: DType
}

/** A value copied out of scratch (or a variable's memory) after the run. */
export interface ProgramOutput {
  readonly row: number
  readonly shape: Shape
  readonly dtype: DType
}

/** One kernel as it stands in the code, with the figures that `OCELLUS_DEBUG=time` prints. */
export interface KernelInfo {
  readonly name: string
  /** Parts that threads can share; 1 when there is nothing to share. */
  readonly slabs: number
  /** Threads share the slabs; else the first thread runs them all, because they are worth no meeting. */
  readonly shared: boolean
  /** The kernel whose code it runs: its own number, or that of an earlier one. */
  readonly code: number
  /** Entries of the argument table before its own. */
  readonly firstEntry: number
  readonly flops: number
  /** Bytes read and written, each buffer counted once. */
  readonly bytes: number
}

export interface Program {
  readonly target: 'wasm' | 'avx2' | 'avx512'
  /** A WebAssembly module, or machine code. Takes every address from the argument table. */
  readonly code: Uint8Array<ArrayBuffer>
  readonly kernels: readonly KernelInfo[]
  readonly rows: readonly ArgumentRow[]
  /** The argument table: which of `rows` each entry stands for, the entries of one kernel after those of another. */
  readonly table: readonly number[]
  readonly inputs: readonly ProgramInput[]
  readonly outputs: readonly ProgramOutput[]
  /** Dtype of each slot of the scalar block. */
  readonly scalars: readonly DType[]
  /** Bytes of the shared scratch region, and of each thread's own. */
  readonly scratch: number
  readonly threadScratch: number
  /** Sum of all intermediates, had none shared memory: what the plan saved. */
  readonly unplanned: number
}
