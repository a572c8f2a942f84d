// Errors name the op, the shapes and the user's line, and are thrown where the op is called; the debug switch names the op that made a NaN.

import { afterEach, describe, expect, test } from 'vitest'
import {
  arange,
  compile,
  concat,
  DTypeError,
  deviceNames,
  full,
  gradients,
  hostScalar,
  identity,
  init,
  jvp,
  OcellusError,
  random,
  ShapeError,
  setDebug,
  stack,
  type Tensor,
  tensor,
  UsageError,
  Variable,
  zeros,
} from '../../../src/index.ts'

/** The number of the line that calls this. */
function line(): number {
  const match = /errors\.test\.ts:(\d+)/.exec(new Error().stack?.split('\n')[2] ?? '')
  return Number(match?.[1])
}

const a = zeros([2, 3])

describe('a mistake is an error with the op, what was given, and the line', () => {
  const mistakes: readonly (readonly [string, () => unknown, new (...args: never[]) => Error, string])[] = [
    ['add', () => a.add(zeros([4])), ShapeError, 'add: shapes [2, 3] and [4] do not broadcast'],
    ['matmul', () => a.matmul(a), ShapeError, 'matmul: inner dimensions differ: [2, 3] x [2, 3] (3 and 2)'],
    [
      'matmul of stacks',
      () => zeros([2, 2, 3]).matmul(zeros([3, 3, 2])),
      ShapeError,
      'matmul: leading axes of [2, 2, 3] and [3, 3, 2]',
    ],
    [
      'matmul of a scalar',
      () => a.matmul(tensor(1)),
      ShapeError,
      'matmul: [2, 3] x []: a scalar has no rows; use multiply',
    ],
    ['dot', () => a.dot(a), ShapeError, 'dot: takes two vectors, not [2, 3] and [2, 3]'],
    ['reshape', () => a.reshape([4]), ShapeError, 'reshape: [2, 3] has 6 elements and [4] has 4'],
    ['reshape with a free extent', () => a.reshape([4, -1]), ShapeError, 'reshape: [2, 3] cannot become [4, -1]'],
    ['sum', () => a.sum(2), ShapeError, 'sum: [2, 3] has no axis 2'],
    ['max of nothing', () => zeros([2, 0]).max(1), ShapeError, 'max: axis 1 of [2, 0] is empty, so it has no max'],
    [
      'permute',
      () => a.permute([0, 0]),
      ShapeError,
      'permute: the order [0, 0] does not name each axis of [2, 3] once',
    ],
    ['transpose', () => a.transpose(0, 5), ShapeError, 'transpose: [2, 3] has no axis 5'],
    ['squeeze', () => a.squeeze(0), ShapeError, 'squeeze: axis 0 of [2, 3] is not of extent 1'],
    ['unsqueeze', () => a.unsqueeze(4), ShapeError, 'unsqueeze: [2, 3] has no place 4'],
    ['broadcastTo', () => a.broadcastTo([3, 3]), ShapeError, 'broadcastTo: [2, 3] does not broadcast to [3, 3]'],
    ['at', () => a.at(2), ShapeError, 'at: position 2 is outside axis 0 of [2, 3]'],
    ['at with too many', () => a.at(0, 0, 0), ShapeError, 'at: 3 selections for the 2 axes of [2, 3]'],
    [
      'at backwards',
      () => a.at([2, 0, -1]),
      ShapeError,
      'at: the step is -1; give a whole number >= 1, and flip() to go backwards',
    ],
    ['flip', () => a.flip([7]), ShapeError, 'flip: [2, 3] has no axis 7'],
    [
      'pad',
      () => a.pad([[1, 1]]),
      ShapeError,
      'pad: [1] before and [1] after do not fit [2, 3]; give one extent >= 0 per axis',
    ],
    ['take', () => a.take(a), ShapeError, 'take: the indices have shape [2, 3]; give a vector'],
    [
      'gather',
      () => a.gather(arange(3), 0),
      ShapeError,
      "gather: the indices' shape [3] differs from [2, 3] beside axis 0",
    ],
    ['concat', () => concat([a, zeros([3, 3])], 1), ShapeError, 'concat: [2, 3] and [3, 3] differ beside axis 1'],
    ['arange', () => arange(2 ** 31 + 1), ShapeError, 'arange: i32 does not hold 2147483649 integers'],
    ['concat of nothing', () => concat([]), UsageError, 'concat: there are no tensors'],
    [
      'concat of two dtypes',
      () => concat([a, zeros([2, 3], 'f64')]),
      DTypeError,
      'concat: dtypes differ: f32 and f64; cast one',
    ],
    ['stack', () => stack([a, zeros([3])]), ShapeError, 'concat: [1, 2, 3] and [1, 3] differ beside axis 0'],
    ['item', () => a.item(), ShapeError, 'item: [2, 3] has 6 elements, not one'],
    ['tensor', () => tensor([[1, 2], [3]]), ShapeError, 'tensor: rows have different lengths: 2 and 1'],
    ['full', () => full([-1], 0), ShapeError, 'full: [-1] is not a shape; extents are whole numbers >= 0'],
    ['identity', () => identity(1.5), ShapeError, 'identity: [1.5, 1.5] is not a shape'],
    ['random', () => random([2], 'i32'), UsageError, 'random: gives floats, not i32'],
    [
      'gradients',
      () => gradients(a, [a]),
      ShapeError,
      'gradients: the output has shape [2, 3]; reduce it to a scalar, or give upstream',
    ],
    [
      'gradients of integers',
      () => gradients(arange(3).sum(), [a]),
      DTypeError,
      'gradients: takes floats, not i32; integers have no derivative',
    ],
    [
      'gradients of nothing',
      () => gradients(a.sum(), [zeros([1])]),
      UsageError,
      'gradients: the output does not depend on source 0',
    ],
    ['concat beyond the axes', () => concat([a, a], 2), ShapeError, 'concat: [2, 3] has no axis 2'],
    ['concat between axes', () => concat([a, a], 0.5), ShapeError, 'concat: [2, 3] has no axis 0.5'],
    ['concat of one', () => concat([a], 7), ShapeError, 'concat: [2, 3] has no axis 7'],
    ['concat of scalars', () => concat([tensor(1), tensor(2)]), ShapeError, 'concat: [] has no axis 0'],
    ['stack between axes', () => stack([a, a], 0.5), ShapeError, 'unsqueeze: [2, 3] has no place 0.5'],
    ['at between elements', () => a.at([0.5, 2]), ShapeError, 'at: 0.5 to 2 on axis 0 of [2, 3]'],
    [
      'pad by a fraction',
      () => tensor([1]).pad([[0.5, 0.5]]),
      ShapeError,
      'pad: [0.5] before and [0.5] after do not fit [1]',
    ],
    ['oneHot', () => arange(2).oneHot(2.5), ShapeError, 'oneHot: [2.5] is not a shape'],
    ['broadcastTo less', () => tensor([1]).broadcastTo([-1]), ShapeError, 'broadcastTo: [-1] is not a shape'],
    ['flatten', () => a.flatten(5), ShapeError, 'flatten: [2, 3] has no axis 5'],
    ['gather from nothing', () => zeros([0]).gather(arange(2)), ShapeError, 'gather: axis 0 of [0] is empty'],
    ['argmax of nothing', () => zeros([0]).argmax(), ShapeError, 'argmax: axis -1 of [0] is empty'],
    ['tensor of a negative shape', () => tensor(new Float32Array(6), { shape: [-2, -3] }), ShapeError, '[-2, -3]'],
    ['full beyond u8', () => full([2], 300, 'u8'), DTypeError, 'full: 300 is not a u8 value'],
    ['full of half an integer', () => full([2], 2.5, 'i32'), DTypeError, 'full: 2.5 is not an i32 value'],
    ['full beyond bool', () => full([2], 2, 'bool'), DTypeError, 'full: 2 is not a bool value'],
    ['less than 3e9', () => arange(2).less(3e9), DTypeError, 'less: no integer dtype holds 3000000000; cast the i32'],
    ['jvp', () => jvp((x) => x, [a], [zeros([3])]), ShapeError, 'jvp: input 0 has shape [2, 3], its direction [3]'],
  ]

  test.each(mistakes)('%s', (_, make, kind, message) => {
    expect(make).toThrow(kind)
    expect(make).toThrow(OcellusError)
    expect(make).toThrow(message)
    expect(make).toThrow(/^[^\n]+, at errors\.test\.ts:\d+$/)
  })

  const wrong = (value: unknown): never => value as never
  const kinds: readonly (readonly [string, () => unknown, string])[] = [
    ['null as values', () => tensor(wrong(null)), 'or a typed array, not null'],
    ['undefined among values', () => tensor(wrong([1, undefined])), 'or a typed array, not undefined'],
    ['a hole among values', () => tensor(wrong(new Array(2))), 'or a typed array, not undefined'],
    ['strings as values', () => tensor(wrong(['a'])), 'or a typed array, not the string "a"'],
    ['numbers beside rows', () => tensor([1, [2]]), 'tensor: numbers and rows stand side by side'],
    ['Uint32Array', () => tensor(new Uint32Array(1)), 'not a Uint32Array; convert it first'],
    ['Int16Array', () => tensor(wrong(new Int16Array(1))), 'not an Int16Array; convert it first'],
    ['BigInt64Array', () => tensor(wrong(new BigInt64Array(1))), 'not a BigInt64Array; convert it first'],
    ['DataView', () => tensor(wrong(new DataView(new ArrayBuffer(4)))), 'not a DataView; convert it first'],
    ['adding undefined', () => a.add(wrong(undefined)), 'add: takes tensors and numbers, not undefined'],
    ['adding an array', () => a.add(wrong([1])), 'not an array; make it a tensor with tensor()'],
    ['adding a string', () => a.add(wrong('1')), 'add: takes tensors and numbers, not the string "1"'],
    ['multiplying matrices with a number', () => a.matmul(wrong(2)), 'matmul: takes a tensor, not the number 2'],
    ['and of a number', () => a.and(wrong(1)), 'and: takes a tensor, not the number 1'],
    ['concat of numbers', () => concat(wrong([1])), 'concat: takes a tensor, not the number 1'],
    ['gradients of a number', () => gradients(a.sum(), wrong([1])), 'gradients: takes a tensor, not the number 1'],
    ['a dtype unknown to zeros', () => zeros([1], wrong('int')), 'zeros: "int" is not a dtype; choose f32, f64, i32'],
    ['u32', () => zeros([1], wrong('u32')), 'zeros: "u32" is not a dtype'],
    ['a dtype unknown to cast', () => a.cast(wrong('float32')), 'cast: "float32" is not a dtype'],
    ['a dtype unknown to tensor', () => tensor([1], { dtype: wrong('f16') }), 'tensor: "f16" is not a dtype'],
    ['a dtype of every object', () => zeros([1], wrong('toString')), 'zeros: "toString" is not a dtype'],
    ['a number as a shape', () => zeros(wrong(3)), 'zeros: a shape is an array of extents, not the number 3'],
    ['a fixed host scalar', () => hostScalar(wrong(3)), 'hostScalar: takes a function that gives the number'],
  ]

  test.each(kinds)('%s', (_, make, message) => {
    expect(make).toThrow(OcellusError)
    expect(make).toThrow(message)
    expect(make).toThrow(/^[^\n]+, at errors\.test\.ts:\d+$/)
  })

  test('the line is the one of the call', () => {
    const wanted = line() + 1
    expect(() => a.add(zeros([4]))).toThrow(`errors.test.ts:${wanted}`)
  })

  test('gradients name the variable that an output does not depend on, or give zeros when asked', () => {
    const v = new Variable(zeros([2]), { label: 'gamma' })
    expect(() => gradients(a.sum(), [v])).toThrow('the output does not depend on variable gamma')
    const [zero] = gradients(a.sum(), [v], { allowUnused: true }) as [Tensor]
    expect([...zero.dataSync()]).toEqual([0, 0])
  })

  test('a device that does not exist is named with those that do', async () => {
    const name: string = 'abacus'
    await expect(init({ device: name as 'wasm' })).rejects.toThrow(
      'there is no device called "abacus" here; choose one of wasm, reference',
    )
    await expect(init({ threads: 0 })).rejects.toThrow('init: threads is 0')
  })
})

