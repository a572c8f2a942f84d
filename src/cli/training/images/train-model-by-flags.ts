// What `ocellus train --model` does: images, network, training, files.

import { join } from 'node:path'
import { UsageError } from '../../../core/errors.ts'
import { DataLoader } from '../../../data/loader.node.ts'
import { writeFileAtomically } from '../../../io/atomic-file.node.ts'
import { wilsonInterval } from '../../../nn/accuracy.ts'
import { FolderStore } from '../../../train/checkpoint.node.ts'
import { isDatasetName } from '../../data/images-by-name.ts'
import { lockFolder } from '../../folder-lock.ts'
import { interruptible } from '../../interruption.ts'
import { networkFile } from '../../network/character-network-file.ts'
import { type ModelDescription, saveModel } from '../../network/model-description.ts'
import { type Preparation, prepare } from '../../network/preparation.ts'
import { makeOutputFolder } from '../../output-folder.ts'
import { printable, remark } from '../../printing.ts'
import { chartFile } from '../../report/line-chart.ts'
import { modelReport } from '../../report/model-report.ts'
import { trainingCurves } from '../../report/training-sections.ts'
import { formatCount, formatSeconds } from '../../terminal.ts'
import type { TrainFlags } from '../../train.ts'
import { scheduleSettings } from '../learning-rate.ts'
import { usualRate } from '../optimization.ts'
import { checkSettings, writeSettings } from '../settings-file.ts'
import { type Augmentations, makeAugmentations } from './augmentation.ts'
import {
  frozenFolder,
  type MeasuredModel,
  type ModelSettings,
  ModelTraining,
  type ModelWork,
} from './model-training.ts'
import { type ChosenModel, chooseModel, freezeByText, headOf, makeModel } from './starting-model.ts'
import { openTrainingImages, type TrainingImages } from './training-images.ts'

/** All that a training needs, and what is said of it. */
interface PreparedWork {
  readonly work: ModelWork
  readonly description: ModelDescription
  readonly preparation: Preparation
  readonly augmentations: Augmentations
  /** Where weights come from. */
  readonly note: string | undefined
  readonly images: TrainingImages
}

/** What does not decide what a training gives. */
type LoadingFlags = Pick<TrainFlags, 'workers' | 'test'>

/** Trains a known network as the flags ask and prints the result; progress goes to stderr. */
export async function trainModelByFlags(flags: TrainFlags): Promise<void> {
  const settings = settingsOf(flags)
  const folder = flags.out
  const store = folder === undefined ? undefined : new FolderStore(folder)
  if (store !== undefined) {
    await makeOutputFolder(store.name)
    await lockFolder(store.name)
    if (settings.unfreezeAt !== undefined) await makeOutputFolder(join(store.name, frozenFolder))
    await checkSettings(store, settings)
  }
  let begun: { readonly training: ModelTraining; readonly prepared: PreparedWork } | undefined
  await interruptible(
    async (signal) => {
      const prepared = await prepareWork(settings, flags)
      const { work } = prepared
      introduce(prepared)
      if (store !== undefined) await writeSettings(store, settings)
      const training = new ModelTraining(settings, work, { stream: process.stderr, signal, folder })
      begun = { training, prepared }
      try {
        const result = await training.run()
        printResult(result, settings)
        if (folder !== undefined) await writeResult(folder, result, settings, prepared)
      } finally {
        for (const loader of [work.train, work.valid, work.test]) loader?.close()
      }
    },
    async () => {
      if (folder === undefined || begun === undefined) return console.error('\nStopped; nothing was kept.')
      await writeSoFar(folder, begun.training.progress, begun.prepared.work, begun.prepared.description)
      console.error(`Stopped; ocellus train --resume --out ${folder} goes on from there`)
    },
  )
}

/** The settings without what was left out. Throws UsageError for flags that do not go together. */
function settingsOf(flags: TrainFlags): ModelSettings {
  const { data, epochs, batch, optimizer, momentum, weightDecay, seed, freeze, unfreezeAt } = flags
  const rate = flags.rate ?? usualRate(optimizer)
  if (unfreezeAt !== undefined && freeze === undefined)
    throw new UsageError('--unfreeze-at says when what --freeze froze is trained, too; give --freeze backbone')
  if (unfreezeAt !== undefined && unfreezeAt >= epochs)
    throw new UsageError(`--unfreeze-at ${unfreezeAt} comes after the last of ${epochs} epochs; make it smaller`)
  const optional = {
    model: flags.model,
    from: flags.from,
    classes: flags.classes,
    side: flags.side,
    augment: flags.augment,
    freeze,
    unfreezeAt,
    backboneRate: flags.backboneRate ?? (unfreezeAt !== undefined && freeze === 'backbone' ? rate / 10 : undefined),
    average: flags.average,
    labelSmoothing: flags.labelSmoothing,
    keep: flags.keep,
    valid: flags.valid,
    limit: flags.limit,
  }
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  return { data, epochs, batch, optimizer, rate, momentum, weightDecay, seed, ...scheduleSettings(flags), ...given }
}

async function prepareWork(settings: ModelSettings, loading: LoadingFlags): Promise<PreparedWork> {
  const { data, valid, limit, seed } = settings
  const opening = { valid, limit, seed }
  if (!isDatasetName(data)) {
    const chosen = await chooseModel(settings)
    return workOf(
      chosen,
      await openTrainingImages(data, { ...opening, channels: chosen.input.at(-1) as number }),
      settings,
      loading,
    )
  }
  const images = await openTrainingImages(data, { ...opening, channels: 3 })
  return workOf(
    await chooseModel({ ...settings, sample: images.sample, channels: images.channels }),
    images,
    settings,
    loading,
  )
}

