// Arithmetic of one vector: each operation of the loop program as WebAssembly SIMD instructions.

import type { BinaryOp, Comparison, LoopVar, Op, Reg, RegType, UnaryOp } from '../loop-program.ts'
import type { Local } from './function-body.ts'
import type { KernelContext } from './kernel-context.ts'
import type { PlainOpcode } from './opcodes.ts'

type OpOf<Kind extends Op['kind']> = Extract<Op, { kind: Kind }>

const unaryOpcodes: Readonly<Record<RegType, Readonly<Partial<Record<UnaryOp, PlainOpcode>>>>> = {
  f32: {
    negate: 'f32x4.neg',
    abs: 'f32x4.abs',
    sqrt: 'f32x4.sqrt',
    floor: 'f32x4.floor',
    ceil: 'f32x4.ceil',
    trunc: 'f32x4.trunc',
    nearest: 'f32x4.nearest',
  },
  f64: {
    negate: 'f64x2.neg',
    abs: 'f64x2.abs',
    sqrt: 'f64x2.sqrt',
    floor: 'f64x2.floor',
    ceil: 'f64x2.ceil',
    trunc: 'f64x2.trunc',
    nearest: 'f64x2.nearest',
  },
  i32: { negate: 'i32x4.neg', abs: 'i32x4.abs' },
}

const logic = { and: 'v128.and', or: 'v128.or', xor: 'v128.xor' } as const

const binaryOpcodes: Readonly<Record<RegType, Readonly<Partial<Record<BinaryOp, PlainOpcode>>>>> = {
  f32: {
    add: 'f32x4.add',
    subtract: 'f32x4.sub',
    multiply: 'f32x4.mul',
    divide: 'f32x4.div',
    min: 'f32x4.pmin',
    max: 'f32x4.pmax',
    ...logic,
  },
  f64: {
    add: 'f64x2.add',
    subtract: 'f64x2.sub',
    multiply: 'f64x2.mul',
    divide: 'f64x2.div',
    min: 'f64x2.pmin',
    max: 'f64x2.pmax',
    ...logic,
  },
  i32: {
    add: 'i32x4.add',
    subtract: 'i32x4.sub',
    multiply: 'i32x4.mul',
    min: 'i32x4.min_s',
    max: 'i32x4.max_s',
    ...logic,
  },
}

const comparisonOpcodes: Readonly<Record<RegType, Readonly<Partial<Record<Comparison, PlainOpcode>>>>> = {
  f32: { less: 'f32x4.lt', lessEqual: 'f32x4.le', equal: 'f32x4.eq', notEqual: 'f32x4.ne' },
  f64: { less: 'f64x2.lt', lessEqual: 'f64x2.le', equal: 'f64x2.eq', notEqual: 'f64x2.ne' },
  i32: {
    less: 'i32x4.lt_s',
    lessEqual: 'i32x4.le_s',
    equal: 'i32x4.eq',
    notEqual: 'i32x4.ne',
    lessUnsigned: 'i32x4.lt_u',
  },
}

const shiftOpcodes = {
  left: { type: 'i32', opcode: 'i32x4.shl', bits: 32 },
  right: { type: 'i32', opcode: 'i32x4.shr_s', bits: 32 },
  rightUnsigned: { type: 'i32', opcode: 'i32x4.shr_u', bits: 32 },
  left64: { type: 'f64', opcode: 'i64x2.shl', bits: 64 },
  right64: { type: 'f64', opcode: 'i64x2.shr_u', bits: 64 },
} as const

const conversions: Readonly<Record<RegType, Readonly<Record<RegType, PlainOpcode | undefined>>>> = {
  i32: { i32: undefined, f32: 'f32x4.convert_i32x4_s', f64: 'f64x2.convert_low_i32x4_s' },
  f32: { i32: 'i32x4.trunc_sat_f32x4_s', f32: undefined, f64: 'f64x2.promote_low_f32x4' },
  f64: { i32: 'i32x4.trunc_sat_f64x2_s_zero', f32: 'f32x4.demote_f64x2_zero', f64: undefined },
}

const laneBytes: Readonly<Record<RegType, number>> = { i32: 4, f32: 4, f64: 8 }

/** A register that is never set again is no local: its uses write the constant. */
export function emitConstant(context: KernelContext, { to, value }: OpOf<'constant'>): void {
  if (!context.isConstant(to)) context.pushConstant(to, value).set(context.register(to))
}

/** i32: offset + sum(variable * stride) + lane * step. `counter` is the local that holds a variable. */
export function emitIndex(context: KernelContext, op: OpOf<'index'>, counter: (variable: LoopVar) => Local): void {
  const { code } = context
  code.i32(op.offset)
  for (const [loop, stride] of context.addressing.liveTerms(op.terms)) {
    code.get(counter(loop)).i32(stride).op('i32.mul').op('i32.add')
  }
  code.op('i32x4.splat')
  if (op.step !== 0) {
    const steps = Int32Array.from({ length: 4 }, (_, lane) => lane * op.step)
    code.v128(new Uint8Array(steps.buffer)).op('i32x4.add')
  }
  code.set(context.register(op.to))
}

export function emitMove(context: KernelContext, { to, from }: OpOf<'move' | 'reinterpret'>): void {
  context.push(from).set(context.register(to))
}

export function emitReinterpret(context: KernelContext, op: OpOf<'reinterpret'>): void {
  const [from, to] = [context.typeOf(op.from), context.typeOf(op.to)]
  if (laneBytes[from] !== laneBytes[to]) throw context.invalid(`the bits of ${from} are not those of ${to}`)
  emitMove(context, op)
}

