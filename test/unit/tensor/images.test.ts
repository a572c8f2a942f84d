// What Tensor does to images: sizes of results, what padding and NaN do, and mistakes in one sentence. The numbers are in test/reference.

import { beforeAll, describe, expect, test } from 'vitest'
import {
  arange,
  compile,
  concat,
  DTypeError,
  gradients,
  init,
  random,
  ShapeError,
  type Tensor,
  tensor,
  UsageError,
  zeros,
} from '../../../src/index.ts'
import { testedDevices } from '../../conformance/tested-devices.ts'

/** One channel of one image, row by row. */
function image(rows: readonly (readonly number[])[], dtype: 'f32' | 'f64' | 'i32' | 'u8' = 'f64'): Tensor {
  return tensor(rows, { dtype }).reshape([1, rows.length, (rows[0] as readonly number[]).length, 1])
}

function values(x: Tensor): number[] {
  return [...x.dataSync()]
}

describe.each(testedDevices)('images on %s:', (device) => {
  beforeAll(() => init({ device }))

  test('a convolution in groups is the convolutions of the groups side by side', () => {
    const x = random([2, 5, 6, 6], 'f64')
    const weights = random([3, 2, 2, 9], 'f64')
    const options = { stride: 2, padding: 1 } as const
    const whole = x.conv2d(weights, { ...options, groups: 3 })
    const parts = [0, 1, 2].map((i) =>
      x.at(null, null, null, [2 * i, 2 * i + 2]).conv2d(weights.at(null, null, null, [3 * i, 3 * i + 3]), options),
    )
    const difference = whole.subtract(concat(parts, 3)).abs().max().item()
    expect(difference).toBeLessThan(1e-14)
  })

  test('a transposed convolution is the transpose: <conv(x), y> = <x, convTranspose(y)>', () => {
    const weights = random([3, 4, 2, 4], 'f64')
    const options = {
      stride: [2, 3],
      padding: [
        [1, 0],
        [2, 1],
      ],
      dilation: [2, 1],
      groups: 2,
    } as const
    const x = random([2, 9, 10, 4], 'f64')
    const forth = x.conv2d(weights, options)
    const y = random([...forth.shape], 'f64')
    const back = y.convTranspose2d(weights, { ...options, outputPadding: [1, 0] })
    expect(back.shape).toEqual(x.shape)
    expect(forth.multiply(y).sum().item()).toBeCloseTo(x.multiply(back).sum().item(), 10)
  })

  test('max pooling takes NaN where there is one, and never the padding', () => {
    const x = image([
      [-5, -6, 1],
      [-7, -8, Number.NaN],
      [3, 2, -1],
    ])
    const options = { size: 2, padding: 1 } as const
    expect(values(x.maxPool2d(options))).toEqual([-5, 1, 3, Number.NaN])
    expect(values(x.cast('f32').maxPool2d(options))).toEqual([-5, 1, 3, Number.NaN])
    expect(values(image([[-2147483648, 7]], 'i32').maxPool2d({ size: 1 }))).toEqual([-2147483648, 7])
    expect(values(image([[-3, -4]], 'i32').maxPool2d({ size: 2, padding: 1 }))).toEqual([-3, -4])
    const bytes = image([[0, 200, 3]], 'u8').maxPool2d({ size: [1, 2], ceilMode: true })
    expect([bytes.dtype, ...values(bytes)]).toEqual(['u8', 200, 3])
  })

  test('the gradient of max pooling goes to the first of equal pixels, once for each window that takes it', () => {
    const x = image([
      [2, 2, 1],
      [2, 2, 3],
      [0, 3, 3],
    ])
    const [gradient] = gradients(x.maxPool2d({ size: 2, stride: 1 }).sum(), [x])
    expect(values(gradient as Tensor)).toEqual([1, 0, 0, 0, 0, 2, 0, 1, 0])
  })

  test('padding takes any value that the dtype holds, and the two infinities are different programs', () => {
    const x = tensor([1, 2], { dtype: 'f32' })
    expect(values(x.pad([[1, 2]], { value: -1.5 }))).toEqual([-1.5, 1, 2, -1.5, -1.5])
    for (const value of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN])
      expect(values(x.pad([[0, 1]], { value }))).toEqual([1, 2, value])
    const [up, down] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => x.pad([[0, 1]], { value }))
    expect(values((up as Tensor).add(down as Tensor))).toEqual([2, 4, Number.NaN])
    expect(values(tensor([1], { dtype: 'u8' }).pad([[1, 0]], { value: 255 }))).toEqual([255, 1])
    expect(() => tensor([1], { dtype: 'u8' }).pad([[1, 0]], { value: 256 })).toThrow(DTypeError)
    const [gradient] = gradients(
      x
        .pad([[1, 1]], { value: 7 })
        .square()
        .sum(),
      [x],
    )
    expect(values(gradient as Tensor)).toEqual([2, 4])
  })

  test('windows are views of the image', () => {
    const x = arange(12).reshape([1, 3, 4, 1])
    const seen = x.windows({ size: 2, stride: [1, 2] })
    expect(seen.shape).toEqual([1, 2, 2, 2, 2, 1])
    expect(values(seen)).toEqual([0, 1, 4, 5, 2, 3, 6, 7, 4, 5, 8, 9, 6, 7, 10, 11])
    expect(values(x.windows({ size: [1, 2], dilation: [1, 3] }))).toEqual([0, 3, 4, 7, 8, 11])
    expect(values(x.cast('u8').windows({ size: 1, stride: 2 }))).toEqual([0, 2, 8, 10])
  })

  test('the variance of large numbers that differ a little keeps its digits', () => {
    const noise = random([4, 5, 3, 2], 'f64')
    const truth = values(noise.variance([0, 1, 2]))
    const found = values(noise.add(4096).cast('f32').variance([0, 1, 2]))
    // The inputs themselves are rounded to 2^-12.
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(truth[i] as number, 3)
    expect(tensor([1, 2, 3, 4]).variance(0, { correction: 1 }).item()).toBeCloseTo(5 / 3, 6)
    expect(values(tensor([1, 2, 3, 4]).variance())).toEqual([1.25])
  })

  test('averages and upsampling take integers, as f32', () => {
    const x = image([[1, 2, 3, 6]], 'i32')
    expect(x.averagePool2d({ size: [1, 2] }).dtype).toBe('f32')
    expect(values(x.averagePool2d({ size: [1, 2] }))).toEqual([1.5, 4.5])
    expect(values(x.adaptiveAveragePool2d([1, 3]))).toEqual([1.5, 2.5, 4.5])
    expect([x.upsample2d({ scale: [1, 2] }).dtype, ...values(x.upsample2d({ scale: [2, 1] }))]).toEqual([
      'i32',
      1,
      2,
      3,
      6,
      1,
      2,
      3,
      6,
    ])
    expect(values(x.upsample2d({ size: [1, 2], mode: 'bilinear' }))).toEqual([1.5, 4.5])
  })

  test('an infinite pixel spreads to those that it is part of alone', () => {
    const x = image([[Number.POSITIVE_INFINITY, 1, 2, 3]])
    expect(values(x.adaptiveAveragePool2d([1, 3]))).toEqual([Number.POSITIVE_INFINITY, 1.5, 2.5])
    expect(values(x.upsample2d({ scale: [1, 2], mode: 'bilinear' }))).toEqual([
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      1.25,
      1.75,
      2.25,
      2.75,
      3,
    ])
  })

  test('all of it can be compiled', () => {
    const weights = random([3, 3, 2, 4])
    const network = (x: Tensor): Tensor =>
      x
        .conv2d(weights, { padding: 'same' })
        .maxPool2d({ size: 3, stride: 2, padding: 1 })
        .averagePool2d({ size: 2, ceilMode: true })
        .upsample2d({ scale: 1.5, mode: 'bilinear' })
        .adaptiveAveragePool2d(2)
    const x = random([2, 7, 9, 2])
    const difference = network(x).subtract(compile(network)(x)).abs().max().item()
    expect(difference).toBeLessThan(1e-6)
  })
})

