// The training loop: what it computes, tells, refuses, and when it stops.

import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/core/random.ts'
import { Batches } from '../../../src/data/batches.ts'
import { Dataset } from '../../../src/data/dataset.ts'
import { accuracy } from '../../../src/nn/accuracy.ts'
import { relu, sigmoid } from '../../../src/nn/activations.ts'
import { Linear } from '../../../src/nn/linear.ts'
import { crossEntropy, l2Penalty, meanSquaredError, summedSquaredError } from '../../../src/nn/losses.ts'
import { Sequential } from '../../../src/nn/sequential.ts'
import { adam } from '../../../src/optim/adam.ts'
import { Sgd, sgd } from '../../../src/optim/sgd.ts'
import { gradients } from '../../../src/tensor/gradients.ts'
import { tensor } from '../../../src/tensor/tensor.ts'
import type { CheckpointStore } from '../../../src/train/checkpoint.ts'
import { Trainer, type TrainerOptions } from '../../../src/train/trainer.ts'
import { network, points, samples, workload } from './workload.ts'

const { train, valid } = samples
const plain = {
  optimizer: sgd({ learningRate: 0.5 }),
  loss: crossEntropy,
  metrics: [accuracy],
  epochs: 2,
  batchSize: 16,
}

function linear(): Linear {
  return new Linear({ inputs: 6, outputs: 3, random: new Random(3) })
}

function memoryStore(): CheckpointStore & { files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>()
  return {
    name: 'memory',
    files,
    read: async (name) => files.get(name),
    write: async (name, bytes) => {
      files.set(name, bytes)
    },
  }
}

