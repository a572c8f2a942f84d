// Tensors compute what NumPy computes: broadcasting, indexing, reductions, products, movements, functions.

import { beforeAll, describe, expect, test } from 'vitest'
import { concat, deviceNames, init, ShapeError, stack, type Tensor } from '../../../src/index.ts'
import { expectEntry, fromEntry, numpy } from './numpy.ts'

type Unary = 'negate' | 'exp' | 'sqrt'
type Binary = 'add' | 'less'

describe.each(deviceNames)('as NumPy on %s:', (device) => {
  beforeAll(() => init({ device }))

  test('shapes broadcast, and those that do not are an error that names both', () => {
    for (const { a, b, sum } of numpy.broadcasting) {
      const [x, y] = [fromEntry(a), fromEntry(b)]
      if (sum !== null) expectEntry(x.add(y), sum)
      else expect(() => x.add(y)).toThrow(`add: shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}]`)
    }
  })

  test('`at` cuts as Python slices do', () => {
    for (const { shape, selections, result } of numpy.indexing) {
      const x = fromEntry({ shape, data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i) }, 'i32')
      expectEntry(x.at(...selections), result)
    }
  })

  test('reductions over every choice of axes', () => {
    for (const { op, x, axes, keep, result } of numpy.reductions) {
      const input = fromEntry(x)
      if (op === 'argmax' || op === 'argmin') expectEntry(input[op]((axes as number[])[0]), result)
      else expectEntry(input[op](axes ?? undefined, { keep }), result)
    }
  })

  test('products of vectors, matrices and stacks', () => {
    for (const { a, b, result } of numpy.products) expectEntry(fromEntry(a).matmul(fromEntry(b)), result)
  })

  test('products of shapes that do not fit are an error', () => {
    const x = fromEntry({ shape: [2, 3], data: [1, 2, 3, 4, 5, 6] })
    expect(() => x.matmul(x)).toThrow(ShapeError)
    expect(() => x.matmul(x)).toThrow('matmul: inner dimensions differ: [2, 3] x [2, 3] (3 and 2)')
  })

  test('movements', () => {
    const entries = numpy.movements
    const entry = (name: string): (typeof entries)[string] => entries[name] as (typeof entries)[string]
    const x = fromEntry(entry('x'))
    const column = fromEntry(entry('column'), 'i32')
    const found: Record<string, Tensor> = {
      reversed: x.permute(),
      'permute 1 2 0': x.permute([1, 2, 0]),
      transpose: x.transpose(),
      flip: x.flip(),
      'flip 1': x.flip([1]),
      pad: x.pad([
        [0, 1],
        [2, 0],
        [1, 3],
      ]),
      'concat 1': concat([x, x.at(null, [0, 1]).multiply(2), x], 1),
      'stack 1': stack([x, x.negate()], 1),
      'stack last': stack([x, x.negate()], -1),
      'take 2': x.take(column, 2),
      'gather 1': x.gather(fromEntry(entry('index'), 'i32'), 1),
      'one hot': column.oneHot(4),
      reshape: x.reshape([4, -1]),
      flatten: x.flatten(1),
    }
    for (const [name, result] of Object.entries(found)) expectEntry(result, entry(name))
  })

  const { functions } = numpy
  test.each(Object.keys(functions.unary))('%s', (name) => {
    expectEntry(fromEntry(functions.x)[name as Unary](), functions.unary[name] as typeof functions.x)
  })

  test.each(Object.keys(functions.ofPositive))('%s', (name) => {
    expectEntry(fromEntry(functions.positive)[name as Unary](), functions.ofPositive[name] as typeof functions.x)
  })

  test.each(Object.keys(functions.binary))('%s', (name) => {
    const [x, y, positive] = [fromEntry(functions.x), fromEntry(functions.y), fromEntry(functions.positive)]
    const operands: Record<string, readonly [Tensor, Tensor]> = {
      divide: [x, positive],
      power: [positive, y.divide(8)],
      equal: [x, x.abs()],
      notEqual: [x, x.abs()],
    }
    const [a, b] = operands[name] ?? [x, y]
    expectEntry(a[name as Binary](b), functions.binary[name] as typeof functions.x)
  })

  test('f32 gives the same within its precision', () => {
    for (const [name, entry] of Object.entries(functions.unary)) {
      const got = fromEntry(functions.x, 'f32')[name as Unary]()
      expect(got.dtype).toBe('f32')
      expectEntry(got, entry, 4e-6)
    }
  })
})
