// Training from loaders, with transforms and with targets that are no classes; stopped trainings go on to the same bits.

import { afterEach, describe, expect, it } from 'vitest'
import { FormatError } from '../../../src/core/errors.ts'
import { Random } from '../../../src/core/random.ts'
import { Dataset } from '../../../src/data/dataset.ts'
import { DataLoader } from '../../../src/data/loader.node.ts'
import type { SampleSource } from '../../../src/data/sample-source.ts'
import { horizontalFlip, mixup, normalize, randomCrop } from '../../../src/data/transforms/index.ts'
import { accuracy } from '../../../src/nn/accuracy.ts'
import { seedWeights } from '../../../src/nn/initializers.ts'
import { Linear } from '../../../src/nn/linear.ts'
import { crossEntropy, meanSquaredError } from '../../../src/nn/losses.ts'
import { Sequential } from '../../../src/nn/sequential.ts'
import { sgd } from '../../../src/optim/sgd.ts'
import type { Tensor } from '../../../src/tensor/tensor.ts'
import type { CheckpointStore } from '../../../src/train/checkpoint.ts'
import { Trainer, type TrainerOptions } from '../../../src/train/trainer.ts'
import { outcome } from './workload.ts'

/** 45 pictures of 6x6 in 3 classes: the class is the channel that is brightest. */
const pictures: Dataset = (() => {
  const draw = new Random(3)
  const labels = Int32Array.from({ length: 45 }, (_, i) => i % 3)
  const data = Uint8Array.from({ length: 45 * 108 }, (_, i) => {
    const isBright = i % 3 === (labels[Math.floor(i / 108)] as number)
    return draw.integer(isBright ? 256 : 160)
  })
  return new Dataset({ inputs: { data, shape: [45, 6, 6, 3] }, labels, classes: ['red', 'green', 'blue'] })
})()

const transforms = [randomCrop({ size: 6, padding: 1 }), horizontalFlip(), normalize({ mean: 0.4, deviation: 0.3 })]

const rows = (x: Tensor): Tensor => x.reshape([x.shape[0] as number, x.size / (x.shape[0] as number)])

function network(seed = 0): Sequential {
  seedWeights(seed)
  return new Sequential(rows, new Linear({ inputs: 108, outputs: 3 }))
}

function options(epochs = 3): TrainerOptions {
  return {
    optimizer: sgd({ learningRate: 0.02 }),
    loss: crossEntropy,
    metrics: [accuracy],
    epochs,
    batchSize: 10,
    seed: 2,
  }
}

