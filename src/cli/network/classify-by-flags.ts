// What `ocellus classify` does: the most likely classes of each image.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError, UsageError } from '../../core/errors.ts'
import { fileSource } from '../../data/file-source.node.ts'
import { dataFolder } from '../../data/folder.node.ts'
import { makeBatch } from '../../data/make-batch.ts'
import { softmax } from '../../nn/activations.ts'
import { compile } from '../../tensor/compile.ts'
import { type Tensor, tensor } from '../../tensor/tensor.ts'
import { chooseDevice } from '../choose-device.ts'
import type { ClassifyFlags } from '../classify.ts'
import { exitCodes, sentenceOf } from '../failures.ts'
import { interruptible } from '../interruption.ts'
import { jsonText, printable, remark } from '../printing.ts'
import { findLabels, type Labels, readLabels } from './labels.ts'
import { networkSentence, openNetwork, type PretrainedNetwork } from './open-network.ts'
import { type Preparation, prepare } from './preparation.ts'

interface FoundClass {
  readonly class: number
  readonly label?: string
  readonly probability: number
}

interface ClassifiedImage {
  readonly file: string
  readonly top: readonly FoundClass[]
}

/** Where the weights of SqueezeNet lie in the data folder. */
const usualWeights = ['weights', 'squeezenet1.1_nchw', 'weights'] as const

/** Classifies each image and prints its classes; an image that cannot be read is a sentence on stderr, and the others go on. */
export async function classifyByFlags(images: readonly string[], flags: ClassifyFlags): Promise<void> {
  await chooseDevice(flags)
  await interruptible((signal) => classifyAll(images, flags, signal))
}

async function classifyAll(images: readonly string[], flags: ClassifyFlags, signal: AbortSignal): Promise<void> {
  const weights = flags.weights ?? (await weightsInDataFolder())
  const { model, entry, layout } = flags
  const network = await openNetwork(weights, {
    ...(model === undefined ? {} : { model }),
    ...(entry === undefined ? {} : { entry }),
    ...(layout === undefined ? {} : { layout }),
  })
  if (network.description !== undefined)
    throw new UsageError(`${weights} is a network for letters; give one for pictures, or read a page with ocellus read`)
  const preparation = prepare(network, flags)
  const labels =
    flags.labels === undefined
      ? (ownLabels(weights, network) ?? (await findLabels(weights, network.classes)))
      : await readLabels(flags.labels, network.classes)
  introduce(weights, network, preparation, labels)
  const probabilities = compile((batch: Tensor) => softmax(network.run(batch)))
  const found: ClassifiedImage[] = []
  for (const file of images) {
    signal.throwIfAborted()
    try {
      const top = await classify(file, { network, preparation, probabilities, labels, count: flags.top })
      found.push({ file, top })
      if (!flags.json) console.log(asText({ file, top }, images.length > 1))
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      console.error(`ocellus: ${sentenceOf(error)}`)
      process.exitCode = exitCodes.failure
    }
  }
  if (flags.json && found.length > 0) console.log(jsonText(images.length === 1 ? found[0] : found))
}

/** The names that a training has put into the file. */
function ownLabels(file: string, { classNames }: PretrainedNetwork): Labels | undefined {
  return classNames === undefined ? undefined : { names: classNames, file }
}

async function weightsInDataFolder(): Promise<string> {
  const place = join(dataFolder(), ...usualWeights)
  if ((await stat(place).catch(() => undefined)) !== undefined) return place
  throw new UsageError(
    `give the weights of a network for pictures with --weights, such as a file of SqueezeNet 1.1; there are none in ${place} either`,
  )
}

/** Which network and how: on stderr, so that stdout holds results only. */
function introduce(
  weights: string,
  network: PretrainedNetwork,
  { sentence }: Preparation,
  labels: Labels | undefined,
): void {
  for (const note of network.notes) remark(`${weights}: ${note}`)
  const named = labels?.file ?? 'none found, so classes are numbers; give a file with --labels'
  const lines = [
    `weights:  ${weights}`,
    `network:  ${networkSentence(network)}`,
    `pictures: ${sentence}`,
    `labels:   ${named}`,
  ]
  console.error(lines.map(printable).join('\n'))
}

interface Classification {
  readonly network: PretrainedNetwork
  readonly preparation: Preparation
  readonly probabilities: (batch: Tensor) => Tensor
  readonly labels: Labels | undefined
  readonly count: number
}

async function classify(
  file: string,
  { network, preparation, probabilities, labels, count }: Classification,
): Promise<FoundClass[]> {
  const channels = network.input.at(-1) === 1 ? 1 : 3
  const source = fileSource({ kind: 'files', paths: [file], channels })
  const recipe = { source, transforms: preparation.transforms, seed: 0 }
  const { data, shape, problems } = await makeBatch(recipe, { indices: Int32Array.of(0), epoch: 0 })
  if (problems[0] !== undefined) throw new FormatError(problems[0].message)
  const values = await probabilities(tensor(data, { shape })).data()
  const ranked = Array.from(values, (probability, index) => ({ class: index, probability }))
  ranked.sort((a, b) => b.probability - a.probability)
  return ranked.slice(0, count).map((each) => {
    const label = labels?.names[each.class]
    return label === undefined ? each : { class: each.class, label, probability: each.probability }
  })
}

function asText({ file, top }: ClassifiedImage, withName: boolean): string {
  const lines = top.map(({ class: number, label, probability }) => {
    const share = `${(100 * probability).toFixed(2)} %`.padStart(9)
    return `${share}  ${label ?? `class ${number}`}`
  })
  return [...(withName ? [file] : []), ...lines].map(printable).join('\n')
}
