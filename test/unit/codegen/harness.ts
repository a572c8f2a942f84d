// Lays out a program's buffers in a WebAssembly memory with canaries around each, runs emitted code and the interpreter on the same
// bytes, and says where they differ.

import type { Address, LoopProgram, LoopVar, Statement } from '../../../src/codegen/loop-program.ts'
import { emitWasm } from '../../../src/codegen/wasm/emit.ts'
import { bytesOf, type DType } from '../../../src/core/dtype.ts'
import { interpret } from './interpreter.ts'
import { largestIndex } from './random-program.ts'

/** A buffer of the memory: the elements that a program can touch. */
export interface Buffer {
  readonly dtype: DType
  /** Address of the first element that is touched, and how many there are. */
  readonly start: number
  readonly length: number
  /** What the argument table says; the start lies behind it when the smallest position is positive. */
  readonly base: number
}

const tableAddress = 64
/** Bytes after a buffer that a vector load may read, and that nothing may write. */
const canaryBytes = 128

type Interval = readonly [low: number, high: number]

/** Buffers that hold every element that `program` may touch with slabs [first, last). */
export function layOut(program: LoopProgram, first: number, last: number): (Buffer | undefined)[] {
  const touched = new Map<number, Interval>()
  const variables = new Map<LoopVar, Interval>()
  const touch = (address: Address, lanes: number, step: number): void => {
    let [low, high] = [address.offset, address.offset]
    const add = (a: number, b: number): void => {
      low += Math.min(a, b)
      high += Math.max(a, b)
    }
    for (const [variable, stride] of address.terms) {
      const [from, to] = variables.get(variable) as Interval
      add(from * stride, to * stride)
    }
    if (address.index !== undefined) add(0, largestIndex * address.index.stride)
    else add(0, Math.max(0, lanes - 1) * step)
    const known = touched.get(address.arg) ?? [low, high]
    touched.set(address.arg, [Math.min(low, known[0]), Math.max(high, known[1])])
  }
  const visit = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      if (statement.kind === 'loop') {
        if (statement.extent === 0) continue
        variables.set(statement.variable, statement.extent === 'range' ? [first, last] : [0, statement.extent - 1])
        visit(statement.body)
      } else if (statement.kind === 'load' || statement.kind === 'store') {
        touch(statement.address, statement.lanes ?? program.lanes, statement.step ?? 1)
      } else if (statement.kind === 'splat') touch(statement.address, 1, 1)
    }
  }
  visit(program.body)
  let cursor = tableAddress + 8 * program.argumentTypes.length
  return program.argumentTypes.map((dtype, arg) => {
    const interval = touched.get(arg)
    if (dtype === undefined || interval === undefined) return undefined
    const [low, high] = interval
    const start = Math.ceil((cursor + canaryBytes) / 64) * 64
    cursor = start + (high - low + 1) * bytesOf(dtype)
    return { dtype, start, length: high - low + 1, base: start - low * bytesOf(dtype) }
  })
}

/** A kernel's function, as emitted. */
export type EmittedFunction = (table: number, first: number, last: number) => void

export interface Comparison {
  readonly program: LoopProgram
  readonly memory: WebAssembly.Memory
  /** Emits the program's function. */
  readonly emit: (program: LoopProgram, memory: WebAssembly.Memory) => EmittedFunction
  /** Where the memory's first byte is, in the addresses that emitted code uses; 0 when absent. */
  readonly origin?: number
  /** fma rounds once. */
  readonly fused: boolean
  readonly first: number
  readonly last: number
  /** An element's first value. */
  readonly fill: (dtype: DType, arg: number, element: number) => number
}

/** Runs both and returns the first difference in words, or undefined. Throws Undetermined where the rules leave the result open. */
export function difference(comparison: Comparison): string | undefined {
  const { program, memory, emit, origin = 0, fused, first, last, fill } = comparison
  const buffers = layOut(program, first, last)
  const bytes = new Uint8Array(memory.buffer)
  bytes.fill(0xa5)
  const view = new DataView(memory.buffer)
  buffers.forEach((buffer, arg) => {
    if (buffer === undefined) return
    view.setBigInt64(tableAddress + 8 * arg, BigInt(origin + buffer.base), true)
    for (let element = 0; element < buffer.length; element++) {
      writeElement(view, buffer, element, fill(buffer.dtype, arg, element))
    }
  })
  const expected = new ArrayBuffer(bytes.length)
  new Uint8Array(expected).set(bytes)
  const bases = buffers.map((buffer) => buffer?.base ?? 0)
  interpret({ program, memory: expected, bases, first, last, fused })

  emit(program, memory)(origin + tableAddress, first, last)

  const wanted = new DataView(expected)
  for (const [arg, buffer] of buffers.entries()) {
    if (buffer?.dtype !== 'f32' && buffer?.dtype !== 'f64') continue
    for (let element = 0; element < buffer.length; element++) {
      const [is, should] = [readFloat(view, buffer, element), readFloat(wanted, buffer, element)]
      if (!Object.is(is, should)) return `argument ${arg}, element ${element}: ${is} instead of ${should}`
      // The bits of a NaN are not specified; its being one is.
      if (Number.isNaN(is)) writeElement(view, buffer, element, should)
      if (Number.isNaN(is)) writeElement(wanted, buffer, element, should)
    }
  }
  const should = new Uint8Array(expected)
  const at = bytes.findIndex((byte, index) => byte !== should[index])
  return at < 0 ? undefined : `byte ${at}: ${bytes[at]} instead of ${should[at]}`
}

/** Emits a program's function as WebAssembly for a memory that is not shared and has one page; `functionOperations`: in how small parts. */
export function emitForWasm(relaxedMadd: boolean, functionOperations?: number): Comparison['emit'] {
  return (program, memory) => {
    const code = emitWasm({
      kernels: [{ program, slabs: 0 }],
      memory: { shared: false, maximumPages: 1 },
      relaxedMadd,
      ...(functionOperations === undefined ? {} : { functionOperations }),
    })
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } })
    return exports.kernel0 as EmittedFunction
  }
}

function readFloat(view: DataView, { dtype, start }: Buffer, element: number): number {
  return dtype === 'f32' ? view.getFloat32(start + 4 * element, true) : view.getFloat64(start + 8 * element, true)
}

export function writeElement(view: DataView, { dtype, start }: Buffer, element: number, value: number): void {
  const at = start + element * bytesOf(dtype)
  if (dtype === 'f32') view.setFloat32(at, value, true)
  else if (dtype === 'f64') view.setFloat64(at, value, true)
  else if (bytesOf(dtype) === 4) view.setInt32(at, value, true)
  else view.setUint8(at, value)
}
