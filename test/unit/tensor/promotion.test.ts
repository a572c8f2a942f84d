// Which dtype an operation gives: bool < u8 < i32 < f32 < f64, numbers take the tensor's dtype, division and functions give floats.

import { describe, expect, test } from 'vitest'
import { currentDevice } from '../../../src/devices/registry.ts'
import { type DType, DTypeError, deviceNames, full, init, random, type Tensor, tensor } from '../../../src/index.ts'

const order = ['bool', 'u8', 'i32', 'f32', 'f64'] as const
type UserDType = (typeof order)[number]

const ones = (dtype: DType): Tensor => tensor([1, 1], { dtype })
const wider = (a: UserDType, b: UserDType): UserDType => (order.indexOf(a) > order.indexOf(b) ? a : b)
const pairs = order.flatMap((a) => order.map((b) => [a, b] as const))

describe('two tensors', () => {
  test.each(pairs)('%s and %s: arithmetic takes the wider, bools counting as i32', (a, b) => {
    const common = wider(a, b)
    const expected = common === 'bool' ? 'i32' : common
    for (const name of ['add', 'subtract', 'multiply', 'maximum', 'minimum'] as const)
      expect(ones(a)[name](ones(b)).dtype, name).toBe(expected)
  })

  test.each(pairs)('%s and %s: division and powers give f32, or f64 where one is', (a, b) => {
    const expected = a === 'f64' || b === 'f64' ? 'f64' : 'f32'
    expect(ones(a).divide(ones(b)).dtype).toBe(expected)
    expect(ones(a).power(ones(b)).dtype).toBe(expected)
    expect(ones(a).matmul(ones(b)).dtype).toBe(expected)
  })

  test.each(pairs)('%s and %s: comparisons and logic give bool, a choice the wider', (a, b) => {
    for (const name of ['less', 'lessEqual', 'greater', 'greaterEqual', 'equal', 'notEqual', 'and', 'or'] as const)
      expect(ones(a)[name](ones(b)).dtype, name).toBe('bool')
    expect(ones('bool').select(ones(a), ones(b)).dtype).toBe(wider(a, b))
  })

  test('values are compared and added in the wider dtype', () => {
    expect([
      ...tensor([200], { dtype: 'u8' })
        .add(tensor([100], { dtype: 'i32' }))
        .dataSync(),
    ]).toEqual([300])
    expect([
      ...tensor([true])
        .add(tensor([true]))
        .dataSync(),
    ]).toEqual([2])
    expect([
      ...tensor([16777217], { dtype: 'i32' })
        .equal(tensor([16777216], { dtype: 'f64' }))
        .dataSync(),
    ]).toEqual([0])
  })
})

describe('a number', () => {
  test.each(order)('takes the dtype of %s', (dtype) => {
    const expected = dtype === 'bool' ? 'i32' : dtype
    expect(ones(dtype).add(2).dtype).toBe(expected)
    expect(ones(dtype).maximum(2).dtype).toBe(expected)
  })

  test('that is not whole makes integers f32', () => {
    expect(ones('i32').multiply(0.5).dtype).toBe('f32')
    expect([...ones('i32').multiply(0.5).dataSync()]).toEqual([0.5, 0.5])
  })

  test('that the dtype does not hold makes u8 i32', () => {
    const bytes = tensor(new Uint8Array([10, 200]))
    expect([...bytes.less(300).dataSync()]).toEqual([1, 1])
    const limited = bytes.maximum(-1)
    expect(limited.dtype).toBe('i32')
    expect([...limited.dataSync()]).toEqual([10, 200])
    expect([...bytes.add(-20).dataSync()]).toEqual([-10, 180])
  })

  test('that no integer dtype holds is an error', () => {
    for (const dtype of ['bool', 'u8', 'i32'] as const) expect(() => ones(dtype).add(3e9)).toThrow(DTypeError)
    expect([...ones('f32').add(3e9).dataSync()]).toEqual([3e9, 3e9])
    expect([
      ...ones('i32')
        .divide(2 ** 32)
        .dataSync(),
    ]).toEqual([2 ** -32, 2 ** -32])
  })

  test('two numbers chosen by a condition are f32', () => {
    const chosen = tensor([true, false]).select(2, 3)
    expect(chosen.dtype).toBe('f32')
    expect([...chosen.dataSync()]).toEqual([2, 3])
  })
})

