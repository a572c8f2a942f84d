// Modules: finding parameters, names, freezing, conversion, modes.

import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/core/random.ts'
import { relu, sigmoid } from '../../../src/nn/activations.ts'
import { seedWeights } from '../../../src/nn/initializers.ts'
import { Linear } from '../../../src/nn/linear.ts'
import { Module } from '../../../src/nn/module.ts'
import { Parameter } from '../../../src/nn/parameter.ts'
import { FunctionLayer, Sequential } from '../../../src/nn/sequential.ts'
import { compile } from '../../../src/tensor/compile.ts'
import { ones, zeros } from '../../../src/tensor/creation.ts'
import { gradients } from '../../../src/tensor/gradients.ts'
import { type Tensor, tensor } from '../../../src/tensor/tensor.ts'
import { traceEpoch } from '../../../src/tensor/trace.ts'
import { Variable } from '../../../src/tensor/variable.ts'

const layer = (inputs: number, outputs: number): Linear => new Linear({ inputs, outputs })

class Everything extends Module {
  readonly scale: Parameter = new Parameter(ones([2]))
  readonly mean: Variable = new Variable(zeros([2]))
  readonly blocks: Module[] = [layer(2, 3), layer(3, 2)]
  readonly heads: Record<string, Linear> = { digits: layer(2, 10), letters: layer(2, 26) }
  readonly first: Module = this.blocks[0]!
  readonly sizes: number[] = [1, 2, 3]
  readonly nothing: undefined = undefined

  override forward(x: Tensor): Tensor {
    return this.heads.digits!.forward(
      this.blocks.reduce((value, block) => block.forward(value), x.multiply(this.scale)),
    )
  }
}

describe('a module as text', () => {
  it('is its modules by name, with the shapes of what each holds itself, and what is frozen', () => {
    const model = new Everything()
    model.freeze('heads.digits')
    const text = [
      'Everything, 127 parameters, scale [2], mean [2]',
      '  blocks.0: Linear, weight [2, 3], bias [3]',
      '  blocks.1: Linear, weight [3, 2], bias [2]',
      '  heads.digits: Linear, weight [2, 10] frozen, bias [10] frozen',
      '  heads.letters: Linear, weight [2, 26], bias [26]',
    ]
    expect(String(model).split('\n')).toEqual(text)
    expect(inspect(new Sequential(layer(2, 3), relu, (x) => x))).toBe(
      'Sequential, 9 parameters\n  0: Linear, weight [2, 3], bias [3]\n  1: relu\n  2: function',
    )
  })
})

describe('what a module holds', () => {
  it('is found in properties, arrays and records, and has their names', () => {
    const model = new Everything()
    expect([...model.namedVariables().keys()]).toEqual([
      'scale',
      'mean',
      'blocks.0.weight',
      'blocks.0.bias',
      'blocks.1.weight',
      'blocks.1.bias',
      'heads.digits.weight',
      'heads.digits.bias',
      'heads.letters.weight',
      'heads.letters.bias',
    ])
    expect([...model.namedParameters().keys()]).not.toContain('mean')
    expect([...model.children.keys()]).toEqual(['blocks.0', 'blocks.1', 'heads.digits', 'heads.letters'])
    expect(model.parameters()).toEqual([...model.namedParameters().values()])
  })

  it('counts once where it is used twice', () => {
    const shared = layer(2, 2)
    const model = new Sequential(shared, relu, shared)
    expect([...model.namedParameters().keys()]).toEqual(['0.weight', '0.bias'])
    expect([...model.namedModules().keys()]).toEqual(['', '0', '1'])
  })

  it('has names in a Sequential by position, as in PyTorch', () => {
    const model = new Sequential(layer(2, 3), sigmoid, new Sequential(layer(3, 4), relu))
    expect([...model.namedParameters().keys()]).toEqual(['0.weight', '0.bias', '2.0.weight', '2.0.bias'])
    expect(model.layers[1]).toBeInstanceOf(FunctionLayer)
    expect(() => new Sequential(3 as never)).toThrow('layer 0 is neither a module nor a function')
  })

  it('is named in messages as seen from the outermost module', () => {
    const inner = new Sequential(layer(2, 3))
    expect(inner.parameters()[0]!.label).toBe('0.weight')
    const model = new Sequential(relu, inner)
    expect(model.parameters()[0]!.label).toBe('1.0.weight')
    expect(inner.parameters()[0]!.label).toBe('1.0.weight')
    const lonely = layer(2, 2)
    expect(() => gradients(lonely.forward(ones([1, 2])).sum(), model.parameters())).toThrow('variable 1.0.weight')
  })

  it('can be replaced', () => {
    const model = new Sequential(layer(2, 3), relu, new Sequential(layer(3, 4)))
    const epoch = traceEpoch()
    model.replace('2.0', layer(3, 7))
    expect(model.forward(ones([1, 2])).shape).toEqual([1, 7])
    expect(traceEpoch()).toBeGreaterThan(epoch)
    expect(() => model.replace('3', layer(1, 1))).toThrow("there is no module called '3', the names are 0, 1, 2, 2.0")
  })
})

