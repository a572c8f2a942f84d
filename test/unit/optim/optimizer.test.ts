// Optimizers: rates that change without compiling, groups, steps, saved state, and what they refuse.

import { describe, expect, it } from 'vitest'
import { Linear } from '../../../src/nn/linear.ts'
import { meanSquaredError } from '../../../src/nn/losses.ts'
import { Adam, AdamW } from '../../../src/optim/adam.ts'
import { clipByNorm, clipByValue, globalNorm } from '../../../src/optim/clipping.ts'
import { cosine, exponential, oneCycle, warmUp } from '../../../src/optim/learning-rate-schedules.ts'
import type { Optimizer } from '../../../src/optim/optimizer.ts'
import { Sgd } from '../../../src/optim/sgd.ts'
import { compile } from '../../../src/tensor/compile.ts'
import { ones } from '../../../src/tensor/creation.ts'
import { gradients } from '../../../src/tensor/gradients.ts'
import { cachedPrograms } from '../../../src/tensor/realize.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { Variable } from '../../../src/tensor/variable.ts'

const variable = (values: number[], label: string): Variable =>
  new Variable(tensor(values, { dtype: 'f64' }), { label })
const f64 = (values: number[]): Tensor => tensor(values, { dtype: 'f64' })
const round = (values: ArrayLike<number>): number[] => Array.from(values, (value) => Math.round(value * 1e7) / 1e7)

describe('learning rate', () => {
  it('changes without compiling or tracing anew', () => {
    const w = variable([1], 'w')
    const optimizer = new Sgd([w], { learningRate: 0.5 })
    let traces = 0
    const step = compile(() => {
      traces++
      optimizer.step([f64([1])])
      return w
    })
    expect(step().item()).toBe(0.5)
    const programs = cachedPrograms()
    optimizer.learningRate *= 0.5
    expect(step().item()).toBe(0.25)
    optimizer.learningRate = ({ step: done }) => done
    expect(optimizer.learningRate).toBe(2)
    expect(step().item()).toBe(-1.75)
    expect([traces, cachedPrograms()]).toEqual([1, programs])
  })

  it('follows epochs once they are known', () => {
    const optimizer = new Sgd([variable([1], 'w')], { learningRate: exponential({ start: 1, factor: 0.5, every: 2 }) })
    expect(() => optimizer.learningRate).toThrow('exponential: the epoch is not known; set optimizer.plan')
    optimizer.plan = { stepsPerEpoch: 2 }
    const rates = Array.from({ length: 9 }, () => {
      const rate = optimizer.learningRate
      optimizer.step([f64([0])])
      return rate
    })
    expect(rates).toEqual([1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25])
  })

  it('ends low after one cycle and half a cosine, and stays there', () => {
    const [cycle, half] = [oneCycle({ max: 1, steps: 10 }), cosine({ start: 1, end: 0.1, steps: 10 })]
    const at = (step: number) => ({ step, epoch: undefined, steps: undefined })
    expect(Math.max(...Array.from({ length: 10 }, (_, i) => cycle(at(i))))).toBe(1)
    expect(cycle(at(9))).toBeCloseTo(1 / 25e4, 12)
    expect(cycle(at(500))).toBeCloseTo(1 / 25e4, 12)
    expect([half(at(10)), half(at(500))]).toEqual([0.1, 0.1])
    expect([0, 1, 3, 4, 9].map((step) => warmUp(2, { steps: 4 })(at(step)))).toEqual([0.5, 1, 2, 2, 2])
    for (const steps of [1, 2, 3])
      for (let i = 0; i < steps; i++) expect(oneCycle({ max: 1, steps })(at(i))).toBeGreaterThan(0)
  })

  it('refuses rates that are no rates', () => {
    expect(() => new Sgd([variable([1], 'w')], { learningRate: -1 })).toThrow(
      'learningRate must be a number of 0 or more, not -1',
    )
    const optimizer = new Sgd([variable([1], 'w')], { learningRate: () => Number.NaN })
    expect(() => optimizer.step([f64([1])])).toThrow(
      "the schedule's learning rate after 0 steps must be a number of 0 or more",
    )
    expect(() => new Sgd([variable([1], 'w')], Object({ learningRate: '0.1' }))).toThrow(
      'learningRate must be a number of 0 or more, not the string "0.1"',
    )
  })

  it('is the highest at once where one cycle rises for a single step', () => {
    expect(oneCycle({ max: 1, rising: 0.1, steps: 10 })({ step: 0, epoch: undefined, steps: undefined })).toBe(1)
  })

  it('refuses lengths that are none', () => {
    expect(() => oneCycle({ max: 1, rising: 2 })).toThrow('rising must be from 0 to 1')
    expect(() => oneCycle({ max: 1, steps: 0 })).toThrow('oneCycle: steps must be a number above 0, not 0')
    expect(() => cosine({ start: 1, steps: 0 })).toThrow('cosine: steps must be a number above 0, not 0')
    expect(() => exponential({ start: 1, every: 0 })).toThrow('exponential: every must be a number above 0, not 0')
    expect(() => warmUp(1, { steps: Number.NaN })).toThrow('warmUp: steps must be a number of 0 or more, not NaN')
  })
})

