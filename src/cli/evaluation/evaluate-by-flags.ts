// What `ocellus evaluate` does: network, data, measurement, and what it prints.

import { UsageError } from '../../core/errors.ts'
import type { BatchSource } from '../../data/batch-source.ts'
import { DataLoader } from '../../data/loader.node.ts'
import { currentDevice } from '../../devices/registry.ts'
import { wilsonInterval } from '../../nn/accuracy.ts'
import { chooseDevice } from '../choose-device.ts'
import { isDatasetName } from '../data/images-by-name.ts'
import type { EvaluateFlags } from '../evaluate.ts'
import { exitCodes } from '../failures.ts'
import { interruptible } from '../interruption.ts'
import { networkSentence, openNetwork, type PretrainedNetwork } from '../network/open-network.ts'
import { type Preparation, prepare } from '../network/preparation.ts'
import { jsonText, printable, remark } from '../printing.ts'
import { type ConfusedPair, countConfusion, mostConfused, pairText } from '../report/confusion.ts'
import { formatCount } from '../terminal.ts'
import { isLetterSet, letterSetNames, loadLettersOf } from '../training/characters/letter-sets.ts'
import { orderClasses } from './class-order.ts'
import { countProgress } from './count-progress.ts'
import { type MeasuredData, openMeasuredData } from './measured-data.ts'
import { type Measurement, measureNetwork } from './measurement.ts'

/** How many pairs are shown. */
const pairsShown = 5

/** Measures as the flags ask and prints the result; progress and what is odd go to stderr. */
export async function evaluateByFlags(weights: string, flags: EvaluateFlags): Promise<void> {
  await chooseDevice(flags)
  await interruptible(
    (signal) => evaluate(weights, flags, signal),
    async () => console.error('\nStopped; there is no result.'),
  )
}

async function evaluate(weights: string, flags: EvaluateFlags, signal: AbortSignal): Promise<void> {
  const { network, data } = await openBoth(weights, flags)
  for (const note of network.notes) remark(`${weights}: ${note}`)
  const order = orderClasses(data.name, data.samples.classes, {
    ...network,
    classNames: network.classNames ?? network.description?.classes,
  })
  if (order.note !== undefined) remark(order.note)
  const { samples, preparation } = await prepared(network, data, flags, signal)
  if (!flags.json) console.log(introduction(weights, network, data, preparation))
  const progress = countProgress(process.stderr)
  let measured: Measurement
  try {
    measured = await measureNetwork(network.run, samples, {
      batchSize: flags.batch,
      signal,
      outputs: order.outputs,
      onProgress: ({ done, right }) =>
        progress.show(`${formatCount(done)} of ${formatCount(samples.length)} images, ${percent(right / done)} right`),
    })
  } finally {
    progress.end()
    if (samples instanceof DataLoader) samples.close()
  }
  for (const { message } of measured.problems) remark(`left out: ${message}`)
  const result = resultOf(measured, order.names)
  if (flags.json) console.log(jsonText(asJson(weights, network, data, preparation, result)))
  else console.log(resultText(result))
  if (measured.problems.length > 0) process.exitCode = exitCodes.failure
}

/** A known data set is opened first: of networks that fit equally, its images choose one. A folder is read as the network takes images. */
async function openBoth(
  weights: string,
  flags: EvaluateFlags,
): Promise<{ network: PretrainedNetwork; data: MeasuredData }> {
  const { model, entry, layout, limit, part } = flags
  const chosen = {
    ...(model === undefined ? {} : { model }),
    ...(entry === undefined ? {} : { entry }),
    ...(layout === undefined ? {} : { layout }),
  }
  const range = { ...(limit === undefined ? {} : { limit }), ...(part === undefined ? {} : { part }) }
  if (!isDatasetName(flags.data)) {
    const network = await openNetwork(weights, chosen)
    return { network, data: await openMeasuredData(flags.data, { ...range, channels: network.input.at(-1) as number }) }
  }
  const data = await openMeasuredData(flags.data, range)
  const { sample } = data
  return { network: await openNetwork(weights, { ...chosen, ...(sample === undefined ? {} : { sample }) }), data }
}

interface PreparedSamples {
  readonly samples: BatchSource
  readonly preparation: Pick<Preparation, 'sentence'> & Partial<Preparation>
}

