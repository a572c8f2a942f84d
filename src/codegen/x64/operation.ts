// Which part of the emitter writes which operation.

import type { Op } from '../loop-program.ts'
import {
  emitBinary,
  emitConstant,
  emitFma,
  emitFold,
  emitIndex,
  emitMove,
  emitReinterpret,
  emitShift,
  emitUnary,
} from './arithmetic.ts'
import { emitConvert } from './conversion.ts'
import type { KernelContext } from './kernel-context.ts'
import { emitLoad, emitSplat, emitStore } from './memory-operations.ts'
import { emitLanes, emitSelect } from './selection.ts'

export function emitOperation(context: KernelContext, op: Op): void {
  switch (op.kind) {
    case 'load':
      emitLoad(context, op)
      break
    case 'splat':
      emitSplat(context, op)
      break
    case 'store':
      emitStore(context, op)
      break
    case 'constant':
      if (!context.isConstant(op.to)) emitConstant(context, op)
      break
    case 'index':
      emitIndex(context, op)
      break
    case 'move':
      context.sameType(op.to, op.from)
      emitMove(context, op)
      break
    case 'unary':
      emitUnary(context, op)
      break
    case 'binary':
      emitBinary(context, op)
      break
    case 'fma':
      emitFma(context, op)
      break
    case 'shift':
      emitShift(context, op)
      break
    case 'select':
      emitSelect(context, op)
      break
    case 'lanes':
      emitLanes(context, op)
      break
    case 'fold':
      emitFold(context, op)
      break
    case 'convert':
      emitConvert(context, op)
      break
    case 'reinterpret':
      emitReinterpret(context, op)
      break
    case 'fence':
      break
    case 'prefetch':
      context.code.prefetch(context.memory(op.address))
      break
  }
}
