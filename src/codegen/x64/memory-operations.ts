// Loads and stores: whole vectors, part of one, lane by lane at a step or at gathered addresses, narrow dtypes widened.

import { bytesOf, type DType } from '../../core/dtype.ts'
import type { Address, Reg } from '../loop-program.ts'
import { checkedBytes, laneCount } from '../memory-checks.ts'
import type { OpOf } from './arithmetic.ts'
import type { KernelContext } from './kernel-context.ts'
import { type BaseMemory, integerRegisters, type Register, type VectorWidth } from './operands.ts'
import { laneBytes } from './target.ts'

const { rcx, rdx } = integerRegisters

/** Moves byte 0 of each 4-byte lane to the front of its half of the vector. */
const lowBytes = [0, 4, 8, 12, ...Array<number>(12).fill(0x80)]

export function emitLoad(context: KernelContext, { to, address, lanes, step = 1 }: OpOf<'load'>): void {
  const bytes = checkedBytes(context, address, to)
  const count = laneCount(context, lanes)
  if (context.isFolded(to)) return
  const width = context.width(context.typeOf(to))
  if (address.index === undefined && step === 1) {
    // A part of a vector reads beyond it: buffers have readable bytes behind them.
    const memory = context.memory(address)
    context.write(to, (register) =>
      context.code.vector(bytes === 1 ? 'vpmovzxbd' : 'vmovups', width, [register, memory]),
    )
    return
  }
  const laneMemory = laneAddresses(context, address, step)
  const value = context.scratch()
  if (bytes === 1) gatherBytes(context, value, count, laneMemory)
  else gatherLanes(context, value, count, bytes, laneMemory)
  context.write(to, (register) => {
    if (bytes === 1) context.code.vector('vpmovzxbd', width, [register, value])
    else context.load(register, value, context.typeOf(to))
  })
}

type LaneAddress = (lane: number) => BaseMemory

/** Reads bytes into the lowest lanes of an xmm. */
function gatherBytes(context: KernelContext, value: Register, count: number, at: LaneAddress): void {
  for (let lane = 0; lane < count; lane++) {
    context.code.vector('vpinsrb', 16, [value, value, at(lane)], { immediate: lane })
  }
}

/** Reads lanes of 4 or 8 bytes: 16 bytes at a time, joined by inserts. */
function gatherLanes(context: KernelContext, value: Register, count: number, bytes: number, at: LaneAddress): void {
  const { code } = context
  const perPart = 16 / bytes
  const parts = Math.ceil(count / perPart)
  const gatherPart = (part: Register, number: number): void => {
    const first = number * perPart
    code.vector(bytes === 4 ? 'vmovss' : 'vmovsd', 16, [part, at(first)])
    for (let lane = 1; lane < Math.min(perPart, count - first); lane++) {
      if (bytes === 8) code.vector('vmovhps', 16, [part, part, at(first + lane)])
      else code.vector('vinsertps', 16, [part, part, at(first + lane)], { immediate: lane << 4 })
    }
  }
  if (parts === 0) return
  gatherPart(value, 0)
  if (parts === 1) return
  const part = context.scratch()
  const width: VectorWidth = parts > 2 ? 64 : 32
  for (let number = 1; number < parts; number++) {
    gatherPart(part, number)
    code.vector('vinsertf128', width, [value, value, part], { immediate: number })
  }
}

/** Memory of each lane; lanes of an index pass through the frame, and each goes through rcx. */
function laneAddresses(context: KernelContext, address: Address, step: number): LaneAddress {
  const { code, frame } = context
  if (address.index === undefined) return (lane) => context.memory(address, lane * step)
  const { reg, stride } = address.index
  if (context.typeOf(reg) !== 'i32') throw context.invalid(`register ${reg} is an index but not i32`)
  code.vector('vmovupsStore', context.width('i32'), [frame.buffer(0), context.inRegister(reg)])
  const bytes = bytesOf(context.argumentType(address)) * stride
  const start = context.memory(address)
  return (lane) => {
    code.moveSigned32(rcx, frame.buffer(0, 4 * lane))
    if (bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8) return { ...start, index: rcx, scale: bytes }
    code.multiply(rcx, rcx, bytes)
    return { ...start, index: rcx }
  }
}

export function emitSplat(context: KernelContext, { to, address }: OpOf<'splat'>): void {
  const bytes = checkedBytes(context, address, to)
  if (address.index !== undefined) throw context.invalid('a splat at gathered addresses; load the lanes instead')
  if (context.isFolded(to)) return
  const { code } = context
  const width = context.width(context.typeOf(to))
  const memory = context.memory(address)
  context.write(to, (register) => {
    if (bytes === 1) {
      code.moveByte(rcx, memory)
      code.vector('vmovd', 16, [register, rcx])
      code.vector('vpbroadcastd', width, [register, register])
    } else code.vector(bytes === 4 ? 'vbroadcastss' : 'vbroadcastsd', width, [register, memory])
  })
}