async function prepared(
  network: PretrainedNetwork,
  data: MeasuredData,
  flags: EvaluateFlags,
  signal: AbortSignal,
): Promise<PreparedSamples> {
  if (network.description !== undefined) return preparedLetters(network, data, flags, signal)
  const preparation = prepare(network, flags, data.sample)
  const workers = data.sample === undefined ? 2 : 0
  const samples = new DataLoader(data.samples, { transforms: preparation.transforms, onError: 'skip', workers })
  return { samples, preparation }
}

/** Letters as they were in the training of the network. */
async function preparedLetters(
  { description, name }: PretrainedNetwork,
  data: MeasuredData,
  { mean, std, scale, limit }: EvaluateFlags,
  signal: AbortSignal,
): Promise<PreparedSamples> {
  const input = description?.input ?? 'pixels'
  if (!isLetterSet(data.name))
    throw new UsageError(`${name} takes letters as it was trained on, so give one of ${letterSetNames.join(', ')}`)
  if (mean !== undefined || std !== undefined || scale !== undefined)
    throw new UsageError(
      'letters are prepared as in the training of their network; leave out --mean, --std and --scale',
    )
  const first = limit ?? Number.POSITIVE_INFINITY
  const samples = await loadLettersOf(data.name, data.part ?? 'test', { input, first, signal })
  const pixels = samples.inputs.shape[1]
  if (pixels !== description?.inputs)
    throw new UsageError(
      `${name} takes letters of ${description?.inputs} pixels as they are, and ${data.name} has ${pixels} for each; choose data of the size that it was trained on`,
    )
  const sentence = input === 'glyphs' ? 'letters redrawn as the page reader sees them' : 'ink 1 on paper 0'
  return {
    samples,
    preparation: { sentence: `${sentence}; as in the network's training` },
  }
}

interface Result {
  readonly right: number
  readonly images: number
  readonly accuracy: number
  readonly interval: readonly [low: number, high: number]
  readonly classes: readonly string[]
  readonly confused: readonly ConfusedPair[]
  readonly imagesPerSecond: number
  readonly device: string
  readonly leftOut: number
}

function resultOf(
  { labels, predictions, right, problems, imagesPerSecond }: Measurement,
  classes: readonly string[],
): Result {
  return {
    right,
    images: labels.length,
    accuracy: right / labels.length,
    interval: wilsonInterval(right, labels.length),
    classes,
    confused: mostConfused(countConfusion(classes, labels, predictions), pairsShown),
    imagesPerSecond,
    device: currentDevice().name,
    leftOut: problems.length,
  }
}

function introduction(
  weights: string,
  network: PretrainedNetwork,
  { name, part, samples, total }: MeasuredData,
  { sentence }: PreparedSamples['preparation'],
): string {
  const of =
    samples.length === total
      ? `all ${formatCount(total)}`
      : `the first ${formatCount(samples.length)} of ${formatCount(total)}`
  const where = part === undefined ? name : `the ${part} part of ${name}`
  return [
    `weights:  ${weights}`,
    `network:  ${networkSentence(network)}`,
    `pictures: ${sentence}`,
    `data:     ${of} images of ${where}`,
  ]
    .map(printable)
    .join('\n')
}

function resultText({ right, images, accuracy, interval, classes, confused, imagesPerSecond, device }: Result): string {
  const [low, high] = interval
  const pairs = confused.map((pair) => printable(`  ${pairText(pair, classes)}`))
  return [
    `accuracy: ${percent(accuracy)}, ${formatCount(right)} of ${formatCount(images)} right, 95 % interval ${percent(low)} to ${percent(high)}`,
    `speed:    ${formatCount(Math.round(imagesPerSecond))} images per second on ${device}, preparing them included`,
    ...(pairs.length === 0 ? [] : ['confused most often:', ...pairs]),
  ].join('\n')
}

function asJson(
  weights: string,
  { name, format, classes: outputs }: PretrainedNetwork,
  { name: data, part, total }: MeasuredData,
  { sentence, preprocessing }: PreparedSamples['preparation'],
  result: Result,
): object {
  const { right, images, accuracy, interval, classes, confused, imagesPerSecond, device, leftOut } = result
  return {
    weights,
    format,
    model: name,
    classes: outputs,
    preparation: sentence,
    ...(preprocessing === undefined ? {} : { preprocessing }),
    data: { name: data, ...(part === undefined ? {} : { part }), images, of: total, leftOut },
    right,
    accuracy,
    interval,
    confused: confused.map(({ a, b, aAsB, bAsA }) => ({ a: classes[a], b: classes[b], aAsB, bAsA })),
    imagesPerSecond,
    device,
  }
}

/** With two decimals: a hundredth of a point is one image of 10,000. */
function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}
