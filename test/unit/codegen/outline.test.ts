// Large kernels in several functions: what may become one, and that nothing is lost. Random programs compare the results (random-program.test.ts).

import { expect, test } from 'vitest'
import type { Loop, Op, Statement } from '../../../src/codegen/loop-program.ts'
import { outline } from '../../../src/codegen/wasm/outline.ts'
import { exampleProgram } from './load-kernels.ts'

const address = (variable: number) => ({ arg: 0, offset: 0, terms: [[variable, 4]] as const })
/** Adds `amount` to what register `reg` reads from memory. */
const work = (variable: number, reg: number, amount: number): Op[] => [
  { kind: 'load', to: reg, address: address(variable) },
  { kind: 'binary', op: 'add', to: reg, a: reg, b: amount },
  { kind: 'store', from: reg, address: address(variable) },
]
const loop = (variable: number, body: readonly Statement[]): Loop => ({ kind: 'loop', variable, extent: 8, body })
const [slab, first, second] = [0, 1, 2]
const [constant, a, b, carried] = [0, 1, 2, 3]

function programOf(body: readonly Statement[]) {
  return exampleProgram({
    registers: Array(4).fill('f32'),
    body: [
      { kind: 'constant', to: constant, value: 2 },
      { kind: 'loop', variable: slab, extent: 'range', body },
    ],
  })
}

test('a kernel within the limit stays one function', () => {
  const program = programOf([loop(first, work(first, a, constant)), loop(second, work(second, b, constant))])
  const outlined = outline(program, 7)
  expect(outlined.parts.size).toBe(0)
  expect(outlined.program).toBe(program)
})

test('loops that share nothing but constants become functions of the loops around them', () => {
  const program = programOf([loop(first, work(first, a, constant)), loop(second, work(second, b, constant))])
  const { program: rest, parts } = outline(program, 5)
  expect([...parts.values()].map(({ given }) => given)).toEqual([[slab], [slab]])
  const range = rest.body.at(-1) as Loop
  expect(range.body.map((statement) => parts.has(statement))).toEqual([true, true])
})

test('a loop that hands a value on, or gets one, stays where it is', () => {
  const carrying = programOf([
    loop(first, [...work(first, a, constant), { kind: 'move', to: carried, from: a }]),
    loop(second, work(second, b, carried)),
  ])
  expect(outline(carrying, 5).parts.size).toBe(0)
})

test('a constant that is set again is a value like others', () => {
  const program = programOf([
    loop(first, [...work(first, a, constant), { kind: 'constant', to: constant, value: 3 }]),
    loop(second, work(second, b, constant)),
  ])
  expect(outline(program, 5).parts.size).toBe(0)
})