describe.each(deviceNames)('the search for a NaN on %s', (device) => {
  afterEach(() => setDebug(''))

  test('names the op that makes the first one, and its line', async () => {
    await init({ device })
    setDebug('nan')
    const x = tensor([1, -1])
    const wanted = line() + 1
    const logarithm = x.log()
    expect(() => logarithm.add(1).sum().dataSync()).toThrow(
      `log made the first NaN of this computation, at errors.test.ts:${wanted}`,
    )
    const divide = compile((y: Tensor) => y.divide(y.subtract(y)))
    expect(() => divide(x)).toThrow(/^divide made the first -?Infinity of this computation, at errors\.test\.ts:\d+$/)
  })

  test('names what was given: an argument, a variable, a tensor', async () => {
    await init({ device })
    setDebug('nan')
    const nan = tensor([1, Number.NaN])
    expect(() => compile((_: Tensor, y: Tensor) => y.add(1))(tensor([1]), nan)).toThrow(
      'argument 1 of the compiled function holds NaN before anything is computed',
    )
    const v = new Variable(tensor([Number.POSITIVE_INFINITY]), { label: 'gamma' })
    expect(() => v.add(1).dataSync()).toThrow('variable gamma holds Infinity')
    expect(() => nan.exp().dataSync()).toThrow('a given tensor of shape [2] holds NaN')
  })

  test('lets finite computations pass', async () => {
    await init({ device })
    setDebug('nan')
    expect([...tensor([4]).sqrt().dataSync()]).toEqual([2])
  })

  test('is switched on by a name that exists', () => {
    expect(() => setDebug('kernel')).toThrow(
      'there is no debugging output "kernel"; choose from graph, kernels, code, time, nan',
    )
  })
})

test('a tensor prints its dtype, shape and values; while it is traced, only dtype and shape', () => {
  expect(
    tensor([
      [1, 2.5],
      [-3, 4],
    ]).toString(),
  ).toBe('Tensor f32 [2, 2]\n[[ 1.0000  2.5000]\n [-3.0000  4.0000]]')
  expect(arange(20).toString()).toBe('Tensor i32 [20]\n[ 0  1  2 ... 17 18 19]')
  expect(tensor([true, false]).toString()).toBe('Tensor bool [2]\n[ true false]')
  expect(tensor(3, { dtype: 'i32' }).toString()).toBe('Tensor i32 []\n3')
  let text = ''
  compile((x: Tensor) => {
    text = String(x.exp())
    return x
  })(tensor([1]))
  expect(text).toBe('Tensor f32 [1] (being traced)')
})
