// A kernel as loops over vector registers: what lowering writes and every emitter (WebAssembly, AVX2, AVX-512) turns into code.
// Registers are mutable and virtual; no SSA, no branches, no calls, no mask values. Lanes, not bytes, are the unit.

import type { DType } from '../core/dtype.ts'

/** A virtual vector register. All registers of a program hold `lanes` lanes of their own type. */
export type Reg = number

/** What a register holds. Memory of u8 and bool widens to i32 when loaded and narrows when stored. */
export type RegType = 'f32' | 'f64' | 'i32'

export type LoopVar = number

/** Where an element lives, in elements of the argument's dtype: base(arg) + offset + sum(variable * stride) + index. */
export interface Address {
  /** Number of an entry among the kernel's own in the argument table. */
  readonly arg: number
  /** Constant part; register-tile offsets live here. */
  readonly offset: number
  /** (arg, terms) is the key of an address group: one pointer each. A variable appears at most once. */
  readonly terms: readonly (readonly [variable: LoopVar, stride: number])[]
  /** Gather: an i32 register whose lane j is added to lane j's address, times `stride`. Lowering has clamped it. */
  readonly index?: { readonly reg: Reg; readonly stride: number }
}

export type UnaryOp = 'negate' | 'abs' | 'sqrt' | 'floor' | 'ceil' | 'trunc' | 'nearest'
/**
 * `max` is a > b ? a : b and `min` is a < b ? a : b, NaN and -0 included (x64's rule). Logic works on the bits of any type.
 * i32 has add, subtract, multiply (low 32 bits), min and max; it has no divide.
 */
export type BinaryOp = 'add' | 'subtract' | 'multiply' | 'divide' | 'min' | 'max' | 'and' | 'or' | 'xor'
/** Ordered comparisons: false when a lane is NaN, but `notEqual`, which is true. `lessUnsigned` reads i32 as u32. */
export type Comparison = 'less' | 'lessEqual' | 'equal' | 'notEqual' | 'lessUnsigned'
export type FoldOp = 'add' | 'min' | 'max'

export type Op =
  /** `lanes` < program.lanes: only that many lanes are defined. `step` elements between lanes, 1 when absent (with `address.index`: unused). */
  | {
      readonly kind: 'load'
      readonly to: Reg
      readonly address: Address
      readonly lanes?: number
      readonly step?: number
    }
  /** One element into every lane. */
  | { readonly kind: 'splat'; readonly to: Reg; readonly address: Address }
  /** Stores exactly `lanes` lanes (all when absent), nothing beyond. bool stores 0 or 1. */
  | {
      readonly kind: 'store'
      readonly from: Reg
      readonly address: Address
      readonly lanes?: number
      readonly step?: number
    }
  | { readonly kind: 'prefetch'; readonly address: Address }
  /** What stands before it stays before it, where a compiler comes after the emitter. Changes nothing else. The address is one of f32 or f64, which is never odd. */
  | { readonly kind: 'fence'; readonly address: Address }
  | { readonly kind: 'constant'; readonly to: Reg; readonly value: number }
  /** i32: offset + sum(variable * stride) + lane * step. */
  | {
      readonly kind: 'index'
      readonly to: Reg
      readonly offset: number
      readonly terms: Address['terms']
      readonly step: number
    }
  | { readonly kind: 'move'; readonly to: Reg; readonly from: Reg }
  | { readonly kind: 'unary'; readonly to: Reg; readonly op: UnaryOp; readonly a: Reg }
  | { readonly kind: 'binary'; readonly to: Reg; readonly op: BinaryOp; readonly a: Reg; readonly b: Reg }
  /** to = a * b + c, rounded once where the target fuses. */
  | { readonly kind: 'fma'; readonly to: Reg; readonly a: Reg; readonly b: Reg; readonly c: Reg }
  /** Shifts of i32 by a constant (`right` keeps the sign); `left64` and `right64` shift each lane of an f64 register as an unsigned 64-bit integer. */
  | {
      readonly kind: 'shift'
      readonly to: Reg
      readonly op: 'left' | 'right' | 'rightUnsigned' | 'left64' | 'right64'
      readonly a: Reg
      readonly by: number
    }
  /** Lane-wise `compare(a, b) ? x : y`; a and b share one type, x and y another of any kind. */
  | {
      readonly kind: 'select'
      readonly to: Reg
      readonly compare: Comparison
      readonly a: Reg
      readonly b: Reg
      readonly x: Reg
      readonly y: Reg
    }
  /** lane < n ? a : b. */
  | { readonly kind: 'lanes'; readonly to: Reg; readonly a: Reg; readonly b: Reg; readonly n: number }
  /**
   * All lanes of `parts` into one value, in all lanes of `to`. The parts are 16 virtual lanes (8 where the program's widest type is f64):
   * `parts.length * lanes` is 16 (or 8). The tree is fixed: halves are combined, lane i with lane i + half (8, 4, 2, 1).
   */
  | { readonly kind: 'fold'; readonly to: Reg; readonly op: FoldOp; readonly parts: readonly Reg[] }
  /** Between register types: i32 to float, float to i32 (truncated, saturating, NaN to 0), f32 to f64 and back. */
  | { readonly kind: 'convert'; readonly to: Reg; readonly from: Reg }
  /** i32 bits as f32 and back, lane by lane; f64 as it is. */
  | { readonly kind: 'reinterpret'; readonly to: Reg; readonly from: Reg }

export interface Loop {
  readonly kind: 'loop'
  readonly variable: LoopVar
  /** Iterations from 0; 'range': this thread's slabs [first, last), outermost, at most one. */
  readonly extent: number | 'range'
  readonly body: readonly Statement[]
}

export type Statement = Loop | Op

export interface LoopProgram {
  readonly name: string
  /** Lanes of every register: the target's count for the widest type that occurs. */
  readonly lanes: number
  /** Type of register r. */
  readonly registers: readonly RegType[]
  /** Number of loop variables. */
  readonly variables: number
  /** Dtype of each argument row that the program touches (sparse: undefined elsewhere). */
  readonly argumentTypes: readonly (DType | undefined)[]
  readonly body: readonly Statement[]
}

/** All that lowering knows of a machine. */
export interface Target {
  readonly name: 'wasm' | 'avx2' | 'avx512'
  /** Lanes of a 4-byte type; 8-byte types have half. */
  readonly lanes: number
  /** Vector registers that a tile may fill. */
  readonly registers: number
  /** Independent multiply-adds needed to hide their latency. */
  readonly fmaChains: number
  /** An FMA can take one operand as a broadcast from memory. */
  readonly broadcastOperand: boolean
  /** All splats of a tile live at once, or as many products do. */
  readonly splatsTogether: boolean
  /** What a tile may fill where its epilogue has elementary functions, whose constants live beside it; absent where that is the same. */
  readonly besideFunctions?: Pick<Target, 'registers' | 'splatsTogether'>
  /** The compiler behind the emitter reads all that a block needs first, unless fences end the block. */
  readonly fences: boolean
  /** Memory can be asked for ahead. */
  readonly prefetches: boolean
  /** Bytes of the caches that blocking is for. */
  readonly l1: number
  readonly l2: number
}