function workOf(
  chosen: ChosenModel,
  images: TrainingImages,
  settings: ModelSettings,
  { workers, test }: LoadingFlags,
): PreparedWork {
  const { name, input, preprocessing } = chosen
  const { data, seed, epochs, augment, freeze, backboneRate } = settings
  const count = settings.classes ?? images.classes.length
  if (count < images.classes.length)
    throw new UsageError(
      `${data} has ${images.classes.length} classes, so --classes ${count} are too few; leave it out`,
    )
  const { module, classes, note } = makeModel(chosen, count, seed)
  // At once, not after the images have been looked through.
  if (freeze !== undefined) freezeByText(module, freeze, name)
  if (backboneRate !== undefined) headOf(module, name)
  const preparation = prepare({ name, input, anySize: false, preprocessing }, {}, images.sample)
  const [height = 0, width = 0] = input
  const kind = {
    height,
    width,
    letters: images.letters,
    photographs: images.sample === undefined,
    fill: images.paper,
    classes: images.classes.length,
  }
  const augmentations = makeAugmentations(augment, kind)
  if (augmentations.batches.length > 0 && classes !== images.classes.length)
    throw new UsageError(
      '--augment mixup blends classes, and needs a network with as many outputs as the data have classes',
    )
  const { sizing, transforms } = preparation
  const normalize = transforms.slice(sizing.length)
  const training = [
    ...(augmentations.sizing === undefined ? sizing : [augmentations.sizing]),
    ...augmentations.before,
    ...normalize,
    ...augmentations.after,
  ]
  const options = { seed, onError: 'skip', workers: workers ?? (images.sample === undefined ? 2 : 0) } as const
  const names = Array.from({ length: classes ?? 0 }, (_, i) => images.classes[i] ?? `class ${i}`)
  return {
    work: {
      name,
      module,
      classes,
      train: new DataLoader(images.train, { ...options, transforms: training }),
      valid: new DataLoader(images.valid, { ...options, transforms }),
      test: test ? new DataLoader(images.test, { ...options, transforms }) : undefined,
      batches: augmentations.batches,
    },
    description: { model: name, classes: names, input, preprocessing, data, epochs },
    preparation,
    augmentations,
    note,
    images,
  }
}

/** What is trained on what: on stderr, so that stdout holds results only. */
function introduce({ work, description, preparation, augmentations, note, images }: PreparedWork): void {
  const [train, valid, test] = [work.train, work.valid, images.test].map(({ length }) => formatCount(length))
  const left = work.test === undefined ? `${test} for the test left alone` : `${test} for the test`
  const outputs = work.classes === undefined ? 'an autoencoder' : `${work.classes} classes`
  console.error(
    [
      `network:  ${description.model}, ${outputs}${note === undefined ? '' : `; ${note}`}`,
      `pictures: ${preparation.sentence}`,
      `changes:  ${augmentations.sentence}`,
      `data:     ${images.name}: ${train} images for training, ${valid} for validation, ${left}`,
    ]
      .map(printable)
      .join('\n'),
  )
  if (images.letters && /\bv?flip:/.test(augmentations.sentence))
    remark(`${images.name} has letters or digits, and mirror images of them are others`)
}

/** With two decimals: good networks differ in the second. */
const percentage = (share: number): string => `${(100 * share).toFixed(2)} %`

function printResult(result: MeasuredModel, { epochs, keep }: ModelSettings): void {
  const { measured, evaluation, history, bestEpoch, seconds } = result
  if (measured !== undefined) {
    const { right, labels, problems } = measured
    for (const { message } of problems) remark(`left out: ${message}`)
    const interval = wilsonInterval(right, labels.length).map(percentage).join(' to ')
    console.log(
      `test: ${percentage(right / labels.length)} of ${formatCount(labels.length)} images right, 95 % interval ${interval}`,
    )
  } else if (evaluation !== undefined) {
    console.log(`test: loss ${evaluation.loss.toFixed(5)} on ${formatCount(evaluation.samples)} images`)
  }
  const kept = history.find(({ epoch }) => epoch === bestEpoch)?.valid
  if (kept !== undefined) {
    const score = kept.accuracy === undefined ? `loss ${kept.loss.toFixed(5)}` : `${percentage(kept.accuracy)} right`
    console.log(`${keep === 'last' ? 'last' : 'best'} on validation: epoch ${bestEpoch} of ${epochs}, ${score}`)
  }
  const epochsDone = history.length === 1 ? '1 epoch' : `${formatCount(history.length)} epochs`
  console.log(`time: ${formatSeconds(seconds)} for ${epochsDone}`)
}

async function writeResult(
  folder: string,
  result: MeasuredModel,
  settings: ModelSettings,
  { work, description, preparation, augmentations }: PreparedWork,
): Promise<void> {
  const { measured } = result
  const accuracy = measured === undefined ? {} : { accuracy: measured.right / measured.labels.length }
  await writeSoFar(folder, result, work, { ...description, ...accuracy })
  const report = join(folder, 'report.html')
  const text = modelReport({
    settings,
    work,
    result,
    classes: description.classes,
    preparation: preparation.sentence,
    augmentation: augmentations.sentence,
  })
  await writeFileAtomically(report, text)
  console.log(`network: ${join(folder, networkFile)}\nreport: ${report}`)
}

/** What there is of a training, whether it came to its end or not. */
async function writeSoFar(
  folder: string,
  progress: Pick<MeasuredModel, 'history' | 'bestEpoch'>,
  { module, classes }: ModelWork,
  description: ModelDescription,
): Promise<void> {
  await saveModel(join(folder, networkFile), module, { ...description, epochs: progress.history.length })
  const charts = trainingCurves(progress).slice(0, classes === undefined ? 1 : 2)
  await writeFileAtomically(join(folder, 'curves.svg'), chartFile(charts))
}