describe('one tensor', () => {
  test.each(order)('functions of %s give floats', (dtype) => {
    for (const name of ['exp', 'sqrt', 'tanh', 'relu'] as const)
      expect(ones(dtype)[name]().dtype, name).toBe(dtype === 'f64' ? 'f64' : 'f32')
  })

  test.each(order)('rounding and sign of %s keep the dtype', (dtype) => {
    for (const name of ['floor', 'ceil', 'round', 'sign'] as const) {
      expect(ones(dtype)[name]().dtype, name).toBe(dtype)
      expect([...ones(dtype)[name]().dataSync()], name).toEqual([1, 1])
    }
  })

  test('integers beyond 2^24 keep their digits; signs of integers are -1, 0 and 1', () => {
    const x = tensor([16777217, -3, 0], { dtype: 'i32' })
    expect([...x.floor().dataSync()]).toEqual([16777217, -3, 0])
    expect([...x.sign().dataSync()]).toEqual([1, -1, 0])
    expect([...tensor([200, 0], { dtype: 'u8' }).sign().dataSync()]).toEqual([1, 0])
  })

  test('largest and smallest element keep the values of the dtype', () => {
    const bytes = tensor(new Uint8Array([3, 255, 0]))
    expect([bytes.max().item(), bytes.min().item()]).toEqual([255, 0])
    expect(tensor([false, true]).max().toArray()).toBe(true)
    expect(tensor([false, true]).min().toArray()).toBe(false)
  })

  test.each(order)('reductions of %s: sums of narrow integers are i32, means floats, positions i32', (dtype) => {
    const narrow = dtype === 'bool' || dtype === 'u8'
    expect(ones(dtype).sum().dtype).toBe(narrow ? 'i32' : dtype)
    expect(ones(dtype).max().dtype).toBe(dtype)
    expect(ones(dtype).min().dtype).toBe(dtype)
    expect(ones(dtype).mean().dtype).toBe(dtype === 'f64' ? 'f64' : 'f32')
    expect(ones(dtype).variance().dtype).toBe(dtype === 'f64' ? 'f64' : 'f32')
    expect(ones(dtype).argmax().dtype).toBe('i32')
  })

  test('casts: floats truncate and saturate, u8 keeps the low 8 bits, anything but 0 is true', () => {
    const x = tensor([-1.7, 0, 2.9, 300, 3e9, Number.NaN])
    expect([...x.cast('i32').dataSync()]).toEqual([-1, 0, 2, 300, 2 ** 31 - 1, 0])
    expect([...x.cast('u8').dataSync()]).toEqual([255, 0, 2, 44, 255, 0])
    expect([...x.cast('bool').dataSync()]).toEqual([1, 0, 1, 1, 1, 1])
  })
})

describe('values given', () => {
  test('numbers are f32, booleans bool, typed arrays what they are', () => {
    expect(tensor([1.5]).dtype).toBe('f32')
    expect(tensor([true]).dtype).toBe('bool')
    expect(tensor(new Int32Array(2)).dtype).toBe('i32')
    expect(tensor(new Float64Array(2)).dtype).toBe('f64')
    expect(tensor(new Uint8Array(2)).dtype).toBe('u8')
  })

  test('as bool are 0 and 1, whatever bytes they came as', () => {
    const given = tensor(new Uint8Array([0, 2, 255]), { dtype: 'bool' })
    expect([...given.dataSync()]).toEqual([0, 1, 1])
    expect(given.not().toArray()).toEqual([true, false, false])
    expect(given.sum().item()).toBe(2)
  })

  test('do not change with the array that gave the shape', () => {
    const shape = [1, 2]
    const made = [full(shape, 3), random(shape), tensor(new Float32Array(2), { shape }), tensor([1]).broadcastTo(shape)]
    shape[0] = 5
    for (const x of made) expect(x.shape).toEqual([1, 2])
  })

  test('a value that the dtype does not hold is an error', () => {
    expect(() => tensor([1.5], { dtype: 'i32' })).toThrow(DTypeError)
    expect(() => tensor([256], { dtype: 'u8' })).toThrow('tensor: 256 is not a u8 value')
  })
})

describe('positions', () => {
  test.each(deviceNames)('of extremes are those of the first NaN, where there is one, on %s', async (device) => {
    await init({ device })
    const rows = tensor([
      [3, Number.NaN, 1, Number.NaN],
      [3, 7, 7, -2],
    ])
    expect(rows.argmax(1).toArray()).toEqual([1, 1])
    expect(rows.argmin(1).toArray()).toEqual([1, 3])
    expect(tensor([Number.NaN, Number.NEGATIVE_INFINITY]).argmin().item()).toBe(0)
    await init()
  })
})

test('init without a name takes the fastest device again', async () => {
  await init({ device: 'reference' })
  await init()
  expect(currentDevice().name).toBe(deviceNames[0])
})
