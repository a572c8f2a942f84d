// Trains the recognizer that comes with the package: OCELLUS_DATA=folder npx tsx scripts/recognizer/train.ts
// Writes assets/reader/recognizer.safetensors and the model card beside it. A training that was stopped goes on where it stopped.

import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { OcellusError } from '../../src/core/errors.ts'
import { Dataset } from '../../src/data/dataset.ts'
import { init } from '../../src/init.ts'
import { writeFileAtomically } from '../../src/io/atomic-file.node.ts'
import { accuracy, crossEntropy, type Sequential } from '../../src/nn/index.ts'
import { adamW, cosine, warmUp } from '../../src/optim/index.ts'
import { featureCount, glyphFeatures } from '../../src/reader/glyph-features.ts'
import { Recognizer } from '../../src/reader/recognizer.ts'
import { writeRecognizer } from '../../src/reader/recognizer-file.ts'
import { Trainer } from '../../src/train/index.node.ts'
import { type Measurement, measure } from './measure.ts'
import { modelCard } from './model-card.ts'
import { augment, batchSize, buildNetwork, glyphsOf, learningRate, warmUpSteps, weightDecay } from './recipe.ts'
import { gatherSamples, type Samples, type Source } from './samples.ts'

interface Flags {
  readonly out: string
  readonly epochs: number
  readonly seed: number
  readonly checkpoint: string
  readonly data?: string
}

async function train({ out, epochs, seed, checkpoint, data }: Flags): Promise<void> {
  await init()
  console.log('reading and normalising the characters')
  const samples = await gatherSamples(data)
  const network = buildNetwork(seed)
  const state = join(checkpoint, `seed-${seed}-epochs-${epochs}`)
  const trainer = new Trainer(network, {
    optimizer: adamW({
      learningRate: warmUp(cosine({ start: learningRate }), { steps: warmUpSteps }),
      weightDecay,
      decay: (_, parameter) => parameter.rank >= 2,
    }),
    loss: crossEntropy,
    metrics: [accuracy],
    epochs,
    batchSize,
    seed,
    augment: [augment],
    checkpoint: state,
  })
  await trainer.fit(samples.train, { valid: withFeatures(samples.valid.nist26) })
  const temperature = await findTemperature(network, samples)
  const bytes = await writeRecognizer({ network, temperature })
  const measurements = measureAll(Recognizer.fromBytes(bytes), samples)
  await mkdir(out, { recursive: true })
  await writeFileAtomically(join(out, 'recognizer.safetensors'), bytes)
  const card = modelCard({ samples, measurements, bytes: bytes.length, temperature, epochs, seed })
  await writeFileAtomically(join(out, 'README.md'), card)
  // The next training starts anew, perhaps by another recipe.
  await rm(state, { recursive: true, force: true })
  console.log(card)
}

function withFeatures(set: Dataset): Dataset {
  const data = glyphFeatures(glyphsOf(set), set.length)
  return new Dataset({ ...set, inputs: { data, shape: [set.length, featureCount] } })
}

/** The temperature with the least mean loss over the validation parts that are like what the reader meets. */
async function findTemperature(network: Sequential, { valid }: Samples): Promise<number> {
  let best = { temperature: 1, loss: Infinity }
  for (let step = -6; step <= 8; step++) {
    const temperature = Number((1.1 ** step).toFixed(3))
    const recognizer = Recognizer.fromBytes(await writeRecognizer({ network, temperature }))
    const sets = [valid.nist26, valid.characters, valid.mnist]
    const loss = sets.reduce((sum, set) => sum + measure(recognizer, set).loss, 0)
    if (loss < best.loss) best = { temperature, loss }
  }
  return best.temperature
}

function measureAll(recognizer: Recognizer, { valid }: Samples): Record<Source, Measurement> {
  return {
    nist26: measure(recognizer, valid.nist26),
    characters: measure(recognizer, valid.characters),
    'emnist-letters': measure(recognizer, valid['emnist-letters']),
    mnist: measure(recognizer, valid.mnist),
  }
}

function count(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.')
  return value
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = new Command('train')
  .description('Trains the recognizer of the reader on nist26, EMNIST letters, MNIST and the embedded characters.')
  .option('--out <folder>', 'where weights and model card go', join(root, 'assets/reader'))
  .option('--epochs <count>', 'passes over the characters, each distorted anew', count, 10)
  .option('--seed <number>', 'seed of weights, order and distortion', count, 2)
  .option(
    '--checkpoint <folder>',
    'where the state is kept until the training is finished',
    join(root, 'node_modules/.cache/ocellus/recognizer'),
  )
  .option('--data <folder>', 'folder of data sets (default: OCELLUS_DATA, or ~/.cache/ocellus)')
  .action(train)

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof OcellusError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
