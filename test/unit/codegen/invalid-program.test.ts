// Loop programs that break the rules of their type are refused, and the message names kernel and rule.

import { describe, expect, test } from 'vitest'
import type { LoopProgram, Statement } from '../../../src/codegen/loop-program.ts'
import { load, exampleProgram as program } from './load-kernels.ts'

describe('a program that breaks the rules is refused in one sentence', () => {
  const address = { arg: 0, offset: 0, terms: [] }
  const loop = (variable: number, ...body: Statement[]): Statement => ({ kind: 'loop', variable, extent: 2, body })
  const range = (variable: number): Statement => ({ kind: 'loop', variable, extent: 'range', body: [] })
  const cases: readonly [string, Partial<LoopProgram> & { body: readonly Statement[] }, string][] = [
    [
      'i32 divides',
      { registers: ['i32'], body: [{ kind: 'binary', op: 'divide', to: 0, a: 0, b: 0 }] },
      'i32 has no divide',
    ],
    ['i32 fma', { registers: ['i32'], body: [{ kind: 'fma', to: 0, a: 0, b: 0, c: 0 }] }, 'i32 has no fma'],
    [
      'mixed types',
      { registers: ['f32', 'i32'], body: [{ kind: 'move', to: 0, from: 1 }] },
      'operands of types f32 and i32',
    ],
    ['an unknown register', { body: [{ kind: 'unary', op: 'abs', to: 0, a: 5 }] }, 'register 5 has no type'],
    [
      'memory of another type',
      { registers: ['i32'], body: [{ kind: 'load', to: 0, address }] },
      'register 0 of type i32 meets memory of f32',
    ],
    [
      'an undeclared row',
      { body: [{ kind: 'load', to: 0, address: { ...address, arg: 9 } }] },
      'argument 9 has no dtype',
    ],
    [
      'a free variable',
      { body: [{ kind: 'load', to: 0, address: { ...address, terms: [[1, 4]] } }] },
      'variable 1 is used outside its loop',
    ],
    ['a variable of two loops', { body: [loop(0), loop(0)] }, 'variable 0 belongs to two loops'],
    ['a range inside a loop', { body: [loop(0, range(1))] }, 'the range loop must be outermost'],
    ['two ranges', { body: [range(0), range(1)] }, 'only one loop may run over the range'],
    [
      'a shift too far',
      { registers: ['i32'], body: [{ kind: 'shift', op: 'left', to: 0, a: 0, by: 32 }] },
      'a shift by 32 of 32 bits',
    ],
    ['too many lanes', { body: [{ kind: 'store', from: 0, address, lanes: 5 }] }, '5 lanes of 4'],
    ['lanes of another type', { lanes: 2, body: [] }, '2 lanes, but its registers ask for 4'],
    [
      'a splat of many addresses',
      {
        registers: ['f32', 'i32'],
        body: [{ kind: 'splat', to: 0, address: { ...address, index: { reg: 1, stride: 1 } } }],
      },
      'a splat at gathered addresses',
    ],
  ]
  test.each(cases)('%s', (_, parts, message) => {
    expect(() => load([program(parts)], [1024])).toThrow(`kernel example: ${message}`)
  })
})
