// The in-memory data set: parts, batches, and what it refuses to hold.

import { describe, expect, it } from 'vitest'
import { OcellusError, UsageError } from '../../../src/core/errors.ts'
import { Dataset } from '../../../src/data/dataset.ts'

/** `count` samples of shape [2]: sample i is (i, i + 1/2), of class i mod 3. */
function counting(count: number): Dataset {
  return new Dataset({
    inputs: { data: Float32Array.from({ length: 2 * count }, (_, i) => i / 2), shape: [count, 2] },
    labels: Int32Array.from({ length: count }, (_, i) => i % 3),
    classes: ['a', 'b', 'c'],
  })
}

/** Which samples of `counting` a part holds. */
const samples = (part: Dataset) => Array.from(part.inputs.data).filter((_, i) => i % 2 === 0)

describe('Dataset', () => {
  it('gathers batches in the order of the indices', () => {
    expect(counting(9).batch([4, 0, 4])).toEqual({
      inputs: { data: Float32Array.of(4, 4.5, 0, 0.5, 4, 4.5), shape: [3, 2] },
      labels: Int32Array.of(1, 0, 1),
    })
  })

  it('scales bytes to 0 … 1 in batches, and keeps them as bytes in parts', () => {
    const bytes = new Dataset({
      inputs: { data: Uint8Array.of(0, 51, 102, 255), shape: [2, 1, 2, 1] },
      labels: Int32Array.of(0, 0),
      classes: ['only'],
    })
    const { inputs } = bytes.batch([1, 0])
    expect(inputs.data).toEqual(Float32Array.of(102 / 255, 1, 0, 51 / 255))
    expect(inputs.shape).toEqual([2, 1, 2, 1])
    expect(bytes.subset([1]).inputs.data).toEqual(Uint8Array.of(102, 255))
    expect(bytes.inverted().inputs.data).toEqual(Uint8Array.of(255, 204, 153, 0))
    expect(bytes.flatten().inputs.shape).toEqual([2, 2])
  })

  it('splits into parts that hold every sample once, in order', () => {
    for (const stratified of [true, false]) {
      const parts = counting(103).split([0.7, 0.2, 0.1], { seed: 3, stratified })
      expect(parts.map((part) => part.length)).toEqual([72, 21, 10])
      for (const part of parts) expect(samples(part)).toEqual(samples(part).toSorted((a, b) => a - b))
      expect(parts.flatMap(samples).sort((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, i) => i))
    }
  })

  it('gives every part its share of each class, within one sample, when stratified', () => {
    const [train, valid] = counting(100).split([0.8, 0.2])
    const counts = (part: Dataset) => [0, 1, 2].map((label) => part.labels.filter((l) => l === label).length)
    for (const count of counts(train)) expect(Math.abs(count - (100 / 3) * 0.8)).toBeLessThanOrEqual(1)
    for (const count of counts(valid)) expect(Math.abs(count - (100 / 3) * 0.2)).toBeLessThanOrEqual(1)
  })

  it('splits by the seed alone', () => {
    const part = (seed: number) => samples(counting(60).split([0.5, 0.5], { seed })[0])
    expect(part(1)).toEqual(part(1))
    expect(part(1)).not.toEqual(part(2))
  })

  it('refuses fractions that do not add up to 1', () => {
    expect(() => counting(9).split([0.8, 0.1])).toThrow(
      new UsageError('split: the fractions [0.8, 0.1] must be positive and add up to 1'),
    )
    expect(() => counting(9).split([1.5, -0.5])).toThrow(UsageError)
    expect(() => counting(9).split([])).toThrow(UsageError)
    expect(() => counting(9).split(0.2 as never)).toThrow('give the fractions of the parts, as [0.8, 0.2]')
  })

  it('refuses samples that do not exist', () => {
    expect(() => counting(9).batch([9])).toThrow('sample 9 does not exist: the data set has 9 samples')
    expect(() => counting(9).subset([-1])).toThrow(UsageError)
    expect(() => counting(9).batch([0.5])).toThrow(UsageError)
  })

  it('refuses contents that do not agree, and says where', () => {
    const inputs = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }
    const classes = ['a', 'b']
    const build = (contents: Partial<ConstructorParameters<typeof Dataset>[0]>) => () =>
      new Dataset({ inputs, labels: Int32Array.of(0, 1), classes, ...contents })
    expect(build({})).not.toThrow()
    expect(build({ labels: Int32Array.of(0) })).toThrow('there are 2 inputs but 1 labels')
    expect(build({ labels: Int32Array.of(0, 2) })).toThrow('sample 1 has label 2, but the classes are 0 to 1')
    expect(build({ labels: Int32Array.of(-1, 0) })).toThrow('sample 0 has label -1')
    expect(build({ inputs: { ...inputs, shape: [2, 3] } })).toThrow('4 input values do not fit the shape [2, 3]')
    expect(build({ inputs: { ...inputs, shape: [] } })).toThrow(OcellusError)
    expect(build({ inputs: undefined as never })).toThrow('data set: inputs are { data, shape }')
    expect(build({ inputs: { data: [1, 2, 3, 4] as never, shape: [2, 2] } })).toThrow(
      'with a Float32Array or Uint8Array',
    )
    expect(build({ targets: { data: inputs.data } as never })).toThrow('data set: targets are { data, shape }')
    expect(build({ classes: [] })).toThrow("there are labels but no classes; name them, as classes: ['cat', 'dog']")
    const broken = { data: Float32Array.of(1, 2, 3, Number.NaN), shape: [2, 2] }
    expect(build({ inputs: broken })).toThrow('sample 1 contains NaN')
  })
})