class MemoryStore implements CheckpointStore {
  readonly name = 'memory'
  readonly #kept = new Map<string, Uint8Array>()
  read = (name: string): Promise<Uint8Array | undefined> => Promise.resolve(this.#kept.get(name))
  write = async (name: string, bytes: Uint8Array): Promise<void> => {
    this.#kept.set(name, bytes.slice())
  }
}

const opened: DataLoader[] = []
function loaderOf(workers: number, source: SampleSource = pictures): DataLoader {
  const loader = new DataLoader(source, { transforms, seed: 2, workers, onError: 'skip' })
  opened.push(loader)
  return loader
}
afterEach(() => {
  for (const loader of opened.splice(0)) loader.close()
})

async function trained(workers: number): Promise<string> {
  const model = network()
  return outcome(model, await new Trainer(model, options()).fit(loaderOf(workers), { valid: loaderOf(workers) }))
}

describe('a loader', () => {
  it('trains to the same bits with any number of workers, and as the trainer’s own transforms do', async () => {
    const here = await trained(0)
    expect(await trained(2)).toBe(here)
    const model = network()
    const { history } = await new Trainer(model, { ...options(), augment: transforms }).fit(pictures)
    expect(JSON.parse(here).weights).toEqual(
      JSON.parse(outcome(model, { history, ended: 'epochs', best: undefined })).weights,
    )
  })

  it.each([0, 2])('goes on from the middle of an epoch to the same bits, with %i workers', async (workers) => {
    const store = new MemoryStore()
    const controller = new AbortController()
    const stopped = new Trainer(network(), { ...options(), checkpoint: store })
    stopped.on('step', ({ step }) => {
      if (step === 7) controller.abort()
    })
    const fitting = stopped.fit(loaderOf(workers), { valid: loaderOf(workers), signal: controller.signal })
    await expect(fitting).rejects.toThrow('This operation was aborted')
    const model = network(9)
    const resumed: number[] = []
    const trainer = new Trainer(model, { ...options(), checkpoint: store })
    trainer.on('resume', ({ steps }) => resumed.push(steps))
    const result = await trainer.fit(loaderOf(0), { valid: loaderOf(0) })
    expect(resumed).toEqual([7])
    expect(outcome(model, result)).toBe(await trained(0))
  })

  it('of other transforms, or another seed, is another training', async () => {
    const store = new MemoryStore()
    const first = new Trainer(network(), { ...options(1), checkpoint: store })
    await first.fit(loaderOf(0))
    const fewer = new DataLoader(pictures, { transforms: transforms.slice(1), seed: 2, onError: 'skip' })
    const again = new Trainer(network(), { ...options(2), checkpoint: store })
    await expect(again.fit(fewer)).rejects.toThrow('belongs to another training: the transforms is')
  })

  it('that leaves damaged samples out tells of each once, and trains on the others', async () => {
    const { length, classes, labels, fingerprint } = pictures
    const source: SampleSource = {
      length,
      classes,
      labels,
      fingerprint,
      read: (index) => {
        if (index < 2 || index > 40) throw new FormatError(`picture ${index} is damaged`)
        return pictures.read(index)
      },
    }
    const trainer = new Trainer(network(), options())
    const notices: string[] = []
    trainer.on('notice', ({ message }) => notices.push(message))
    const { history } = await trainer.fit(loaderOf(0, source), { valid: loaderOf(0, source) })
    expect(history).toHaveLength(3)
    expect(notices.sort()).toEqual([0, 1, 41, 42, 43, 44].map((index) => `picture ${index} is damaged; left out`))
    expect((await trainer.evaluate(loaderOf(0, source))).samples).toBe(39)
    await expect(trainer.predict(loaderOf(0, source))).rejects.toThrow('picture 0 is damaged')
  })

  it('evaluates and predicts as its data set does', async () => {
    const trainer = new Trainer(network(), options())
    const plain = new DataLoader(pictures)
    expect(await trainer.evaluate(plain)).toEqual(await trainer.evaluate(pictures))
    const [a, b] = [await trainer.predict(plain), await trainer.predict(pictures)]
    expect(await a.data()).toEqual(await b.data())
  })

  it('has transforms of its own: those of the trainer are refused, and functions of batches come last', async () => {
    const trainer = new Trainer(network(), { ...options(), augment: transforms })
    await expect(trainer.fit(loaderOf(0))).rejects.toThrow('augment: a loader has transforms of its own')
    expect(() => new Trainer(network(), { ...options(), augment: [mixup({ classes: 3 }), ...transforms] })).toThrow(
      'augment: put the transforms of single pictures before the functions of whole batches',
    )
  })
})

describe('targets', () => {
  it('of mixed classes train with cross-entropy, and the accuracy is that of the labels', async () => {
    const model = network()
    const trainer = new Trainer(model, { ...options(40), augment: [...transforms, mixup({ alpha: 0.3, classes: 3 })] })
    const { history } = await trainer.fit(pictures)
    const { accuracy: right = 0 } = await trainer.evaluate(
      new DataLoader(pictures, { transforms: [normalize({ mean: 0.4, deviation: 0.3 })] }),
    )
    expect(right).toBeGreaterThan(0.9)
    expect(history.at(-1)?.train.accuracy).toBeGreaterThan(history[0]?.train.accuracy ?? 1)
  })

  it('of numbers are found by least squares: y = 2 a - 3 b + 1', async () => {
    const draw = new Random(7)
    const x = Float32Array.from({ length: 120 }, () => draw.uniform(-1, 1))
    const y = Float32Array.from({ length: 60 }, (_, i) => 2 * (x[2 * i] as number) - 3 * (x[2 * i + 1] as number) + 1)
    const line = new Dataset({ inputs: { data: x, shape: [60, 2] }, targets: { data: y, shape: [60, 1] } })
    seedWeights(0)
    const model = new Linear({ inputs: 2, outputs: 1 })
    const trainer = new Trainer(model, {
      optimizer: sgd({ learningRate: 0.2 }),
      loss: meanSquaredError,
      epochs: 80,
      batchSize: 15,
    })
    await trainer.fit(line, { valid: line })
    const { loss, accuracy } = await trainer.evaluate(line)
    expect(loss).toBeLessThan(1e-8)
    expect(accuracy).toBeUndefined()
    const values = [...model.namedVariables()].flatMap(([, variable]) => [...variable.dataSync()])
    for (const [i, value] of [2, -3, 1].entries()) expect(values[i]).toBeCloseTo(value, 3)
  })

  it('that are pictures have the shape of the output', async () => {
    const inputs = { data: Uint8Array.from({ length: 80 }, (_, i) => (i * 53) & 255), shape: [20, 2, 2, 1] }
    const dark = { data: inputs.data.map((value) => 255 - value), shape: [20, 2, 2, 1] }
    seedWeights(1)
    const model = new Sequential(rows, new Linear({ inputs: 4, outputs: 4 }), (x: Tensor) =>
      x.reshape([x.shape[0] as number, 2, 2, 1]),
    )
    const trainer = new Trainer(model, {
      optimizer: sgd({ learningRate: 2 }),
      loss: meanSquaredError,
      epochs: 400,
      batchSize: 20,
    })
    const data = new Dataset({ inputs, targets: dark })
    await trainer.fit(new DataLoader(data))
    expect((await trainer.evaluate(data)).loss).toBeLessThan(1e-3)
  })

  it('are asked for where there are none', async () => {
    const trainer = new Trainer(network(), { ...options(), target: 'targets' })
    await expect(trainer.fit(pictures)).rejects.toThrow('the data have no targets; give the data set targets')
  })
})
