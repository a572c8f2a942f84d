// The NIST layout: pixel by pixel against a file that SciPy wrote, in which every pixel has a value of its own.

import { describe, expect, it } from 'vitest'
import { FormatError } from '../../../src/core/errors.ts'
import type { MatlabNumeric } from '../../../src/data/formats/matlab-types.ts'
import { writeMatlab } from '../../../src/data/formats/matlab-writer.ts'
import { readNist } from '../../../src/data/nist.ts'
import { fixture } from './fixture.ts'

const doubles = (shape: number[], data: ArrayLike<number>): MatlabNumeric => ({
  class: 'double',
  shape,
  data: Float64Array.from(data),
})
const oneHot = (count: number, label: number) => Array.from({ length: count }, (_, i) => (i === label ? 1 : 0))
const blank = doubles([1, 1024], new Float64Array(1024))

describe('readNist', () => {
  it('turns columns into rows: pixel (n, y, x) is (1024 n + 32 y + x) / 2^13, as the script made it', () => {
    const { inputs, labels, classes } = readNist(fixture('nist.mat'), { part: 'train' })
    expect(inputs.shape).toEqual([5, 32, 32, 1])
    expect(inputs.data).toEqual(Float32Array.from({ length: 5 * 1024 }, (_, i) => i / 2 ** 13))
    expect([...labels].map((label) => classes[label])).toEqual(['A', 'Z', '0', '9', 'H'])
    expect(classes).toHaveLength(36)
  })

  it('makes ink 1 and paper 0 on request', () => {
    const { inputs } = readNist(fixture('nist.mat'), { part: 'train', ink: 1 })
    expect(inputs.data).toEqual(Float32Array.from({ length: 5 * 1024 }, (_, i) => 1 - i / 2 ** 13))
  })

  it('takes 26 classes, and any class of numbers', () => {
    const data: MatlabNumeric = {
      class: 'uint8',
      shape: [1, 1024],
      data: Uint8Array.from({ length: 1024 }, (_, i) => i & 1),
    }
    const file = writeMatlab({ valid_data: data, valid_labels: doubles([1, 26], oneHot(26, 25)) })
    const { inputs, labels, classes } = readNist(file, { part: 'valid' })
    expect([...labels].map((label) => classes[label])).toEqual(['Z'])
    expect([...inputs.data.slice(0, 64)]).toEqual([...Array(32).fill(0), ...Array(32).fill(1)])
  })

  it('names the file and the variable that is wrong', () => {
    const read = (variables: Record<string, MatlabNumeric>) => () =>
      readNist(writeMatlab(variables), { part: 'test', file: 'n.mat' })
    const labels = doubles([1, 36], oneHot(36, 3))
    expect(() => readNist(fixture('nist.mat'), { part: 'test', file: 'n.mat' })).toThrow(
      'n.mat: variable test_labels is missing',
    )
    expect(read({ test_data: blank, test_labels: doubles([1, 10], oneHot(10, 3)) })).toThrow(
      new FormatError('n.mat: variable test_labels: expected one-hot labels [N, 26] or [N, 36], found [1, 10]'),
    )
    expect(read({ test_data: blank, test_labels: doubles([1, 36], new Float64Array(36)) })).toThrow(
      'row 0 is not one-hot, it has no 1',
    )
    expect(read({ test_data: blank, test_labels: doubles([1, 36], new Float64Array(36).fill(1)) })).toThrow(
      'row 0 is not one-hot',
    )
    expect(read({ test_data: doubles([1, 784], new Float64Array(784)), test_labels: labels })).toThrow(
      'n.mat: variable test_data: expected shape [1, 1024], found [1, 784]',
    )
    expect(
      read({ test_data: doubles([1, 1024], new Float64Array(1024).fill(Number.NaN)), test_labels: labels }),
    ).toThrow('NaN')
  })
})