describe('fit', () => {
  it.each(['reshuffled', 'once'] as const)('takes the steps that one takes by hand (batches %s)', async (batches) => {
    const model = linear()
    await new Trainer(model, { ...plain, batches, penalty: (m) => l2Penalty(m, 0.1) }).fit(train)

    const byHand = linear()
    const optimizer = new Sgd(byHand.parameters(), { learningRate: 0.5 })
    const order = new Batches(train.length, { batchSize: 16, order: batches })
    for (let step = 0; step < 12; step++) {
      const { inputs, labels } = train.batch(order.next())
      const loss = crossEntropy(byHand.forward(tensor(inputs.data, { shape: inputs.shape })), tensor(labels))
      optimizer.step(gradients(loss.add(l2Penalty(byHand, 0.1)), byHand.parameters()))
    }
    for (const [name, variable] of model.namedVariables()) {
      const other = byHand.namedVariables().get(name)!.dataSync()
      for (const [i, value] of variable.dataSync().entries()) expect(Math.abs(value - other[i]!)).toBeLessThan(1e-6)
    }
  })

  it('learns, and keeps a record of every epoch', async () => {
    const { history, ended, best } = await new Trainer(network(), workload(12)).fit(train, { valid })
    expect(ended).toBe('epochs')
    expect(history.map(({ epoch, steps }) => [epoch, steps])).toEqual(
      Array.from({ length: 12 }, (_, i) => [i + 1, 6 * (i + 1)]),
    )
    expect(history.at(-1)!.train.loss).toBeLessThan(history[0]!.train.loss / 1.5)
    expect(history.at(-1)!.valid!.accuracy).toBeGreaterThan(0.7)
    expect(history.map(({ learningRate }) => learningRate)).toEqual(
      history.map((_, i) => 0.02 * 0.9 ** Math.floor(i / 2)),
    )
    const highest = Math.max(...history.map((record) => record.valid!.accuracy!))
    expect(best).toEqual({
      epoch: 1 + history.findIndex((record) => record.valid!.accuracy === highest),
      score: highest,
    })
  })

  it('weights the partial batch by its samples', async () => {
    const model = linear()
    const trainer = new Trainer(model, { ...plain, optimizer: sgd({ learningRate: 0 }) })
    const { history } = await trainer.fit(train, { valid: train })
    const whole = crossEntropy(
      model.forward(tensor(train.inputs.data, { shape: [90, 6] })),
      tensor(train.labels),
    ).item()
    expect(history[0]!.train.loss).toBeCloseTo(whole, 6)
    expect(history[0]!.valid!.loss).toBeCloseTo(whole, 6)
  })

  it('sums losses that are sums', async () => {
    const model = new Linear({ inputs: 6, outputs: 6 })
    const options = { optimizer: sgd({ learningRate: 0 }), epochs: 1, batchSize: 16, target: 'inputs' as const }
    const [summed] = (await new Trainer(model, { ...options, loss: summedSquaredError }).fit(train)).history
    const [mean] = (await new Trainer(model, { ...options, loss: meanSquaredError }).fit(train)).history
    expect(summed!.train.loss / mean!.train.loss).toBeCloseTo(90 * 6, 2)
  })

  it('stops after the steps that were set, in the middle of an epoch', async () => {
    const result = await new Trainer(linear(), { ...plain, epochs: 9, stop: { steps: 8 } }).fit(train, { valid })
    expect(result.ended).toBe('steps')
    expect(result.history.map(({ steps }) => steps)).toEqual([6, 8])
  })

  it('stops once steps are shorter than a limit', async () => {
    const norms: number[] = []
    const model = linear()
    let before = model.weight.dataSync()
    const trainer = new Trainer(model, {
      ...plain,
      epochs: 200,
      batchSize: 90,
      stop: { stepNorm: 0.02 },
      optimizer: sgd({ learningRate: 1 }),
    })
    trainer.on('step', () => {
      const now = model.weight.dataSync()
      norms.push(Math.hypot(...now.map((value, i) => value - before[i]!)))
      before = now
    })
    const { ended } = await trainer.fit(train)
    expect(ended).toBe('stepNorm')
    expect(norms.at(-1)).toBeLessThan(0.02)
    expect(norms.at(-3)).toBeGreaterThan(0.015)
  })

  it('gives the weights of the best epoch back when asked to', async () => {
    const store = memoryStore()
    const options: TrainerOptions = {
      ...workload(8),
      keep: 'best',
      best: ({ epoch }) => -Math.abs(epoch - 3),
      checkpoint: store,
    }
    const model = network()
    expect((await new Trainer(model, options).fit(train, { valid })).best).toEqual({ epoch: 3, score: -0 })
    const [atThree, again] = [network(), network(4)]
    await new Trainer(atThree, workload(3)).fit(train, { valid })
    const values = (m: Sequential) => m.parameters().map((p) => Array.from(p.dataSync()))
    expect(values(model)).toEqual(values(atThree))
    // A finished training that is started again does nothing but that.
    await new Trainer(again, options).fit(train, { valid })
    expect(values(again)).toEqual(values(atThree))
  })

  it('lets other tasks run at least every 50 ms or so', async () => {
    // In processor time, so that a busy machine does not count.
    const used = (): number => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    }
    let longest = 0
    let last = used()
    const timer = setInterval(() => {
      longest = Math.max(longest, used() - last)
      last = used()
    }, 1)
    await new Trainer(network(), workload(15)).fit(train, { valid })
    clearInterval(timer)
    expect(longest).toBeLessThan(100)
  })

  it('tells what happens', async () => {
    const trainer = new Trainer(linear(), plain)
    const told: string[] = []
    trainer.on('start', ({ epochs, stepsPerEpoch }) => told.push(`start ${epochs} ${stepsPerEpoch}`))
    const silence = trainer.on('step', ({ step, epoch, batch, batches }) =>
      told.push(`${step}: ${epoch} ${batch}/${batches}`),
    )
    trainer.on('epoch', ({ epoch }) => {
      told.push(`epoch ${epoch}`)
      silence()
      trainer.optimizer.learningRate = 0.25
    })
    trainer.on('end', ({ history }) => told.push(`end ${history.map(({ learningRate }) => learningRate)}`))
    await trainer.fit(train)
    const steps = Array.from({ length: 6 }, (_, i) => `${i + 1}: 1 ${i + 1}/6`)
    expect(told).toEqual(['start 2 6', ...steps, 'epoch 1', 'epoch 2', 'end 0.5,0.25'])
  })

  it('leaves frozen parameters alone', async () => {
    const model = network()
    model.freeze({ except: model.layers[3]! })
    const before = model.layers[0]!.namedVariables().get('weight')!.dataSync()
    await new Trainer(model, workload(1)).fit(train)
    expect(model.layers[0]!.namedVariables().get('weight')!.dataSync()).toEqual(before)
  })
})