describe('parameters', () => {
  it('decay only where they should', () => {
    const [w, b] = [new Variable(ones([1, 2], 'f64'), { label: 'weight' }), variable([1, 1], 'bias')]
    const optimizer = new Sgd([w, b], { learningRate: 0.1, weightDecay: 0.5, decay: (name) => !name.endsWith('bias') })
    optimizer.step([f64([0, 0]).reshape([1, 2]), f64([0, 0])])
    expect(round(w.dataSync())).toEqual([0.95, 0.95])
    expect(round(b.dataSync())).toEqual([1, 1])
  })

  it('come in groups with rates and decays of their own', () => {
    const [a, b, c] = [variable([1], 'a'), variable([1], 'b'), variable([1], 'c')]
    const optimizer = new AdamW(
      [{ parameters: [a] }, { parameters: [b], learningRateFactor: 0.1 }, { parameters: [c], weightDecay: 0 }],
      { learningRate: 0.1, weightDecay: 1 },
    )
    compile(() => optimizer.step([f64([2]), f64([2]), f64([2])]))()
    // Adam's first step is the rate itself; the decay before it takes rate x decay of the value.
    expect(round(a.dataSync())).toEqual([0.8])
    expect(round(b.dataSync())).toEqual([0.98])
    expect(round(c.dataSync())).toEqual([0.9])
  })

  it('are refused in a sentence where they make no sense', () => {
    const w = variable([1, 2], 'w')
    expect(() => new Sgd([], { learningRate: 1 })).toThrow('an optimizer needs parameters')
    expect(() => new Sgd([w, w], { learningRate: 1 })).toThrow('parameter w is given to the optimizer twice')
    const strangers = [[w, { parameters: [w] }], [{ params: [w] }], [{ parameters: w }], [f64([1])], [null]]
    for (const parameters of strangers) {
      expect(() => Reflect.construct(Sgd, [parameters, { learningRate: 1 }])).toThrow(
        'an optimizer takes parameters, or groups { parameters: [..] } of them, but not both, and not',
      )
    }
    expect(() => Reflect.construct(Sgd, [new Map([['w', w]]), { learningRate: 1 }])).toThrow(
      'an optimizer takes an array, such as model.parameters(), not a Map',
    )
    const optimizer = new Sgd([w], { learningRate: 1 })
    expect(() => optimizer.step([])).toThrow('the optimizer has 1 parameters, but there are 0 gradients')
    expect(() => optimizer.step([f64([1])])).toThrow('parameter w has shape [2], its gradient [1]')
    expect(() => Reflect.apply(optimizer.step, optimizer, [[1]])).toThrow('step: takes a tensor, not the number 1')
    expect(() => new Sgd([w], { learningRate: 1, nesterov: true })).toThrow('nesterov needs a momentum above 0')
    expect(() => new Adam([w], { learningRate: 1, betas: [0.9, 1] })).toThrow(
      'betas must be at least 0 and below 1, not 1',
    )
  })
})

