// Loads and stores: whole vectors, part of one, lane by lane at a step or at gathered addresses, narrow dtypes widened.

import { bytesOf, type DType } from '../../core/dtype.ts'
import type { Address, Op, Reg, RegType } from '../loop-program.ts'
import { checkedBytes, laneCount } from '../memory-checks.ts'
import type { Local } from './function-body.ts'
import type { KernelContext } from './kernel-context.ts'
import type { MemoryLaneOpcode } from './opcodes.ts'

type Load = Extract<Op, { kind: 'load' }>
type Store = Extract<Op, { kind: 'store' }>
type Splat = Extract<Op, { kind: 'splat' }>

const zeros = new Uint8Array(16)
const ones32 = new Uint8Array(new Int32Array([1, 1, 1, 1]).buffer)
/** Bytes 0, 4, 8, 12 to the front: the low byte of each i32 lane. */
const lowBytes = [0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12]

const loadLane: Readonly<Record<number, MemoryLaneOpcode>> = {
  1: 'v128.load8_lane',
  4: 'v128.load32_lane',
  8: 'v128.load64_lane',
}
const storeLane: Readonly<Record<number, MemoryLaneOpcode>> = {
  1: 'v128.store8_lane',
  2: 'v128.store16_lane',
  4: 'v128.store32_lane',
  8: 'v128.store64_lane',
}

export function emitLoad(context: KernelContext, { to, address, lanes, step = 1 }: Load): void {
  const { code } = context
  const bytes = checkedBytes(context, address, to)
  const count = laneCount(context, lanes)
  if (address.index !== undefined || step !== 1) {
    const value = context.temporary()
    code.v128(zeros).set(value)
    for (let lane = 0; lane < count; lane++) {
      const offset = pushLaneAddress(context, address, lane, step)
      code.get(value).memoryLane(opcodeFor(loadLane, bytes), offset, lane).set(value)
    }
    code.get(value)
  } else {
    const { pointer, offset } = context.place(address)
    code.get(context.pointer(pointer))
    const vectorBytes = bytes * context.lanes
    if (vectorBytes === 16) code.memory('v128.load', offset)
    else code.memory(vectorBytes === 8 ? 'v128.load64_zero' : 'v128.load32_zero', offset)
  }
  if (bytes === 1) code.op('i16x8.extend_low_i8x16_u').op('i32x4.extend_low_i16x8_u')
  code.set(context.register(to))
}

export function emitSplat(context: KernelContext, { to, address }: Splat): void {
  const { code } = context
  const bytes = checkedBytes(context, address, to)
  if (address.index !== undefined) throw context.invalid('a splat at gathered addresses; load the lanes instead')
  const { pointer, offset } = context.place(address)
  code.get(context.pointer(pointer))
  if (bytes === 1) code.memory('i32.load8_u', offset).op('i32x4.splat')
  else {
    // V8 folds no offset into such a load: it would keep a register for each offset all through a loop. An address added up here is short-lived.
    if (offset !== 0) code.i32(offset).op('i32.add')
    code.memory(bytes === 4 ? 'v128.load32_splat' : 'v128.load64_splat', 0)
  }
  code.set(context.register(to))
}

export function emitStore(context: KernelContext, { from, address, lanes, step = 1 }: Store): void {
  const { code } = context
  const bytes = checkedBytes(context, address, from)
  const count = laneCount(context, lanes)
  const dtype = context.argumentType(address)
  const byLane = address.index !== undefined || step !== 1
  const value = storedValue(context, from, dtype)
  if (byLane) {
    const register = bytesOfRegister[context.typeOf(from)]
    for (let lane = 0; lane < count; lane++) {
      const offset = pushLaneAddress(context, address, lane, step)
      code.get(value).memoryLane(opcodeFor(storeLane, bytes), offset, lane * (register / bytes))
    }
    return
  }
  const { pointer, offset } = context.place(address)
  const base = context.pointer(pointer)
  if (count * bytes === 16) {
    code.get(base).get(value).memory('v128.store', offset)
    return
  }
  const packed = bytes === 1 && count > 1 ? packedBytes(context, value) : value
  // The largest powers of two of whole elements, from the front.
  let done = 0
  for (let part = 8; part >= bytes; part /= 2) {
    if (part > count * bytes - done) continue
    code
      .get(base)
      .get(packed)
      .memoryLane(opcodeFor(storeLane, part), offset + done, done / part)
    done += part
  }
}

const bytesOfRegister: Readonly<Record<RegType, number>> = { i32: 4, f32: 4, f64: 8 }

/** The local that holds what goes to memory: bool becomes 0 or 1 (1 for any value but 0). */
function storedValue(context: KernelContext, from: Reg, dtype: DType): Local {
  if (dtype !== 'bool' && !context.isConstant(from)) return context.register(from)
  const value = context.temporary()
  if (dtype !== 'bool') context.push(from).set(value)
  else context.push(from).v128(zeros).op('i32x4.eq').v128(ones32).op('i32x4.add').set(value)
  return value
}

function packedBytes(context: KernelContext, value: Local): Local {
  const packed = context.temporary()
  context.code.get(value).get(value).shuffle(lowBytes).set(packed)
  return packed
}

/** Pushes the address of a lane; returns the offset that completes it in the memory instruction. */
function pushLaneAddress(context: KernelContext, address: Address, lane: number, step: number): number {
  const { code } = context
  const { pointer, offset } = context.place(address)
  const bytes = bytesOf(context.argumentType(address))
  code.get(context.pointer(pointer))
  if (address.index === undefined) return offset + lane * step * bytes
  // The pointer may lie below address 0 until the index is added, so all of the sum is done in 32 bits.
  const { reg, stride } = address.index
  if (context.typeOf(reg) !== 'i32') throw context.invalid(`register ${reg} is an index but not i32`)
  context.push(reg).lane('i32x4.extract_lane', lane)
  if (stride * bytes !== 1) code.i32(stride * bytes).op('i32.mul')
  code.op('i32.add')
  if (offset !== 0) code.i32(offset).op('i32.add')
  return 0
}

function opcodeFor(table: Readonly<Record<number, MemoryLaneOpcode>>, bytes: number): MemoryLaneOpcode {
  return table[bytes] as MemoryLaneOpcode
}
