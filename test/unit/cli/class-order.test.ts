// Which output stands for which class of the data: by name where the network knows names, else by number.

import { describe, expect, it } from 'vitest'
import { orderClasses } from '../../../src/cli/evaluation/class-order.ts'

const known = { name: 'net', classes: 3, classNames: ['ant', 'bee', 'cat'] }
const unknown = { name: 'net', classes: 3 }

describe('the order of classes', () => {
  it.each([
    [
      ['ant', 'bee', 'cat'],
      [0, 1, 2],
    ],
    [
      ['cat', 'ant'],
      [2, 0],
    ],
    [['bee'], [1]],
  ])('%j by name', (classes, outputs) => {
    expect(orderClasses('data', classes, known)).toEqual({
      outputs: Int32Array.from(outputs),
      names: known.classNames,
      note: undefined,
    })
  })

  it('is that of the numbers where the network has no names', () => {
    const all = orderClasses('data', ['x', 'y', 'z'], unknown)
    expect(all).toEqual({ outputs: Int32Array.of(0, 1, 2), names: ['x', 'y', 'z'], note: undefined })
    const some = orderClasses('data', ['x'], unknown)
    expect(some.names).toEqual(['x', 'class 1', 'class 2'])
    expect(some.note).toBe("data has 1 of the network's 3 classes, taken to be the first ones")
  })

  it('is that of the numbers, and said, where no name is known', () => {
    const { outputs, note } = orderClasses('data', ['0', '1', '2'], known)
    expect([...outputs]).toEqual([0, 1, 2])
    expect(note).toBe('data has 0, 1, 2, taken in this order for ant, bee, cat')
  })

  it('is refused where some names are strange, or there are too many classes', () => {
    expect(() => orderClasses('data', ['ant', 'dog'], known)).toThrow(
      'data has dog, which the network does not know; its classes are ant, bee, cat',
    )
    expect(() => orderClasses('data', ['a', 'b', 'c', 'd'], unknown)).toThrow(
      'net tells 3 classes apart, and data has 4',
    )
  })
})
