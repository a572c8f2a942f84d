// Large kernels in several functions: V8 gives a function of more than some thousand values an allocator of registers that keeps them in memory.

import { layOut, readsOf, writeOf } from '../layout.ts'
import { findLifetimes } from '../lifetimes.ts'
import type { Loop, LoopProgram, LoopVar, Op, Reg, Statement } from '../loop-program.ts'

/** Operations that a function has at most, where it can be divided, and the part of them that is worth a function. */
export const mostOperations = 2500
const leastPart = 1 / 50

/** A loop as a function of its own. */
export interface Part {
  /** The loop, and around it those that run it: their variables are the function's parameters, outermost first. */
  readonly program: LoopProgram
  readonly given: readonly LoopVar[]
}

/** A program, and the parts that it calls. */
export interface Outlined {
  /** The program with calls in the place of parts: loops that never run. */
  readonly program: LoopProgram
  readonly parts: ReadonlyMap<Statement, Part>
}

/** Takes loops out of a program of more than `most` operations, as few and large ones as go. */
export function outline(program: LoopProgram, most: number): Outlined {
  const sizes = new Map<Statement, number>()
  const parts = new Map<Statement, Part>()
  if (sizeOf(program.body, sizes) <= most) return { program, parts }
  const touches = touchesOf(program.body)
  const { constantValues } = findLifetimes(layOut(program))
  const definitions = program.body.filter(
    (statement) => statement.kind === 'constant' && constantValues.has(statement.to),
  )
  // All that touches a value is inside, or the value is a constant that the part defines again.
  const constants = new Set(definitions.map((definition) => writeOf(definition as Op)))
  const isClosed = (loop: Loop): boolean => {
    for (const [reg, count] of touchesOf(loop.body)) if (!constants.has(reg) && touches.get(reg) !== count) return false
    return true
  }
  const visit = (statements: readonly Statement[], around: readonly Loop[]): Statement[] =>
    statements.map((statement) => {
      if (statement.kind !== 'loop') return statement
      const size = sizes.get(statement) as number
      if (statement.extent === 'range' || size > most)
        return { ...statement, body: visit(statement.body, [...around, statement]) }
      if (size < leastPart * most || !isClosed(statement)) return statement
      const call: Loop = { kind: 'loop', variable: statement.variable, extent: 0, body: [] }
      const body = around.reduceRight<Statement>((inner, loop) => ({ ...loop, body: [inner] }), statement)
      const running = around.filter(({ extent }) => extent !== 1)
      parts.set(call, {
        program: { ...program, body: [...definitions, body] },
        given: running.map(({ variable }) => variable),
      })
      return call
    })
  return { program: { ...program, body: visit(program.body, []) }, parts }
}

/** Operations of statements; `sizes` learns those of every loop. */
function sizeOf(statements: readonly Statement[], sizes: Map<Statement, number>): number {
  let sum = 0
  for (const statement of statements) {
    const size = statement.kind === 'loop' ? sizeOf(statement.body, sizes) : 1
    sizes.set(statement, size)
    sum += size
  }
  return sum
}

/** How often each register is read or written. */
function touchesOf(statements: readonly Statement[], touches: Map<Reg, number> = new Map()): Map<Reg, number> {
  const touch = (reg: Reg): void => {
    touches.set(reg, (touches.get(reg) ?? 0) + 1)
  }
  for (const statement of statements) {
    if (statement.kind === 'loop') touchesOf(statement.body, touches)
    else touchesOfOperation(statement, touch)
  }
  return touches
}

function touchesOfOperation(op: Op, touch: (reg: Reg) => void): void {
  for (const reg of readsOf(op)) touch(reg)
  const to = writeOf(op)
  if (to !== undefined) touch(to)
}