describe('evaluate and predict', () => {
  it('give the accuracy with its interval, the same for any batch size', async () => {
    const model = linear()
    const found = []
    for (const batchSize of [7, 40, 64]) found.push(await new Trainer(model, { ...plain, batchSize }).evaluate(valid))
    const outputs = await new Trainer(model, { ...plain, batchSize: 7 }).predict(valid)
    const right = Array.from(outputs.argmax().dataSync()).filter((label, i) => label === valid.labels[i]).length
    expect(outputs.shape).toEqual([40, 3])
    for (const evaluation of found) {
      expect(evaluation.samples).toBe(40)
      expect(evaluation.accuracy).toBe(right / 40)
      expect(evaluation.loss).toBeCloseTo(found[0]!.loss, 6)
      expect(evaluation.interval![0]).toBeLessThan(right / 40)
      expect(evaluation.interval![1]).toBeGreaterThan(right / 40)
    }
  })

  it('take tensors too, and leave the model in the mode it was in', async () => {
    const model = network()
    const trainer = new Trainer(model, { ...plain, batchSize: 9 })
    const fromData = await trainer.predict(valid)
    const fromTensor = await trainer.predict(tensor(valid.inputs.data, { shape: [40, 6] }))
    expect(fromTensor.dataSync()).toEqual(fromData.dataSync())
    expect([...model.namedModules().values()].every(({ training }) => training)).toBe(true)
  })
})

describe('what makes no sense is refused in a sentence', () => {
  it.each([
    [{ epochs: 0 }, 'epochs must be a whole number of 1 or more, not 0'],
    [{ batchSize: 1.5 }, 'batchSize must be a whole number of 1 or more, not 1.5'],
    [{ stop: { steps: 0 } }, 'stop.steps must be above 0, not 0'],
    [{ checkpointEvery: -1 }, 'checkpointEvery must be above 0, not -1'],
    [{ metrics: [accuracy, accuracy] }, "'accuracy' is there twice"],
  ])('%o', async (options, message) => {
    const start = async () => new Trainer(linear(), { ...plain, ...options }).fit(train)
    await expect(start()).rejects.toThrow(message)
  })

  it('a loss that is no number any more', async () => {
    const wild = new Sequential(new Linear({ inputs: 6, outputs: 6 }), relu, new Linear({ inputs: 6, outputs: 6 }))
    const options = {
      loss: meanSquaredError,
      target: 'inputs' as const,
      epochs: 20,
      optimizer: sgd({ learningRate: 1e6 }),
    }
    await expect(new Trainer(wild, options).fit(train)).rejects.toThrow(
      /the loss is (NaN|Infinity) at step \d+ \(epoch \d+\)/,
    )
  })

  it('a model all frozen', async () => {
    await expect(new Trainer(linear().freeze(), plain).fit(train)).rejects.toThrow('an optimizer needs parameters')
  })

  it('fewer outputs than classes', async () => {
    const small = new Linear({ inputs: 6, outputs: 2 })
    await expect(new Trainer(small, plain).fit(train)).rejects.toThrow('2 outputs, but the data set has 3 classes')
  })

  it('an empty data set to evaluate', async () => {
    await expect(new Trainer(linear(), plain).evaluate(valid.subset([]))).rejects.toThrow('there are no samples')
  })

  it('the optimizer before there is one', () => {
    expect(() => new Trainer(linear(), plain).optimizer).toThrow('before fit is called')
  })
})

