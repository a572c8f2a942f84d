// A loop program as the sequence of its operations, each with a position, so that lifetimes are intervals of numbers.

import type { Loop, LoopProgram, Op, Reg, Statement } from './loop-program.ts'

export interface PlacedLoop {
  readonly loop: Loop
  /** Positions of the loop's head and of its end. */
  readonly start: number
  end: number
}

export interface PlacedOperation {
  readonly op: Op
  readonly position: number
  /** Operations of one block run one after another, with no loop's head or end between. */
  readonly block: number
  /** The loops around it, outermost first. */
  readonly loops: readonly PlacedLoop[]
}

/** Operations in the order in which they are emitted. Loops that never run are left out; loops that run once are their bodies. */
export function layOut(program: LoopProgram): readonly PlacedOperation[] {
  const operations: PlacedOperation[] = []
  let position = 0
  let block = 0
  const visit = (statements: readonly Statement[], loops: readonly PlacedLoop[]): void => {
    for (const statement of statements) {
      if (statement.kind !== 'loop') operations.push({ op: statement, position: position++, block, loops })
      else if (statement.extent === 1) visit(statement.body, loops)
      else if (statement.extent !== 0) {
        const placed: PlacedLoop = { loop: statement, start: position++, end: 0 }
        block++
        visit(statement.body, [...loops, placed])
        placed.end = position++
        block++
      }
    }
  }
  visit(program.body, [])
  return operations
}

/** Registers whose value the operation uses. */
export function readsOf(op: Op): readonly Reg[] {
  switch (op.kind) {
    case 'load':
      return op.address.index === undefined ? [] : [op.address.index.reg]
    case 'store':
      return op.address.index === undefined ? [op.from] : [op.from, op.address.index.reg]
    case 'move':
    case 'convert':
    case 'reinterpret':
      return [op.from]
    case 'unary':
    case 'shift':
      return [op.a]
    case 'binary':
    case 'lanes':
      return [op.a, op.b]
    case 'fma':
      return [op.a, op.b, op.c]
    case 'select':
      return [op.a, op.b, op.x, op.y]
    case 'fold':
      return op.parts
    default:
      return []
  }
}

export function writeOf(op: Op): Reg | undefined {
  return 'to' in op ? op.to : undefined
}
