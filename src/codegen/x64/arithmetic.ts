// Arithmetic of one vector: each operation of the loop program as x64 instructions.

import type { BinaryOp, LoopVar, Op, Reg, RegType, UnaryOp } from '../loop-program.ts'
import { isCommutative } from './folding.ts'
import type { VectorInstruction } from './instructions.ts'
import type { KernelContext } from './kernel-context.ts'
import { integerRegisters, isMemory, type Operand, type Register, type VectorWidth } from './operands.ts'
import { laneBytes } from './target.ts'

export type OpOf<Kind extends Op['kind']> = Extract<Op, { kind: Kind }>

const { rax, rcx } = integerRegisters

const logic = { and: 'vpand', or: 'vpor', xor: 'vpxor' } as const

const binaryInstructions: Readonly<Record<RegType, Readonly<Partial<Record<BinaryOp, VectorInstruction>>>>> = {
  f32: {
    add: 'vaddps',
    subtract: 'vsubps',
    multiply: 'vmulps',
    divide: 'vdivps',
    min: 'vminps',
    max: 'vmaxps',
    ...logic,
  },
  f64: {
    add: 'vaddpd',
    subtract: 'vsubpd',
    multiply: 'vmulpd',
    divide: 'vdivpd',
    min: 'vminpd',
    max: 'vmaxpd',
    ...logic,
  },
  i32: { add: 'vpaddd', subtract: 'vpsubd', multiply: 'vpmulld', min: 'vpminsd', max: 'vpmaxsd', ...logic },
}

/** Rounding without the inexact flag: 8 is to nearest even, 9 down, 10 up, 11 toward zero. */
const roundings: Readonly<Partial<Record<UnaryOp, number>>> = { nearest: 8, floor: 9, ceil: 10, trunc: 11 }

const shifts = {
  left: { type: 'i32', instruction: 'vpslld', bits: 32 },
  right: { type: 'i32', instruction: 'vpsrad', bits: 32 },
  rightUnsigned: { type: 'i32', instruction: 'vpsrld', bits: 32 },
  left64: { type: 'f64', instruction: 'vpsllq', bits: 64 },
  right64: { type: 'f64', instruction: 'vpsrlq', bits: 64 },
} as const

/** Sets a register to a value in all lanes. */
export function loadConstant(context: KernelContext, to: Register, type: RegType, value: number): void {
  if (Object.is(value, 0)) zero(context, to)
  else context.load(to, context.constant(type, value), type)
}

/** Writing 128 bits clears the rest. */
export function zero({ code }: KernelContext, to: Register): void {
  code.vector('vpxor', 16, [to, to, to])
}

export function emitConstant(context: KernelContext, { to, value }: OpOf<'constant'>): void {
  context.write(to, (register) => loadConstant(context, register, context.typeOf(to), value))
}

/** i32: offset + sum(variable * stride) + lane * step. */
export function emitIndex(context: KernelContext, op: OpOf<'index'>): void {
  const { code } = context
  if (context.typeOf(op.to) !== 'i32') throw context.invalid(`an index in register ${op.to}, which is not i32`)
  context.forgetPointer()
  code.moveImmediate(rax, op.offset)
  for (const [variable, stride] of context.addressing.liveTerms(op.terms)) {
    multiplyCounter(context, rcx, variable, stride)
    code.add(rax, rcx)
  }
  context.write(op.to, (to) => {
    code.vector('vmovd', 16, [to, rax])
    code.vector('vpbroadcastd', context.width('i32'), [to, to])
    if (op.step === 0) return
    const steps = context.vectorConstant(
      'i32',
      Array.from({ length: context.lanes }, (_, lane) => lane * op.step),
    )
    code.vector('vpaddd', context.width('i32'), [to, to, steps])
  })
}

function multiplyCounter(context: KernelContext, to: Register, variable: LoopVar, stride: number): void {
  context.code.multiply(to, context.counter(variable), stride)
}

export function emitMove(context: KernelContext, { to, from }: OpOf<'move' | 'reinterpret'>): void {
  const type = context.typeOf(to)
  context.write(to, (register) => {
    if (context.isZero(from)) zero(context, register)
    else context.load(register, context.source(from), type)
  })
}

export function emitReinterpret(context: KernelContext, op: OpOf<'reinterpret'>): void {
  const [from, to] = [context.typeOf(op.from), context.typeOf(op.to)]
  if (laneBytes[from] !== laneBytes[to]) throw context.invalid(`the bits of ${from} are not those of ${to}`)
  emitMove(context, op)
}

export function emitUnary(context: KernelContext, { to, op, a }: OpOf<'unary'>): void {
  const type = context.sameType(to, a)
  const width = context.width(type)
  const { code } = context
  const rounding = roundings[op]
  if (type === 'i32') {
    if (op === 'abs') context.write(to, (register) => code.vector('vpabsd', width, [register, context.source(a)]))
    else if (op === 'negate') {
      const none = context.scratch()
      zero(context, none)
      context.write(to, (register) => code.vector('vpsubd', width, [register, none, context.source(a)]))
    } else throw context.invalid(`${type} has no ${op}`)
  } else if (op === 'negate') {
    const signs = context.constant(type, -0)
    const value = context.inRegister(a)
    context.write(to, (register) => code.vector('vpxor', width, [register, value, signs]))
  } else if (op === 'abs') {
    const value = context.inRegister(a)
    context.write(to, (register) => code.vector('vpand', width, [register, value, absoluteMask(context, type)]))
  } else if (op === 'sqrt') {
    const instruction = type === 'f32' ? 'vsqrtps' : 'vsqrtpd'
    context.write(to, (register) => code.vector(instruction, width, [register, context.source(a)]))
  } else if (rounding !== undefined) {
    const instruction = type === 'f32' ? 'vroundps' : 'vroundpd'
    context.write(to, (register) =>
      code.vector(instruction, width, [register, context.source(a)], { immediate: rounding }),
    )
  }
}