describe('steps', () => {
  it('are counted across programs: Adam’s corrections go on', () => {
    const [mixed, plain] = [variable([1], 'mixed'), variable([1], 'plain')]
    const [a, b] = [new Adam([mixed], { learningRate: 0.1 }), new Adam([plain], { learningRate: 0.1 })]
    const gradient = (x: Tensor): Tensor => x.sum().reshape([1])
    const run = compile((x: Tensor) => a.step([gradient(x)]))
    const inputs = [f64([1, 2]), f64([3]), f64([0.5, 1]), f64([-2]), f64([4, 4])]
    for (const x of inputs) run(x)
    for (const x of inputs) b.step([gradient(x)])
    expect([a.steps, b.steps]).toEqual([5, 5])
    expect(mixed.item()).toBeCloseTo(plain.item(), 14)
  })
})

describe('state', () => {
  const makers: Record<string, (parameters: Variable[]) => Optimizer> = {
    Sgd: (p) => new Sgd(p, { learningRate: 0.1, momentum: 0.9 }),
    Adam: (p) => new Adam(p, { learningRate: 0.1 }),
    AdamW: (p) => new AdamW(p, { learningRate: warmUp(0.1, { steps: 5 }) }),
  }

  it.each(Object.keys(makers))('of %s goes on to the same bits', async (name) => {
    const make = makers[name]!
    const run = (model: Linear, optimizer: Optimizer, count: number): void => {
      const step = compile((x: Tensor, y: Tensor) => {
        optimizer.step(gradients(meanSquaredError(model.forward(x), y), model.parameters()))
      })
      for (let i = 0; i < count; i++) step(tensor([[1, 2, i]]), tensor([[i, 1]]))
    }
    const whole = new Linear({ inputs: 3, outputs: 2 })
    const broken = new Linear({
      inputs: 3,
      outputs: 2,
      initializer: () => tensor(whole.weight.dataSync(), { shape: [3, 2] }),
    })
    const before = make(broken.parameters())
    run(broken, before, 4)
    before.learningRate *= 0.5
    const after = make(broken.parameters())
    after.restore(await before.state())
    run(broken, after, 4)

    const optimizer = make(whole.parameters())
    run(whole, optimizer, 4)
    optimizer.learningRate *= 0.5
    if (name === 'AdamW') after.learningRate = optimizer.learningRate
    run(whole, optimizer, 4)
    expect(after.steps).toBe(8)
    if (name !== 'AdamW') expect(broken.weight.dataSync()).toEqual(whole.weight.dataSync())
  })

  it('of another optimizer or of other parameters is refused, and nothing is changed', async () => {
    const w = variable([1], 'w')
    const sgd = new Sgd([w], { learningRate: 1, momentum: 0.5 })
    const adam = new Adam([w], { learningRate: 1 })
    sgd.step([f64([1])])
    const state = await sgd.state()
    expect(() => adam.restore(state)).toThrow("the saved optimizer has no 'first moment of w'")
    expect(() => new Sgd([w], { learningRate: 1 }).restore(state)).toThrow(
      "has 'momentum of w', which this one does not keep",
    )
    const other = new Sgd([variable([1, 2], 'w')], { learningRate: 1, momentum: 0.5 })
    expect(() => other.restore(state)).toThrow("'momentum of w' is f64 [1], but f64 [2] is needed")
    expect([adam.steps, other.steps]).toEqual([0, 0])
  })
})

describe('clipping', () => {
  it('limits each element', () => {
    const found = clipByValue([f64([-3, 0.5]), f64([2])], 1)
    expect(found.map((gradient) => gradient.toArray())).toEqual([[-1, 0.5], [1]])
  })

  it('limits the norm of all together and keeps the direction', () => {
    const long = [f64([3, 0]), f64([4])]
    const found = clipByNorm(long, 1)
    expect(globalNorm(long).item()).toBe(5)
    expect(globalNorm(found).item()).toBeCloseTo(1, 5)
    expect(found[0]!.dataSync()[0]! / found[1]!.dataSync()[0]!).toBeCloseTo(0.75, 12)
    expect(clipByNorm(long, 10).map((gradient) => gradient.toArray())).toEqual([[3, 0], [4]])
  })

  it('keeps the dtype of each gradient', () => {
    const mixed = [tensor([3, 4]), f64([12])]
    expect(clipByNorm(mixed, 1).map(({ dtype }) => dtype)).toEqual(['f32', 'f64'])
  })

  it('refuses limits that are none', () => {
    expect(() => clipByNorm([f64([1])], 0)).toThrow('clipByNorm: the limit must be above 0, not 0')
    expect(() => globalNorm([])).toThrow('there are no gradients')
  })
})