describe('checkpoints of another training are refused in a sentence', () => {
  const tripled = new Dataset({
    ...train,
    inputs: { ...train.inputs, data: (train.inputs.data as Float32Array).map((x) => 3 * x) },
  })

  it.each<[string, Partial<TrainerOptions>, Dataset, string]>([
    ['batch size', { batchSize: 8 }, train, 'batchSize is 16 there and 8 here'],
    ['seed', { seed: 1 }, train, 'seed is 0 there and 1 here'],
    ['order', { batches: 'once' }, train, 'batches is reshuffled there and once here'],
    ['rate', { optimizer: sgd({ learningRate: 0.1 }) }, train, 'learningRate is 0.5 there and 0.1 here'],
    ['optimizer', { optimizer: adam({ learningRate: 0.5 }) }, train, 'the optimizer is Sgd there and Adam here'],
    ['momentum', { optimizer: sgd({ learningRate: 0.5, momentum: 0.9 }) }, train, "has no 'momentum of weight'"],
    ['number of samples', {}, points(80), 'the number of samples is 90 there and 80 here'],
    ['data', {}, tripled, 'the checksum of the data is'],
    ['metrics', { metrics: [] }, train, 'the number of metrics is 1 there and 0 here'],
  ])('other %s', async (_, options, data, message) => {
    const checkpoint = memoryStore()
    await new Trainer(linear(), { ...plain, checkpoint }).fit(train)
    await expect(new Trainer(linear(), { ...plain, checkpoint, ...options }).fit(data)).rejects.toThrow(message)
  })

  it('other dtype', async () => {
    const checkpoint = memoryStore()
    await new Trainer(linear(), { ...plain, optimizer: sgd({ learningRate: 0.5 }), checkpoint }).fit(train)
    const started = new Trainer(linear().to('f64'), { ...plain, checkpoint }).fit(train)
    await expect(started).rejects.toThrow('belongs to another model: weight differs')
  })

  it('other model', async () => {
    const checkpoint = memoryStore()
    await new Trainer(linear(), { ...plain, checkpoint }).fit(train)
    const other = new Sequential(new Linear({ inputs: 6, outputs: 3 }), sigmoid)
    const before = other.parameters()[0]!.dataSync()
    const started = new Trainer(other, { ...plain, checkpoint }).fit(train)
    await expect(started).rejects.toThrow('memory/checkpoint.safetensors belongs to another model: 0.weight differs')
    expect(other.parameters()[0]!.dataSync()).toEqual(before)
  })

  it('but not one in which nothing was done yet', async () => {
    const checkpoint = memoryStore()
    const begun = new Trainer(linear(), { ...plain, checkpoint, loss: () => tensor(Number.NaN) })
    await expect(begun.fit(train)).rejects.toThrow('does not depend on variable weight')
    expect(checkpoint.files.has('checkpoint.safetensors')).toBe(true)
    const { history } = await new Trainer(linear(), { ...plain, batchSize: 8, checkpoint }).fit(train)
    expect(history).toHaveLength(2)
  })

  it('any damaged byte', async () => {
    const checkpoint = memoryStore()
    await new Trainer(linear(), { ...plain, epochs: 1, checkpoint }).fit(train)
    const good = checkpoint.files.get('checkpoint.safetensors')!
    const random = new Random(1)
    for (let i = 0; i < 60; i++) {
      const bad = i < 20 ? good.slice(0, random.integer(good.length)) : good.slice()
      // Spaces after the header mean nothing: they are the only bytes whose damage may go unseen.
      const at = random.integer(good.length)
      if (i >= 20) bad[at] = (bad[at]! ^ (1 << random.integer(7))) & 0xff
      checkpoint.files.set('checkpoint.safetensors', bad)
      const started = new Trainer(linear(), { ...plain, epochs: 1, checkpoint }).fit(train)
      if (good[at] === 0x20) await started.catch(() => undefined)
      else await expect(started, `byte ${at}`).rejects.toThrow(/memory\/checkpoint\.safetensors/)
    }
  })
})