/** All bits but the signs. */
function absoluteMask(context: KernelContext, type: 'f32' | 'f64'): Operand {
  const words = Array.from({ length: context.width(type) / 4 }, (_, word) =>
    type === 'f64' && word % 2 === 0 ? -1 : 0x7fffffff,
  )
  return { constant: context.code.constant(new Uint8Array(new Int32Array(words).buffer)) }
}

export function emitBinary(context: KernelContext, { to, op, a, b }: OpOf<'binary'>): void {
  const type = context.sameType(to, a, b)
  const instruction = binaryInstruction(context, type, op)
  // Memory comes second; an operation that commutes may change sides for it.
  const swap = isCommutative(op) && isMemory(context.source(a)) && !isMemory(context.source(b))
  const [first, second] = swap ? [b, a] : [a, b]
  const left = context.inRegister(first)
  context.write(to, (register) => {
    context.code.vector(instruction, context.width(type), [register, left, context.source(second)])
  })
}

function binaryInstruction(context: KernelContext, type: RegType, op: BinaryOp): VectorInstruction {
  const instruction = binaryInstructions[type][op]
  if (instruction === undefined) throw context.invalid(`${type} has no ${op}`)
  return instruction
}

/** to = a * b + c in the form whose destination already holds an operand, if there is one. */
export function emitFma(context: KernelContext, { to, a, b, c }: OpOf<'fma'>): void {
  const type = context.sameType(to, a, b, c)
  if (type === 'i32') throw context.invalid('i32 has no fma')
  const { code } = context
  const width = context.width(type)
  const suffix = type === 'f32' ? 'ps' : 'pd'
  context.write(to, (register) => {
    const held = context.source(c) === register
    const holdsA = !held && context.source(a) === register
    if (holdsA || (!held && context.source(b) === register)) {
      const other = holdsA ? b : a
      // The addend or the factor may be memory, not both.
      const factor = context.source(other)
      if (isMemory(factor)) code.vector(`vfmadd132${suffix}`, width, [register, context.inRegister(c), factor])
      else code.vector(`vfmadd213${suffix}`, width, [register, factor, context.source(c)])
      return
    }
    if (!held) {
      if (context.isZero(c)) zero(context, register)
      else context.load(register, context.source(c), type)
    }
    const [vector, operand] = isMemory(context.source(a)) ? [b, a] : [a, b]
    code.vector(`vfmadd231${suffix}`, width, [register, context.inRegister(vector), context.source(operand)])
  })
}

export function emitShift(context: KernelContext, { to, op, a, by }: OpOf<'shift'>): void {
  const { type, instruction, bits } = shifts[op]
  if (context.sameType(to, a) !== type) throw context.invalid(`shift ${op} of ${context.typeOf(a)}`)
  if (!Number.isInteger(by) || by < 0 || by >= bits) throw context.invalid(`a shift by ${by} of ${bits} bits`)
  const value = context.inRegister(a)
  context.write(to, (register) =>
    context.code.vector(instruction, context.width(type), [register, value], { immediate: by }),
  )
}

/** The upper half of a vector, whose half has so many bytes, to the front of `part`. */
function upperHalf({ code }: KernelContext, part: Register, value: Register, halfBytes: number): void {
  if (halfBytes === 32) code.vector('vextractf64x4', 64, [part, value], { immediate: 1 })
  else if (halfBytes === 16) code.vector('vextractf128', 32, [part, value], { immediate: 1 })
  else code.vector('vpermilps', 16, [part, value], { immediate: halfBytes === 8 ? 0b1110 : 0b0001 })
}

/** Halves combined, lane i with lane i + half: first between registers, then within the last one. */
export function emitFold(context: KernelContext, { to, op, parts }: OpOf<'fold'>): void {
  const type = context.sameType(to, ...parts)
  const { code, lanes } = context
  if (!Number.isInteger(Math.log2(parts.length))) throw context.invalid(`a fold of ${parts.length} registers`)
  const instruction = binaryInstruction(context, type, op)
  const bytes = laneBytes[type]
  const width = context.width(type)
  // Each level of the tree keeps one partial result.
  const levels = Array.from({ length: Math.log2(parts.length) }, () => context.scratch())
  const combine = (part: number, step: number, level: number): Register => {
    if (step === parts.length) return context.inRegister(parts[part] as Reg)
    const into = levels[level] as Register
    const left = combine(part, step * 2, level + 1)
    const kept = step * 2 === parts.length ? left : copied(left, into)
    code.vector(instruction, width, [into, kept, combine(part + step, step * 2, level + 1)])
    return into
  }
  const copied = (from: Register, into: Register): Register => {
    code.vector('vmovaps', width, [into, from])
    return into
  }
  let value = combine(0, 1, 0)
  const sum = levels[0] ?? context.scratch()
  const part = context.scratch()
  for (let half = lanes / 2; half >= 1; half /= 2) {
    const halfBytes = half * bytes
    upperHalf(context, part, value, halfBytes)
    code.vector(instruction, Math.max(16, halfBytes) as VectorWidth, [sum, value, part])
    value = sum
  }
  context.write(to, (register) => code.vector(bytes === 4 ? 'vbroadcastss' : 'vbroadcastsd', width, [register, value]))
}