test.each([
  [{ stride: 1, padding: 'same' }, [1, 7, 5, 2]],
  [{ stride: 2, padding: 'same' }, [1, 4, 3, 2]],
  [{ stride: [3, 2], padding: 'same' }, [1, 3, 3, 2]],
  [{ stride: 2, padding: 'valid' }, [1, 3, 1, 2]],
  [
    {
      padding: [
        [0, 1],
        [2, 0],
      ],
    },
    [1, 6, 4, 2],
  ],
] as const)('%j gives images %j of 7 x 5 pixels and a kernel of 3 x 4', (options, shape) => {
  expect(zeros([1, 7, 5, 3]).conv2d(zeros([3, 4, 3, 2]), options).shape).toEqual(shape)
})

describe('a mistake is one sentence with the op and what was given:', () => {
  const x = zeros([1, 6, 5, 4])
  const weights = zeros([3, 3, 4, 8])
  const mistakes: readonly (readonly [() => unknown, new (...args: never[]) => Error, string])[] = [
    [() => zeros([6, 5, 4]).conv2d(weights), ShapeError, 'conv2d: takes images [N, H, W, C], not [6, 5, 4]'],
    [
      () => x.conv2d(zeros([3, 4, 8])),
      ShapeError,
      'conv2d: takes weights [kh, kw, inputs / groups, outputs], not [3, 4, 8]',
    ],
    [
      () => x.conv2d(zeros([3, 3, 3, 8])),
      ShapeError,
      'convolution: weights [3, 3, 3, 8] take 3 channels (groups 1) and the images [1, 6, 5, 4] have 4',
    ],
    [
      () => x.conv2d(weights, { groups: 3 }),
      ShapeError,
      'convolution: groups 3 must be a whole number that divides 4 input and 8 output channels',
    ],
    [() => x.conv2d(weights, { groups: 0 }), ShapeError, 'convolution: groups 0 must be a whole number'],
    [
      () => x.conv2d(zeros([7, 3, 4, 8])),
      ShapeError,
      'convolution: a window that is 7 high does not fit into the image [1, 6, 5, 4]; pad it, or take a smaller one',
    ],
    [
      () => x.conv2d(weights, { dilation: [1, 3] }),
      ShapeError,
      'convolution: a window that is 7 wide does not fit into the image [1, 6, 5, 4]',
    ],
    [
      () => x.conv2d(weights, { stride: 0 }),
      ShapeError,
      'conv2d: stride is 0; give a whole number >= 1, or two as [vertical, horizontal]',
    ],
    [() => x.conv2d(weights, { padding: -1 }), ShapeError, 'conv2d: padding is -1; give a whole number >= 0'],
    [() => x.conv2d(weights, { padding: 0.5 }), ShapeError, 'conv2d: padding is 0.5; give a whole number >= 0'],
    [
      () => x.conv2d(weights, { padding: [[1, 2], 3] as never }),
      ShapeError,
      'conv2d: padding takes [[top, bottom], [left, right]]',
    ],
    [
      () => x.conv2d(weights, { padding: 'full' as never }),
      ShapeError,
      "conv2d: padding is \"full\"; give pixels, 'same' or 'valid'",
    ],
    [() => x.conv2d(null as never), UsageError, 'conv2d: takes a tensor, not null'],
    [
      () => x.convTranspose2d(weights),
      ShapeError,
      'convTranspose2d: weights [3, 3, 4, 8] take 8 channels, their last axis, and the images [1, 6, 5, 4] have 4',
    ],
    [
      () => x.convTranspose2d(zeros([3, 3, 2, 4]), { stride: 2, outputPadding: 2 }),
      ShapeError,
      'convTranspose2d: outputPadding 2 must be less than the stride 2 or the dilation 1',
    ],
    [
      () => x.convTranspose2d(zeros([3, 3, 2, 4]), { padding: 4 }),
      ShapeError,
      'convTranspose2d: the padding leaves nothing of an output of 8 x 7 pixels',
    ],
    [
      () => x.windows({ size: 6 }),
      ShapeError,
      'windows: a window that is 6 wide does not fit into the image [1, 6, 5, 4]',
    ],
    [() => x.maxPool2d({} as never), ShapeError, 'maxPool2d: size is undefined; give a whole number >= 1'],
    [
      () => x.maxPool2d({ size: 3, padding: 2 }),
      ShapeError,
      'maxPool2d: padding 2 is more than half of a window of 3 pixels',
    ],
    [() => zeros([4]).averagePool2d({ size: 1 }), ShapeError, 'averagePool2d: takes images [N, H, W, C], not [4]'],
    [() => x.averagePool2d({ size: 2, stride: 0 }), ShapeError, 'averagePool2d: stride is 0; give a whole number >= 1'],
    [() => x.averagePool2d({ size: 9 }), ShapeError, 'windows: a window that is 9 high does not fit'],
    [() => x.adaptiveAveragePool2d(0), ShapeError, 'adaptiveAveragePool2d: size is 0; give a whole number >= 1'],
    [() => x.upsample2d({}), ShapeError, 'upsample2d: give either scale or size'],
    [() => x.upsample2d({ scale: 2, size: 4 }), ShapeError, 'upsample2d: give either scale or size'],
    [() => x.upsample2d({ scale: -2 }), ShapeError, 'upsample2d: scale is -2; give a number > 0'],
    [() => x.upsample2d({ scale: 0.1 }), ShapeError, 'upsample2d: 6 pixels cannot become 0'],
    [
      () => x.upsample2d({ scale: 2, mode: 'cubic' as never }),
      ShapeError,
      "upsample2d: mode is \"cubic\"; choose 'nearest' or 'bilinear'",
    ],
    [
      () => x.upsample2d({ scale: 2, alignCorners: true }),
      ShapeError,
      'upsample2d: alignCorners is for bilinear upsampling alone',
    ],
    [
      () => x.pad([[1, 1]]),
      ShapeError,
      'pad: [1] before and [1] after do not fit [1, 6, 5, 4]; give one extent >= 0 per axis',
    ],
  ]

  test.each(mistakes.map(([run, error, sentence]) => [sentence, run, error] as const))('%s', (sentence, run, error) => {
    expect(run).toThrow(error)
    expect(run).toThrow(sentence)
    expect(run).toThrow(/, at images\.test\.ts:\d+$/)
  })
})
