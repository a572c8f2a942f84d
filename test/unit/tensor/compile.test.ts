// Compiled functions: one trace per signature, no new program for new numbers, assignments in trace order, random numbers anew.

import { beforeAll, describe, expect, test } from 'vitest'
import {
  compile,
  deviceNames,
  full,
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

    test('takes compiled functions in as the plain ones they are, traced before or not', () => {
      const v = new Variable(tensor([1]))
      const constant = compile(() => v.add(1))
      const next = compile((x: Tensor) => {
        v.assign(v.add(1))
        return x.multiply(v)
      })
      expect(list(constant())).toEqual([2])
      expect(list(next(tensor([5])))).toEqual([10])
      const outer = compile((x: Tensor) => constant().add(next(x.square())))
      expect(list(outer(tensor([3])))).toEqual([3 + 9 * 3])
      expect(list(v)).toEqual([3])
      v.assign(tensor([10]))
      expect(list(outer(tensor([1])))).toEqual([11 + 11])
    })

    test('is over after an error', () => {
      const f = compile((x: Tensor) => x.add(x.item()))
      expect(() => f(tensor([1]))).toThrow(UsageError)
      expect(list(compile((x: Tensor) => x.add(1))(tensor([1])))).toEqual([2])
    })

    test('keeps its tensors: outside, and in another trace, they have no value', () => {
      let kept: Tensor = tensor([0])
      const leak = compile((x: Tensor) => {
        kept = x.add(1)
        return x
      })
      leak(tensor([1]))
      const message = 'this tensor is an argument of a function that is being traced; it has no value'
      expect(() => kept.dataSync()).toThrow(message)
      expect(() => compile((x: Tensor) => x.add(kept))(tensor([1]))).toThrow(message)
      expect(() => leak(kept)).toThrow(message)
    })

    test('takes a value of a variable from outside only while the variable holds what it held', () => {
      const v = new Variable(tensor([1]), { label: 'scale' })
      const before = v.multiply(2)
      const f = compile(() => before.add(0))
      expect(list(f())).toEqual([2])
      v.assign(tensor([5]))
      expect(() => f()).toThrow('a value that depends on variable scale is read after the variable was assigned')
      expect(() => compile(() => before.add(1))()).toThrow('variable scale')
      const given = compile(() => v)
      expect(list(given())).toEqual([5])
      v.assign(tensor([6]))
      expect(list(given())).toEqual([6])
    })

    test('refuses arguments and results that it cannot see into', () => {
      const f = compile((_: unknown) => tensor([1]).add(1))
      class Settings {}
      const cyclic: { self?: unknown } = {}
      cyclic.self = cyclic
      const kinds = [
        [new Map(), 'not a Map'],
        [new Settings(), 'not a Settings'],
        [new Float32Array(1), 'not a Float32Array'],
        [1n, 'not the BigInt 1n'],
        [Symbol('s'), 'not a symbol'],
        [() => 1, 'not a function'],
        [{ deep: [cyclic] }, 'not a cyclic object'],
      ] as const
      for (const [value, message] of kinds) {
        expect(() => f(value)).toThrow(UsageError)
        expect(() => f(value)).toThrow(`a compiled function takes tensors, numbers, strings`)
        expect(() => f(value)).toThrow(message)
      }
      expect(() => compile((x: Tensor) => new Map([['x', x]]))(tensor([1]))).toThrow('gives tensors')
      const v = new Variable(tensor([1]), { label: 'weights' })
      expect(() => f({ v })).toThrow('capture variable weights instead')
    })

    test('tells constants apart by type and value, and shared parts from cycles', () => {
      let traces = 0
      const f = compile((_: unknown) => {
        traces++
        return tensor([1])
      })
      const constants = [0, -0, 1, '1', true, 'true', null, 'null', undefined, 'undefined', Number.NaN, 'NaN']
      const forms = [...constants, Number.POSITIVE_INFINITY, 'Infinity', [], {}, [[]], ['a,b'], ['a', 'b'], { a: 1 }]
      for (const form of [...forms, ...forms]) f(form)
      expect(traces).toBe(forms.length)
      const part = { a: 1 }
      f([part, part])
      f(Object.assign(Object.create(null), { a: 1 }))
      expect(traces).toBe(forms.length + 1)
    })

    test('its reports are those of the signatures kept, 64 at most', () => {
      const f = compile((x: Tensor, _: number) => x.add(1))
      for (let i = 0; i < 70; i++) f(tensor([1]), i)
      expect(f.reports).toHaveLength(64)
    })

    test('is not for async functions', () => {
      expect(() => compile(async (x: Tensor) => x)(tensor([1]))).toThrow('must not be async')
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

    test('that fill tensors outside compiled functions make no new program', () => {
      const x = tensor([1, 2])
      list(full([2], 7).add(x))
      const programs = cachedPrograms()
      for (let value = 8; value < 20; value++) expect(list(full([2], value).add(x))).toEqual([value + 1, value + 2])
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

    test('from arrays of the host: checked against the dtype, and not inside a compiled function', () => {
      const v = new Variable(tensor([1, 2]), { label: 'weights' })
      v.write(new Float64Array([0.1, 1]))
      expect(list(v)).toEqual([Math.fround(0.1), 1])
      const bytes = new Variable(tensor([1, 2], { dtype: 'u8' }))
      expect(() => bytes.write(new Float32Array([1, 300]))).toThrow('write: 300 is not a u8 value')
      expect(() => bytes.write(new Int16Array(2) as never)).toThrow('not an Int16Array')
      expect(() => bytes.write([1, 2] as never)).toThrow('write: takes a typed array, not an array')
      expect(() => compile(() => v.write(new Float32Array(2)))()).toThrow(
        'write: variable weights is written inside a compiled function; assign a tensor to it there',
      )
      expect(list(v)).toEqual([Math.fround(0.1), 1])
    })

    test('by a function that writes its memory, before and after its first use, and never inside a compiled function', () => {
      const v = new Variable(tensor([1, 2]), { label: 'weights' })
      v.fill((values) => values.set([3, 4]))
      expect(list(v)).toEqual([3, 4])
      const before = v.add(1)
      v.fill((values) => {
        expect(values).toHaveLength(2)
        values.fill(5)
      })
      expect(list(v)).toEqual([5, 5])
      expect(() => before.dataSync()).toThrow('a value that depends on variable weights is read after')
      expect(() => compile(() => v.fill((values) => values.fill(6)))()).toThrow(
        'fill: variable weights is written inside a compiled function; assign a tensor to it there',
      )
      expect(list(v)).toEqual([5, 5])
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
