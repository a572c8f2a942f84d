// Comparisons with their selection, and selection by lane number: blends by vectors under AVX2, by mask registers under AVX-512.

import type { Comparison, RegType } from '../loop-program.ts'
import type { OpOf } from './arithmetic.ts'
import { comparisonMask, type KernelContext } from './kernel-context.ts'
import type { Register } from './operands.ts'
import { laneBytes } from './target.ts'

/** Quiet predicates of vcmpps: ordered, but not-equal, which is true for NaN. */
const floatPredicates: Readonly<Partial<Record<Comparison, number>>> = {
  less: 0x11,
  lessEqual: 0x12,
  equal: 0x00,
  notEqual: 0x04,
}

const integerPredicates: Readonly<Record<Comparison, number>> = {
  less: 1,
  lessEqual: 2,
  equal: 0,
  notEqual: 4,
  lessUnsigned: 1,
}

/** compare(a, b) ? x : y. */
export function emitSelect(context: KernelContext, op: OpOf<'select'>): void {
  const compared = context.sameType(op.a, op.b)
  const selected = context.sameType(op.to, op.x, op.y)
  if (compared !== 'i32' && floatPredicates[op.compare] === undefined) {
    throw context.invalid(`${compared} has no ${op.compare}`)
  }
  if (context.set === 'avx512') selectByMask(context, op, compared, selected)
  else selectByVector(context, op, compared, selected)
}

function selectByMask(context: KernelContext, op: OpOf<'select'>, compared: RegType, selected: RegType): void {
  const { code } = context
  const a = context.inRegister(op.a)
  const operands = [comparisonMask, a, context.source(op.b)]
  const width = context.width(compared)
  if (compared === 'i32') {
    const immediate = integerPredicates[op.compare]
    code.vector(op.compare === 'lessUnsigned' ? 'vpcmpud' : 'vpcmpd', width, operands, { immediate })
  } else {
    const immediate = floatPredicates[op.compare] ?? 0
    code.vector(compared === 'f32' ? 'vcmppsMask' : 'vcmppdMask', width, operands, { immediate })
  }
  const y = context.inRegister(op.y)
  context.write(op.to, (to) => {
    const blend = laneBytes[selected] === 4 ? 'vblendmps' : 'vblendmpd'
    code.vector(blend, context.width(selected), [to, y, context.source(op.x)], { mask: comparisonMask })
  })
}

function selectByVector(context: KernelContext, op: OpOf<'select'>, compared: RegType, selected: RegType): void {
  const { code } = context
  const mask = context.scratch()
  const opposite = compareIntoVector(context, op, compared, mask)
  matchWidths(context, mask, laneBytes[compared], laneBytes[selected])
  const [chosen, other] = opposite ? [op.y, op.x] : [op.x, op.y]
  const otherwise = context.inRegister(other)
  context.write(op.to, (to) => {
    const blend = laneBytes[selected] === 4 ? 'vblendvps' : 'vblendvpd'
    code.vector(blend, context.width(selected), [to, otherwise, context.source(chosen), mask])
  })
}

/** Fills `mask` with all ones where the comparison holds; true is returned when where it does not. */
function compareIntoVector(
  context: KernelContext,
  { compare, a, b }: OpOf<'select'>,
  type: RegType,
  mask: Register,
): boolean {
  const { code } = context
  const width = context.width(type)
  if (type !== 'i32') {
    const immediate = floatPredicates[compare] ?? 0
    const left = context.inRegister(a)
    code.vector(type === 'f32' ? 'vcmpps' : 'vcmppd', width, [mask, left, context.source(b)], { immediate })
    return false
  }
  switch (compare) {
    case 'less':
      code.vector('vpcmpgtd', width, [mask, context.inRegister(b), context.source(a)])
      return false
    case 'lessEqual':
      code.vector('vpcmpgtd', width, [mask, context.inRegister(a), context.source(b)])
      return true
    case 'lessUnsigned': {
      // The larger of both is a, unless a is less.
      const left = context.inRegister(a)
      code.vector('vpmaxud', width, [mask, left, context.source(b)])
      code.vector('vpcmpeqd', width, [mask, mask, left])
      return true
    }
    default:
      code.vector('vpcmpeqd', width, [mask, context.inRegister(a), context.source(b)])
      return compare === 'notEqual'
  }
}

/** Lanes of all ones or zeros, from 4 bytes to 8 or back; only programs with 8-byte lanes mix them, so 4-byte ones fill an xmm. */
function matchWidths(context: KernelContext, mask: Register, from: 4 | 8, to: 4 | 8): void {
  const { code } = context
  if (from < to) code.vector('vpmovsxdq', 32, [mask, mask])
  else if (from > to) {
    const upper = context.scratch()
    code.vector('vextractf128', 32, [upper, mask], { immediate: 1 })
    // Words 0 and 2 of both halves.
    code.vector('vshufps', 16, [mask, mask, upper], { immediate: 0b10_00_10_00 })
  }
}

/** lane < n ? a : b. */
export function emitLanes(context: KernelContext, { to, a, b, n }: OpOf<'lanes'>): void {
  const type = context.sameType(to, a, b)
  const { code, lanes } = context
  const width = context.width(type)
  if (!Number.isInteger(n) || n <= 0 || n >= lanes) {
    context.write(to, (register) => context.load(register, context.source(n > 0 ? a : b), type))
    return
  }
  if (context.set === 'avx512') {
    const mask = context.laneMask(n)
    const second = context.inRegister(b)
    context.write(to, (register) => {
      const blend = laneBytes[type] === 4 ? 'vblendmps' : 'vblendmpd'
      code.vector(blend, width, [register, second, context.source(a)], { mask })
    })
    return
  }
  const first = context.inRegister(a)
  context.write(to, (register) => {
    const immediate = (2 ** lanes - 1) & ~(2 ** n - 1)
    const blend = laneBytes[type] === 4 ? 'vblendps' : 'vblendpd'
    code.vector(blend, width, [register, first, context.source(b)], { immediate })
  })
}
