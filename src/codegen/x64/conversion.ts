// Conversions between register types. Float to i32 saturates and takes NaN to 0, which x64's own instruction does not.

import type { RegType } from '../loop-program.ts'
import type { OpOf } from './arithmetic.ts'
import type { VectorInstruction } from './instructions.ts'
import { comparisonMask, type KernelContext } from './kernel-context.ts'
import type { Register, VectorWidth } from './operands.ts'

const plain: Readonly<Record<RegType, Readonly<Partial<Record<RegType, VectorInstruction>>>>> = {
  i32: { f32: 'vcvtdq2ps', f64: 'vcvtdq2pd' },
  f32: { f64: 'vcvtps2pd' },
  f64: { f32: 'vcvtpd2ps' },
}

const ordered = 7
const greaterOrEqual = 0x1d
const largest = 2 ** 31 - 1

export function emitConvert(context: KernelContext, { to, from }: OpOf<'convert'>): void {
  const [source, target] = [context.typeOf(from), context.typeOf(to)]
  const width = Math.max(context.width(source), context.width(target)) as VectorWidth
  const instruction = plain[source][target]
  if (source === target) context.write(to, (register) => context.load(register, context.source(from), target))
  else if (instruction !== undefined) {
    context.write(to, (register) => context.code.vector(instruction, width, [register, context.source(from)]))
  } else if (source !== 'i32') emitTruncation(context, { kind: 'convert', to, from }, source)
}

/** NaN becomes 0 before it is converted; too large a number is cut to the largest (f64), or what it becomes is inverted (f32). */
function emitTruncation(context: KernelContext, { to, from }: OpOf<'convert'>, type: 'f32' | 'f64'): void {
  const { code } = context
  const width = context.width(type)
  const value = context.scratch()
  numbersOnly(context, value, context.inRegister(from), type)
  if (type === 'f64') {
    code.vector('vminpd', width, [value, value, context.constant('f64', largest)])
    context.write(to, (register) => code.vector('vcvttpd2dq', width, [register, value]))
    return
  }
  // 2^31 and more give 0x80000000, the inverse of the largest number.
  const limit = context.constant('f32', 2 ** 31)
  if (context.set === 'avx512') {
    code.vector('vcmppsMask', width, [comparisonMask, value, limit], { immediate: greaterOrEqual })
    code.vector('vcvttps2dq', width, [value, value])
    const ones = context.constant('i32', largest)
    context.write(to, (register) => code.vector('vblendmps', width, [register, value, ones], { mask: comparisonMask }))
    return
  }
  const large = context.scratch()
  code.vector('vcmpps', width, [large, value, limit], { immediate: greaterOrEqual })
  code.vector('vcvttps2dq', width, [value, value])
  context.write(to, (register) => code.vector('vpxor', width, [register, value, large]))
}

/** Copies a vector, with 0 for NaN. */
function numbersOnly(context: KernelContext, to: Register, from: Register, type: 'f32' | 'f64'): void {
  const { code } = context
  const width = context.width(type)
  if (context.set === 'avx512') {
    const [compare, move] = type === 'f32' ? (['vcmppsMask', 'vmovaps'] as const) : (['vcmppdMask', 'vmovapd'] as const)
    code.vector(compare, width, [comparisonMask, from, from], { immediate: ordered })
    code.vector(move, width, [to, from], { mask: comparisonMask, zeroing: true })
    return
  }
  code.vector(type === 'f32' ? 'vcmpps' : 'vcmppd', width, [to, from, from], { immediate: ordered })
  code.vector('vpand', width, [to, to, from])
}
