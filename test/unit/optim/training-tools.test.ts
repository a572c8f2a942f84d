// Schedules that follow the loss, and averages of weights, in use.

import { describe, expect, it } from 'vitest'
import { Linear } from '../../../src/nn/linear.ts'
import { reduceOnPlateau } from '../../../src/optim/learning-rate-schedules.ts'
import { Sgd, sgd } from '../../../src/optim/sgd.ts'
import { WeightAverage } from '../../../src/optim/weight-average.ts'
import { compile } from '../../../src/tensor/compile.ts'
import { gradients } from '../../../src/tensor/gradients.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { Variable } from '../../../src/tensor/variable.ts'
import { Trainer } from '../../../src/train/trainer.ts'
import { network, samples, workload } from '../train/workload.ts'

describe('reduceOnPlateau', () => {
  it('is told the losses by a Trainer', async () => {
    // No epoch's loss is a hundred times lower than the best before: every epoch but the first stands still.
    const schedule = reduceOnPlateau({ start: 0.4, factor: 0.5, patience: 0, threshold: 0.99 })
    const options = { ...workload(5), optimizer: sgd({ learningRate: schedule }) }
    const { history } = await new Trainer(network(), options).fit(samples.train, { valid: samples.valid })
    expect(history.map(({ learningRate }) => learningRate)).toEqual([0.4, 0.4, 0.2, 0.1, 0.05])
  })

  it('is told by a loop of one’s own through the plan', () => {
    const variable = new Variable(tensor([1]), { label: 'w' })
    const optimizer = new Sgd([variable], { learningRate: reduceOnPlateau({ start: 1, patience: 1 }) })
    expect(() => optimizer.learningRate).toThrow('reduceOnPlateau: the loss of the epochs so far is not known')
    optimizer.plan = { losses: [3, 2, 2] }
    expect(optimizer.learningRate).toBe(1)
    optimizer.plan = { losses: [3, 2, 2, 2] }
    expect(optimizer.learningRate).toBe(0.1)
    expect(() => reduceOnPlateau({ start: 1, factor: 2 })).toThrow('factor must be between 0 and 1, not 2')
  })
})

describe('WeightAverage', () => {
  it('is part of a compiled step, and can stand in for the weights', () => {
    const model = new Linear({ inputs: 2, outputs: 1, bias: false, initializer: () => tensor([[1], [1]]) })
    const average = new WeightAverage(model, { decay: 0.5 })
    const optimizer = new Sgd(model.parameters(), { learningRate: 1 })
    const step = compile((x: Tensor) => {
      optimizer.step(gradients(model.forward(x).sum(), model.parameters()))
      average.update()
    })
    const predict = compile((x: Tensor) => model.forward(x))
    const x = tensor([[1, 0]])
    step(x)
    step(x)
    // Weights 0, then -1; averages 0, then -0.5.
    expect(predict(x).item()).toBe(-1)
    const restore = average.apply()
    expect(predict(x).item()).toBe(-0.5)
    restore()
    expect(predict(x).item()).toBe(-1)
    step(x)
    expect(predict(x).item()).toBe(-2)
    expect(average.updates).toBe(3)
  })

  it('works outside of compiled functions, and refuses what makes no sense', () => {
    const model = new Linear({ inputs: 1, outputs: 1, bias: false, initializer: () => tensor([[2]]) })
    const average = new WeightAverage(model)
    average.update()
    model.weight.assign(tensor([[4]]))
    average.update()
    average.apply()
    expect(model.weight.item()).toBe(3)
    expect(() => new WeightAverage(model, { decay: 1 })).toThrow('decay must be at least 0 and below 1, not 1')
    expect(() => new WeightAverage(model.freeze())).toThrow('the model has no parameters to train')
  })
})