export function emitStore(context: KernelContext, { from, address, lanes, step = 1 }: OpOf<'store'>): void {
  const bytes = checkedBytes(context, address, from)
  const count = laneCount(context, lanes)
  if (count === 0) return
  const value = storedValue(context, from, context.argumentType(address))
  if (address.index !== undefined || step !== 1) storeByLane(context, value, { from, address, step, count, bytes })
  else if (bytes === 1) storeBytes(context, value, context.memory(address), count)
  else storeVector(context, value, context.memory(address), { count, bytes })
}

/** What goes to memory: bool becomes 0 or 1 (1 for any value but 0). */
function storedValue(context: KernelContext, from: Reg, dtype: DType): Register {
  const register = context.inRegister(from)
  if (dtype !== 'bool') return register
  const value = context.scratch()
  context.code.vector('vpminud', context.width('i32'), [value, register, context.constant('i32', 1)])
  return value
}

interface LaneStore {
  readonly from: Reg
  readonly address: Address
  readonly step: number
  readonly count: number
  readonly bytes: number
}

/** Lane by lane in ascending order, through the frame and rdx. */
function storeByLane(context: KernelContext, value: Register, { from, address, step, count, bytes }: LaneStore): void {
  const { code, frame } = context
  const type = context.typeOf(from)
  code.vector('vmovupsStore', context.width(type), [frame.buffer(1), value])
  const at = laneAddresses(context, address, step)
  for (let lane = 0; lane < count; lane++) {
    const memory = at(lane)
    const held = frame.buffer(1, laneBytes[type] * lane)
    if (bytes === 8) code.move(rdx, held)
    else code.move32(rdx, held)
    if (bytes === 8) code.store(memory, rdx)
    else if (bytes === 4) code.store32(memory, rdx)
    else code.store8(memory, rdx)
  }
}

/** Bytes of 4-byte lanes, one each. */
function storeBytes(context: KernelContext, value: Register, memory: BaseMemory, count: number): void {
  const { code, lanes } = context
  const width = context.width('i32')
  if (context.set === 'avx512') {
    const mask = count === lanes ? 0 : context.laneMask(count)
    code.vector('vpmovdb', width, [memory, value], { mask })
    return
  }
  const packed = context.scratch()
  const order = new Uint8Array(width).map((_, byte) => lowBytes[byte % 16] as number)
  code.vector('vpshufb', width, [packed, value, { constant: code.constant(order) }])
  // Each half of the vector holds four bytes at its front.
  for (let first = 0; first < count; first += 4) {
    if (first > 0) code.vector('vextractf128', 32, [packed, packed], { immediate: 1 })
    const rest = Math.min(4, count - first)
    if (rest === 4) code.vector('vmovdStore', 16, [shifted(memory, first), packed])
    else
      for (let byte = 0; byte < rest; byte++) {
        code.vector('vpextrb', 16, [shifted(memory, first + byte), packed], { immediate: byte })
      }
  }
}

/** A vector or its first lanes: under a mask, or under AVX2 in parts of 16, 8 and 4 bytes (vmaskmovps is microcode on AMD). */
function storeVector(
  context: KernelContext,
  value: Register,
  memory: BaseMemory,
  { count, bytes }: { readonly count: number; readonly bytes: number },
): void {
  const { code, lanes } = context
  const width = (lanes * bytes) as VectorWidth
  if (count === lanes) {
    code.vector('vmovupsStore', width, [memory, value])
    return
  }
  if (context.set === 'avx512') {
    code.vector(bytes === 4 ? 'vmovupsStore' : 'vmovupdStore', width, [memory, value], {
      mask: context.laneMask(count),
    })
    return
  }
  let rest = count * bytes
  let part = value
  let done = 0
  if (rest >= 16) {
    code.vector('vmovupsStore', 16, [memory, part])
    done = 16
    rest -= 16
    if (rest > 0) {
      part = context.scratch()
      code.vector('vextractf128', 32, [part, value], { immediate: 1 })
    }
  }
  if (rest >= 8) code.vector('vmovlpsStore', 16, [shifted(memory, done), part])
  if (rest % 8 === 0) return
  if (rest < 8) code.vector('vmovssStore', 16, [shifted(memory, done), part])
  else code.vector('vextractps', 16, [shifted(memory, done + 8), part], { immediate: 2 })
}

function shifted(memory: BaseMemory, bytes: number): BaseMemory {
  return { ...memory, displacement: memory.displacement + bytes }
}
