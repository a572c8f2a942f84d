// Fine-tuning: a new head on a frozen network, then all of it at two rates; and what is frozen costs nothing.

import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/core/random.ts'
import { ImageClassifier } from '../../../src/models/image-classifier.ts'
import { accuracy } from '../../../src/nn/accuracy.ts'
import { relu } from '../../../src/nn/activations.ts'
import { BatchNorm2d } from '../../../src/nn/batch-norm.ts'
import { Conv2d } from '../../../src/nn/conv2d.ts'
import { Linear } from '../../../src/nn/linear.ts'
import { crossEntropy } from '../../../src/nn/losses.ts'
import { Sequential } from '../../../src/nn/sequential.ts'
import { topologicalOrder } from '../../../src/ops/node.ts'
import { Adam, AdamW } from '../../../src/optim/adam.ts'
import { Sgd } from '../../../src/optim/sgd.ts'
import { compile } from '../../../src/tensor/compile.ts'
import { gradients } from '../../../src/tensor/gradients.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { Variable } from '../../../src/tensor/variable.ts'

class TinyNet extends ImageClassifier {
  readonly features: Sequential
  readonly fc: Linear

  constructor(random: Random) {
    super()
    this.features = new Sequential(
      new Conv2d({ inputs: 1, outputs: 6, kernel: 3, random }),
      new BatchNorm2d({ channels: 6 }),
      relu,
      new Conv2d({ inputs: 6, outputs: 6, kernel: 3, random }),
      relu,
    )
    this.fc = new Linear({ inputs: 6, outputs: 2, random })
  }

  override get headName(): string {
    return 'fc'
  }

  override forward(x: Tensor): Tensor {
    return this.fc.forward(this.features.forward(x).mean([1, 2]))
  }
}

/** Images whose class shows in their brightness. */
function images(random: Random, count: number, classes: number): readonly [Tensor, Tensor] {
  const labels = Int32Array.from({ length: count }, () => random.integer(classes))
  const pixels = Float32Array.from({ length: count * 64 }, (_, i) => {
    return (labels[Math.floor(i / 64)] as number) + random.normal(0, 0.3)
  })
  return [tensor(pixels, { shape: [count, 8, 8, 1] }), tensor(labels)]
}

function values(variables: readonly Variable[]): number[][] {
  return variables.map((variable) => Array.from(variable.dataSync()))
}

describe('fine-tuning', () => {
  const random = new Random(3)
  const model = new TinyNet(random)
  const [x, labels] = images(random, 48, 3)

  it('trains a new head alone on a frozen network', () => {
    model.replaceHead({ classes: 3, random })
    model.freeze({ except: model.head })
    const backbone = model.features.children.get('0')?.namedVariables() ?? new Map<string, Variable>()
    const before = values([...backbone.values()])
    const optimizer = new Adam(model.parameters(), { learningRate: 0.05 })
    const step = compile((a: Tensor, b: Tensor) => {
      const loss = crossEntropy(model.forward(a), b)
      optimizer.step(gradients(loss, model.parameters()))
      return loss
    })
    const losses = Array.from({ length: 60 }, () => step(x, labels).item())
    expect(optimizer.parameters.map(({ label }) => label)).toEqual(['fc.weight', 'fc.bias'])
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] as number))
    expect(values([...backbone.values()])).toEqual(before)
    expect(accuracy(model.eval().forward(x), labels).item()).toBeGreaterThan(0.8)
    model.train()
  })

  it('goes on with all of it, the network at a rate of its own', () => {
    model.unfreeze()
    const groups = [{ parameters: model.head.parameters() }, { parameters: model.backbone, learningRate: 0 }]
    const optimizer = new AdamW(groups, { learningRate: 0.01 })
    const step = compile((a: Tensor, b: Tensor) => {
      const loss = crossEntropy(model.forward(a), b)
      optimizer.step(gradients(loss, optimizer.parameters))
      return loss
    })
    const [head, backbone] = [values(model.head.parameters()), values(model.backbone)]
    step(x, labels).item()
    expect(values(model.head.parameters())).not.toEqual(head)
    // AdamW's decay goes with the rate: at rate 0 nothing moves.
    expect(values(model.backbone)).toEqual(backbone)
  })
})

describe('groups of an optimizer', () => {
  const step = (rate: (group: 0 | 1) => number, optimizer: Sgd, variables: readonly Variable[]): void => {
    optimizer.step(variables.map(() => tensor([1])))
    for (const [i, variable] of variables.entries()) {
      expect(Math.abs(variable.item() - (1 - rate(i as 0 | 1)))).toBeLessThan(1e-6)
      variable.write(new Float32Array([1]))
    }
  }

  it('have rates and schedules of their own, which setting the optimizer’s leaves alone', () => {
    const variables = [new Variable(tensor([1]), { label: 'a' }), new Variable(tensor([1]), { label: 'b' })]
    const [a, b] = variables as [Variable, Variable]
    const groups = [{ parameters: [a] }, { parameters: [b], learningRate: 0.02 }]
    const optimizer = new Sgd(groups, { learningRate: 0.1 })
    step((group) => [0.1, 0.02][group] as number, optimizer, variables)
    optimizer.learningRate = 0.4
    step((group) => [0.4, 0.02][group] as number, optimizer, variables)
    const scheduled = new Sgd(
      [
        { parameters: [a], learningRateFactor: 0.5 },
        { parameters: [b], learningRate: ({ step: done }) => 0.1 / (done + 1) },
      ],
      { learningRate: 0.2 },
    )
    step((group) => [0.1, 0.1][group] as number, scheduled, variables)
    step((group) => [0.1, 0.05][group] as number, scheduled, variables)
    expect(() => new Sgd([{ parameters: [a], learningRate: -1 }], { learningRate: 1 })).toThrow('learningRate must be')
  })
})

describe('what is frozen', () => {
  it('costs nothing: no gradient of the frozen convolutions is in the graph', () => {
    const model = new TinyNet(new Random(4))
    const [x, labels] = images(new Random(5), 4, 2)
    const opsOfGradients = (): string[] => {
      const forward = new Set(topologicalOrder([crossEntropy(model.forward(x), labels).node]))
      const loss = crossEntropy(model.forward(x), labels)
      const own = new Set(topologicalOrder([loss.node]))
      const found = gradients(loss, model.parameters()).map(({ node }) => node)
      return topologicalOrder(found)
        .filter((node) => !own.has(node) && !forward.has(node))
        .flatMap((node) => (node.kind === 'op' ? [node.op.name] : []))
    }
    const contractions = (): number => opsOfGradients().filter((name) => /conv|matmul/i.test(name)).length
    // Both convolutions and the head, for weights and inputs, without the images' own gradient.
    expect(contractions()).toBe(5)
    model.freeze({ except: model.head })
    expect(contractions()).toBe(1)
    model.unfreeze('features.3')
    expect(contractions()).toBe(3)
  })

  it('can be picked by names, by a function, and is an error by a wrong name', () => {
    const model = new TinyNet(new Random(6))
    model.freeze('features')
    expect([...model.namedParameters().keys()]).toEqual(['fc.weight', 'fc.bias'])
    model.unfreeze(['features.1', 'features.3.bias'])
    expect(model.namedParameters().size).toBe(5)
    model.unfreeze().freeze((name, parameter) => name.endsWith('bias') || parameter.rank === 4)
    expect([...model.namedParameters().keys()]).toEqual(['features.1.weight', 'fc.weight'])
    expect(() => model.freeze('feature')).toThrow(
      "freeze: there is no parameter or module called 'feature', the modules are features, fc",
    )
  })
})
