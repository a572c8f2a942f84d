// Compiled functions: one trace per signature, no new program for new numbers, assignments in trace order, random numbers anew.

import { beforeAll, describe, expect, test } from 'vitest'
import {
  compile,
  deviceNames,
  gradients,
  hostScalar,
  init,
  random,
  seedRandom,
  type Tensor,
  tensor,
  UsageError,
  Variable,
  zeros,
} from '../../../src/index.ts'
import { cachedPrograms } from '../../../src/tensor/realize.ts'
import { bumpTraceEpoch } from '../../../src/tensor/trace.ts'

const list = (x: Tensor): number[] => [...x.dataSync()]

describe.each(deviceNames)('on %s', (device) => {
  beforeAll(() => init({ device }))

  describe('a trace', () => {
    test('happens once per shape, dtype and other argument', () => {
      let traces = 0
      const f = compile((x: Tensor, options: { readonly twice: boolean }) => {
        traces++
        return options.twice ? x.multiply(2) : x.add(1)
      })
      expect(list(f(tensor([1, 2]), { twice: true }))).toEqual([2, 4])
      expect(list(f(tensor([3, 4]), { twice: true }))).toEqual([6, 8])
      expect(traces).toBe(1)
      expect(list(f(tensor([3, 4]), { twice: false }))).toEqual([4, 5])
      expect(traces).toBe(2)
      expect(list(f(tensor([3, 4, 5]), { twice: true }))).toEqual([6, 8, 10])
      expect(traces).toBe(3)
      expect(list(f(tensor([3, 4], { dtype: 'i32' }), { twice: true }))).toEqual([6, 8])
      expect(traces).toBe(4)
      f(tensor([5, 6]), { twice: true })
      expect(traces).toBe(4)
    })

    test('happens again when modules say that something changed', () => {
      let traces = 0
      const f = compile((x: Tensor) => {
        traces++
        return x.negate()
      })
      f(tensor([1]))
      bumpTraceEpoch()
      f(tensor([1]))
      expect(traces).toBe(2)
    })

    test('keeps the form of what the function returns', () => {
      const f = compile((pair: readonly [Tensor, { readonly y: Tensor }]) => ({
        sum: pair[0].add(pair[1].y),
        parts: [pair[0], 'name', null, 3] as const,
      }))
      const { sum, parts } = f([tensor([1]), { y: tensor([2]) }])
      expect(list(sum)).toEqual([3])
      expect(list(parts[0])).toEqual([1])
      expect(parts.slice(1)).toEqual(['name', null, 3])
    })

    test('does not let values be read', () => {
      const f = compile((x: Tensor) => {
        if (x.sum().item() > 0) return x
        return x.negate()
      })
      expect(() => f(tensor([1]))).toThrow(UsageError)
      expect(() => f(tensor([1]))).toThrow(
        /^a value was read inside a compiled function; return the tensor and read it outside, at compile\.test\.ts:\d+$/,
      )
    })

    test('does not nest, and is over after an error', () => {
      const inner = compile((x: Tensor) => x.add(1))
      const outer = compile((x: Tensor) => inner(x))
      expect(() => outer(tensor([1]))).toThrow('a compiled function was called while another one is being traced')
      expect(list(inner(tensor([1])))).toEqual([2])
    })

    test('is not for async functions nor for functions as arguments', () => {
      expect(() => compile(async (x: Tensor) => x)(tensor([1]))).toThrow('must not be async')
      expect(() => compile((f: () => number) => f())(() => 1)).toThrow('not functions')
    })

    test('takes the value of a tensor from outside as it was', () => {
      const outside = tensor([10, 20]).add(1)
      const f = compile((x: Tensor) => x.add(outside))
      expect(list(f(tensor([1, 2])))).toEqual([12, 23])
      expect(list(f(tensor([3, 4])))).toEqual([14, 25])
    })
  })

  describe('numbers', () => {
    test('of the host change from call to call without a new program', () => {
      let rate = 0.5
      const f = compile((x: Tensor) => x.multiply(hostScalar(() => rate)))
      expect(list(f(tensor([2, 4])))).toEqual([1, 2])
      const programs = cachedPrograms()
      for (rate of [0.25, 3, -1]) expect(list(f(tensor([2, 4])))).toEqual([2 * rate, 4 * rate])
      expect(cachedPrograms()).toBe(programs)
    })

    test('outside compiled functions make no new program either', () => {
      const x = tensor([1, 2, 3])
      const scaled = (factor: number): number[] =>
        list(
          x
            .multiply(factor)
            .add(factor + 1)
            .tanh(),
        )
      scaled(2)
      const programs = cachedPrograms()
      for (let factor = 3; factor < 20; factor++) scaled(factor)
      expect(cachedPrograms()).toBe(programs)
    })

    test('programs are shared by structure, and at most 256 are kept', () => {
      const x = tensor(new Float32Array(4))
      for (let extent = 1; extent < 300; extent++) list(zeros([extent]).add(x.sum()))
      expect(cachedPrograms()).toBeLessThanOrEqual(256)
    })
  })

  describe('assignments', () => {
    test('take effect in trace order: later mentions see the new value', () => {
      const v = new Variable(tensor([1, 2]), { label: 'v' })
      const step = compile(() => {
        const before = v.multiply(10)
        v.assign(v.add(1))
        const between = v.multiply(10)
        v.assign(v.multiply(2))
        return { before, between, after: v.multiply(10) }
      })
      const { before, between, after } = step()
      expect([list(before), list(between), list(after)]).toEqual([
        [10, 20],
        [20, 30],
        [40, 60],
      ])
      expect(list(v)).toEqual([4, 6])
      step()
      expect(list(v)).toEqual([10, 14])
    })

    test('swap two variables', () => {
      const [a, b] = [new Variable(tensor([1, 2, 3])), new Variable(tensor([4, 5, 6]))]
      const swap = compile(() => {
        const kept = a.add(0)
        a.assign(b)
        b.assign(kept)
      })
      swap()
      expect([list(a), list(b)]).toEqual([
        [4, 5, 6],
        [1, 2, 3],
      ])
      swap()
      expect([list(a), list(b)]).toEqual([
        [1, 2, 3],
        [4, 5, 6],
      ])
    })

    test('rotate three variables by their own values, without a copy in between', () => {
      const variables = [1, 2, 3].map((value) => new Variable(tensor([value, 10 * value])))
      const [a, b, c] = variables as [Variable, Variable, Variable]
      const rotate = compile(() => {
        const [x, y, z] = [a.negate().negate(), b.negate().negate(), c.negate().negate()]
        a.assign(y)
        b.assign(z)
        c.assign(x)
      })
      rotate()
      expect(variables.map(list)).toEqual([
        [2, 20],
        [3, 30],
        [1, 10],
      ])
    })

    test('of a view of itself', () => {
      const v = new Variable(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      )
      compile(() => v.assign(v.transpose()))()
      expect(list(v)).toEqual([1, 3, 2, 4])
      compile(() => v.assign(v.flip()))()
      expect(list(v)).toEqual([4, 2, 3, 1])
      v.assign(v.at([1], null).broadcastTo([2, 2]).add(v))
      expect(list(v)).toEqual([7, 3, 6, 2])
    })

    test('to two variables of one value, and to none', () => {
      const [a, b, untouched] = [0, 0, 7].map((value) => new Variable(tensor([value]))) as [
        Variable,
        Variable,
        Variable,
      ]
      const f = compile((x: Tensor) => {
        const y = x.square()
        a.assign(y)
        b.assign(y)
        return untouched.add(y)
      })
      expect(list(f(tensor([3])))).toEqual([16])
      expect([list(a), list(b), list(untouched)]).toEqual([[9], [9], [7]])
    })

    test('of another shape or dtype are errors that name the variable', () => {
      const v = new Variable(tensor([1, 2]), { label: 'weights' })
      expect(() => v.assign(tensor([1, 2, 3]))).toThrow('assign: variable weights has shape [2], the value [3]')
      expect(() => v.assign(tensor([1, 2], { dtype: 'i32' }))).toThrow(
        'assign: variable weights is f32, the value i32; cast it',
      )
      expect(() => v.write(new Float32Array(3))).toThrow('write: 3 values do not fill variable weights of shape [2]')
    })

    test('a value from before an assignment cannot be read after it, and the error names the variable', () => {
      const v = new Variable(tensor([1, 2]), { label: 'bias' })
      const stale = v.multiply(2)
      const read = v.multiply(3)
      expect(list(read)).toEqual([3, 6])
      v.assign(tensor([5, 6]))
      expect(() => stale.dataSync()).toThrow(
        'a value that depends on variable bias is read after the variable was assigned; read it before, or compute it again',
      )
      expect(list(read)).toEqual([3, 6])
      expect(list(v.multiply(2))).toEqual([10, 12])
      const again = v.add(0)
      v.write(new Float32Array([1, 1]))
      expect(() => again.dataSync()).toThrow('variable bias')
    })

    test('made by a compiled call make older values stale, too', () => {
      const v = new Variable(tensor([1]), { label: 'state' })
      const stale = v.add(1)
      compile(() => v.assign(v.add(1)))()
      expect(() => stale.dataSync()).toThrow('variable state')
    })
  })

  describe('random numbers', () => {
    test('are new at each call, and the same again after seeding', () => {
      const f = compile(() => [random([4]), random([4])] as const)
      seedRandom(7)
      const first = [f(), f()].flatMap((pair) => pair.map(list))
      expect(new Set(first.map(String)).size).toBe(4)
      seedRandom(7)
      expect([f(), f()].flatMap((pair) => pair.map(list))).toEqual(first)
      seedRandom(8)
      expect(list(f()[0])).not.toEqual(first[0])
    })

    test('outside compiled functions: each draw its own', () => {
      seedRandom(1)
      const [a, b] = [random([3]), random([3])].map(list)
      expect(a).not.toEqual(b)
      seedRandom(1)
      expect(list(random([3]))).toEqual(a)
    })

    test('do not depend on what else a function computes', () => {
      const draw = compile(() => random([5]))
      const more = compile((x: Tensor) => [random([5]), x.exp().sum()] as const)
      seedRandom(3)
      const alone = list(draw())
      seedRandom(3)
      expect(list(more(tensor([1, 2]))[0])).toEqual(alone)
    })

    test('are drawn once for forward and backward', () => {
      const f = compile((x: Tensor) => {
        const mask = random([64]).less(0.5).cast('f32')
        const y = x.multiply(mask)
        return [y, ...gradients(y.sum(), [x])] as const
      })
      const [y, gradient] = f(tensor(new Float32Array(64).fill(1))) as [Tensor, Tensor]
      expect(list(gradient)).toEqual(list(y))
      const ones = list(y).filter((value) => value === 1).length
      expect(ones).toBeGreaterThan(10)
      expect(ones).toBeLessThan(54)
    })
  })
})

test('the devices draw the same random bits', async () => {
  const draws = []
  for (const device of deviceNames) {
    await init({ device })
    seedRandom(12)
    draws.push(list(random([33])), list(compile(() => random([2, 5], 'f64'))()))
  }
  expect(draws.slice(2)).toEqual(draws.slice(0, 2))
})