export function emitConvert(context: KernelContext, { to, from }: OpOf<'convert'>): void {
  const opcode = conversions[context.typeOf(from)][context.typeOf(to)]
  context.push(from)
  if (opcode !== undefined) context.code.op(opcode)
  context.code.set(context.register(to))
}

export function emitUnary(context: KernelContext, { to, op, a }: OpOf<'unary'>): void {
  const type = context.sameType(to, a)
  const opcode = unaryOpcodes[type][op]
  if (opcode === undefined) throw context.invalid(`${type} has no ${op}`)
  context.push(a).op(opcode).set(context.register(to))
}

export function emitBinary(context: KernelContext, { to, op, a, b }: OpOf<'binary'>): void {
  const type = context.sameType(to, a, b)
  const { code } = context
  writeBinary(
    context,
    op,
    type,
    () => context.push(a),
    () => context.push(b),
  )
  code.set(context.register(to))
}

/**
 * Pushes op(a, b). pmax(p, q) is p < q ? q : p, so pmax(b, a) is a > b ? a : b: x64's rule for NaN and -0. The same holds for
 * pmin, and for integers the order is nothing.
 */
function writeBinary(context: KernelContext, op: BinaryOp, type: RegType, pushA: () => void, pushB: () => void): void {
  const opcode = binaryOpcodes[type][op]
  if (opcode === undefined) throw context.invalid(`${type} has no ${op}`)
  const swapped = op === 'min' || op === 'max'
  if (swapped) pushB()
  pushA()
  if (!swapped) pushB()
  context.code.op(opcode)
}

export function emitFma(context: KernelContext, { to, a, b, c }: OpOf<'fma'>): void {
  const type = context.sameType(to, a, b, c)
  if (type === 'i32') throw context.invalid('i32 has no fma')
  const vector = type === 'f32' ? 'f32x4' : 'f64x2'
  const { code } = context
  context.push(a, b)
  if (context.relaxed) context.push(c).op(`${vector}.relaxed_madd`)
  else {
    code.op(`${vector}.mul`)
    context.push(c).op(`${vector}.add`)
  }
  code.set(context.register(to))
}

export function emitShift(context: KernelContext, { to, op, a, by }: OpOf<'shift'>): void {
  const { type, opcode, bits } = shiftOpcodes[op]
  if (context.sameType(to, a) !== type) throw context.invalid(`shift ${op} of ${context.typeOf(a)}`)
  if (!Number.isInteger(by) || by < 0 || by >= bits) throw context.invalid(`a shift by ${by} of ${bits} bits`)
  context.push(a).i32(by).op(opcode).set(context.register(to))
}

export function emitSelect(context: KernelContext, { to, compare, a, b, x, y }: OpOf<'select'>): void {
  const { code } = context
  const compared = context.sameType(a, b)
  const selected = context.sameType(to, x, y)
  const opcode = comparisonOpcodes[compared][compare]
  if (opcode === undefined) throw context.invalid(`${compared} has no ${compare}`)
  const [wide, narrow] = [laneBytes[compared], laneBytes[selected]]
  context.push(x, y, a, b).op(opcode)
  if (wide < narrow) code.op('i64x2.extend_low_i32x4_s')
  else if (wide > narrow) {
    const mask = context.temporary()
    code
      .tee(mask)
      .get(mask)
      .shuffle(shuffleOf(4, [0, 2, 0, 2]))
  }
  if (!context.relaxed) code.op('v128.bitselect')
  else code.op(narrow === 4 ? 'i32x4.relaxed_laneselect' : 'i64x2.relaxed_laneselect')
  code.set(context.register(to))
}

/** lane < n ? a : b. */
export function emitLanes(context: KernelContext, { to, a, b, n }: OpOf<'lanes'>): void {
  const bytes = laneBytes[context.sameType(to, a, b)]
  const sources = Array.from({ length: 16 / bytes }, (_, lane) => (lane < n ? lane : lane + 16 / bytes))
  context.push(a, b).shuffle(shuffleOf(bytes, sources)).set(context.register(to))
}

/** Halves combined, lane i with lane i + half: first between registers, then within the last one. */
export function emitFold(context: KernelContext, { to, op, parts }: OpOf<'fold'>): void {
  const { code, lanes } = context
  const type = context.sameType(to, ...parts)
  const bytes = laneBytes[type]
  if (!Number.isInteger(Math.log2(parts.length))) throw context.invalid(`a fold of ${parts.length} registers`)
  const push = (part: number, width: number): void => {
    if (width === parts.length) context.push(parts[part] as Reg)
    else
      writeBinary(
        context,
        op,
        type,
        () => push(part, width * 2),
        () => push(part + width, width * 2),
      )
  }
  push(0, 1)
  const value = context.temporary()
  code.set(value)
  for (let half = lanes / 2; half >= 1; half /= 2) {
    const upper = Array.from({ length: 16 / bytes }, (_, lane) => half + (lane % half))
    writeBinary(
      context,
      op,
      type,
      () => code.get(value),
      () => code.get(value).get(value).shuffle(shuffleOf(bytes, upper)),
    )
    code.set(value)
  }
  const first = Array.from({ length: 16 / bytes }, () => 0)
  code.get(value).get(value).shuffle(shuffleOf(bytes, first)).set(context.register(to))
}

/** Byte sources of a shuffle of whole lanes. */
function shuffleOf(bytes: number, lanes: readonly number[]): number[] {
  return lanes.flatMap((lane) => Array.from({ length: bytes }, (_, byte) => lane * bytes + byte))
}