describe('freezing', () => {
  it('takes parameters out of training, but not out of the model', () => {
    const model = new Everything()
    model.freeze({ except: model.heads.digits! })
    expect([...model.namedParameters().keys()]).toEqual(['heads.digits.weight', 'heads.digits.bias'])
    expect(model.namedVariables().size).toBe(10)
    model.unfreeze({ except: [model.blocks[0]!, model.scale] })
    expect(model.namedParameters().size).toBe(6)
    expect(model.unfreeze().parameters()).toHaveLength(9)
  })

  it('makes compiled functions trace again', () => {
    const model = layer(2, 2)
    const count = compile((x: Tensor) => x.multiply(model.parameters().length).sum())
    expect(count(ones([1])).item()).toBe(2)
    model.freeze({ except: model.weight })
    expect(count(ones([1])).item()).toBe(1)
  })

  it('knows only parts of the model', () => {
    expect(() => layer(2, 2).freeze({ except: layer(2, 2) })).toThrow(
      'freeze: the exception weight is no part of this Linear',
    )
  })
})

describe('train and eval', () => {
  it('reach every module, and make compiled functions trace again', () => {
    class Mode extends Module {
      override forward(x: Tensor): Tensor {
        return this.training ? x : x.multiply(0)
      }
    }
    const model = new Sequential(new Sequential(new Mode()))
    const run = compile((x: Tensor) => model.forward(x))
    expect(run(ones([1])).item()).toBe(1)
    expect(model.eval().training).toBe(false)
    expect(run(ones([1])).item()).toBe(0)
    expect(run(ones([1])).item()).toBe(0)
    model.train()
    expect(run(ones([1])).item()).toBe(1)
  })

  it('trace nothing again where nothing changes, or nobody has looked at the mode', () => {
    const model = layer(1, 1)
    const epoch = traceEpoch()
    model.eval()
    model.train()
    expect(traceEpoch()).toBe(epoch)
    expect(model.training).toBe(true)
    model.train()
    expect(traceEpoch()).toBe(epoch)
    model.eval()
    expect(traceEpoch()).toBeGreaterThan(epoch)
  })

  it('can be left for a while; each module goes back to its own mode', () => {
    const [first, second] = [layer(1, 1), layer(1, 1)]
    const model = new Sequential(first, second)
    second.eval()
    const resume = model.pauseTraining()
    expect([model.training, first.training, second.training]).toEqual([false, false, false])
    resume()
    expect([model.training, first.training, second.training]).toEqual([true, true, false])
  })
})

describe('to', () => {
  it('converts parameters and state to f64 and back, exactly', () => {
    const model = new Everything()
    const before = model.blocks[0]!.parameters()[0]!.dataSync()
    model.freeze({ except: model.scale }).to('f64')
    expect([...model.namedVariables().values()].every(({ dtype }) => dtype === 'f64')).toBe(true)
    expect(model.parameters()).toEqual([model.scale])
    expect(model.first).toBe(model.blocks[0])
    expect(model.forward(ones([1, 2])).dtype).toBe('f64')
    model.to('f32').unfreeze()
    expect(model.blocks[0]!.parameters()[0]!.dataSync()).toEqual(before)
    expect(() => model.to('i32')).toThrow('parameters are f32 or f64, not i32')
  })
})

describe('Linear', () => {
  it('computes x W + b and its gradients', () => {
    const model = new Linear({
      inputs: 2,
      outputs: 3,
      initializer: () =>
        tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]),
    })
    model.bias!.assign(tensor([0.5, 0, -0.5]))
    const x = tensor([
      [1, 10],
      [-1, 2],
    ])
    expect(model.forward(x).toArray()).toEqual([
      [41.5, 52, 62.5],
      [7.5, 8, 8.5],
    ])
    const upstream = tensor([
      [1, 0, 0],
      [0, 1, 2],
    ])
    const found = gradients(model.forward(x), [x, model.weight, model.bias!], { upstream })
    // dX = U W', dW = X' U, db = the sum of U's rows.
    expect(found.map((gradient) => gradient.toArray())).toEqual([
      [
        [1, 4],
        [8, 17],
      ],
      [
        [1, -1, -2],
        [10, 2, 4],
      ],
      [1, 1, 2],
    ])
  })

  it('takes any number of axes in front, and does without a bias', () => {
    const model = new Linear({ inputs: 2, outputs: 3, bias: false })
    expect(model.parameters()).toHaveLength(1)
    expect(model.forward(ones([4, 5, 2])).shape).toEqual([4, 5, 3])
    expect(model.forward(ones([2])).shape).toEqual([3])
  })

  it('is the same for the same seed', () => {
    const values = (model: Module): number[][] => model.parameters().map((p) => Array.from(p.dataSync()))
    const build = (): Module => new Sequential(layer(3, 4), relu, layer(4, 2))
    seedWeights(7)
    const first = values(build())
    const second = values(build())
    seedWeights(7)
    expect(values(build())).toEqual(first)
    expect(second).not.toEqual(first)
    const drawn = () => new Linear({ inputs: 3, outputs: 4, random: new Random(9) })
    expect(values(drawn())).toEqual(values(drawn()))
  })

  it('refuses what makes no sense in a sentence', () => {
    expect(() => layer(0, 2)).toThrow('Linear: inputs must be a whole number of 1 or more, not 0')
    expect(() => layer(2, 2.5)).toThrow('Linear: outputs must be a whole number of 1 or more, not 2.5')
    expect(() => layer(3, 2).forward(ones([4, 5]))).toThrow(
      'Linear: the input has shape [4, 5], but this layer takes [.., 3], at module.test.ts',
    )
  })
})
