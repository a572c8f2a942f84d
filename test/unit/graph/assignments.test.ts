// Assignments in place: the new value may only reach a variable's memory once nobody reads the old one.

import { beforeAll, describe, expect, test } from 'vitest'
import { compile, full, init, jvp, type Tensor, tensor, Variable, zeros } from '../../../src/index.ts'

describe.each(['reference', 'wasm'] as const)('on %s', (device) => {
  beforeAll(() => init({ device }))

  test('a variable takes a pad of a part of itself', () => {
    const v = new Variable(tensor([1, 2, 3, 4]))
    v.assign(v.at([1, 3]).pad([[1, 1]]))
    expect(v.toArray()).toEqual([0, 2, 3, 0])
  })

  test('the old value is there for the epilogue of a product in several blocks that becomes the new value', () => {
    const inner = 600
    const a = full([4, inner], 1)
    const b = full([inner, 4], 1)
    const v = new Variable(full([4, 4], 1000))
    const step = compile(() => {
      const product = a.matmul(b)
      const sum = v.add(product)
      v.assign(product)
      return sum
    })
    expect(step().toArray()).toEqual(full([4, 4], 1600).toArray())
    expect(v.toArray()).toEqual(full([4, 4], 600).toArray())
  })

  test('variables that exchange values leave the others alone', () => {
    const [a, b] = [
      new Variable(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
      new Variable(
        tensor([
          [5, 6],
          [7, 8],
        ]),
      ),
    ]
    const other = new Variable(tensor([1, 2]))
    const step = compile(() => {
      const [x, y] = [a.transpose(), b.transpose()]
      a.assign(y)
      b.assign(x)
      other.assign(other.multiply(2))
    })
    step()
    expect(a.toArray()).toEqual([
      [5, 7],
      [6, 8],
    ])
    expect(b.toArray()).toEqual([
      [1, 3],
      [2, 4],
    ])
    expect(other.toArray()).toEqual([2, 4])
  })

  test('the tangent of a mask is zero', () => {
    const masked = (x: Tensor): Tensor => x.multiply(x.greater(0).cast('f32'))
    expect(jvp(masked, [tensor([2, -3])], [tensor([1, 1])]).tangent.toArray()).toEqual([1, 0])
  })
})

describe('on wasm', () => {
  beforeAll(() => init({ device: 'wasm' }))

  test('long sums keep their precision', () => {
    const tenth = Math.fround(0.1)
    for (const sum of [
      full([1_000_000], 0.1).sum(),
      full([250_000, 4], 0.1).sum(0).sum(),
      full([100, 2500, 4], 0.1).sum([0, 1]).sum(),
      full([1, 65_536], 0.1)
        .matmul(full([65_536, 1], 1))
        .multiply(1_000_000 / 65_536)
        .reshape([]),
    ]) {
      expect(Math.abs(sum.item() / (1e6 * tenth) - 1)).toBeLessThan(1e-5)
    }
  })

  test('an expression that shares its parts at every level compiles at once', () => {
    let y = full([2], 1).add(full([2], 0))
    for (let i = 0; i < 24; i++) y = y.multiply(y)
    const v = new Variable(zeros([2]))
    v.assign(y)
    expect(v.toArray()).toEqual([1, 1])
  })

  test('a product in one block takes no memory for running sums', () => {
    const [a, b] = [new Variable(full([256, 64], 1)), new Variable(full([64, 512], 1))]
    const plain = compile(() => a.matmul(b))
    const fused = compile(() => a.matmul(b).add(1).relu())
    plain()
    fused()
    expect(fused.reports[0]?.scratch).toBe(plain.reports[0]?.scratch)
  })
})
