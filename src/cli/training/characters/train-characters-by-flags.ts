// What `ocellus train` does without --model: letters, training, files.

import { join } from 'node:path'
import { UsageError } from '../../../core/errors.ts'
import type { TrainValidTest } from '../../../data/load.node.ts'
import { writeFileAtomically } from '../../../io/atomic-file.node.ts'
import { FolderStore } from '../../../train/checkpoint.node.ts'
import { lockFolder } from '../../folder-lock.ts'
import { interruptible } from '../../interruption.ts'
import { networkFile, saveNetwork } from '../../network/character-network-file.ts'
import { makeOutputFolder } from '../../output-folder.ts'
import { chartFile } from '../../report/line-chart.ts'
import { trainingReport } from '../../report/training-report.ts'
import { trainingCurves } from '../../report/training-sections.ts'
import { formatCount, formatShare } from '../../terminal.ts'
import type { TrainFlags } from '../../train.ts'
import { scheduleSettings } from '../learning-rate.ts'
import { usualRate } from '../optimization.ts'
import { checkSettings, writeSettings } from '../settings-file.ts'
import { CharacterTraining, type MeasuredTraining, type Training, type TrainingSettings } from './character-training.ts'
import { isLetterSet, type LetterSetName, letterSetNames, loadLetters } from './letter-sets.ts'

/** Trains a character network as the flags ask and prints the result; progress goes to stderr. */
export async function trainCharactersByFlags(flags: TrainFlags): Promise<void> {
  const { data } = flags
  if (!isLetterSet(data)) {
    throw new UsageError(
      `the character network takes ${letterSetNames.join(', ')}; for ${data} give the name of a network with --model, as resnet20`,
    )
  }
  const settings = settingsOf(flags)
  const saved = flags.limit === undefined ? settings : { ...settings, limit: flags.limit }
  const folder = flags.out
  const store = folder === undefined ? undefined : new FolderStore(folder)
  if (store !== undefined) {
    await makeOutputFolder(store.name)
    await lockFolder(store.name)
    await checkSettings(store, saved)
  }
  let training: CharacterTraining | undefined
  await interruptible(
    async (signal) => {
      const letters = await announcedLetters(data, flags, signal)
      if (store !== undefined) await writeSettings(store, saved)
      const surroundings = { stream: process.stderr, signal, ...(store === undefined ? {} : { store }) }
      training = new CharacterTraining(settings, letters, surroundings)
      const measured = await training.run()
      printResult(measured)
      if (folder !== undefined) await writeResult(folder, measured, letters)
    },
    async () => {
      if (folder === undefined || training === undefined) console.error('\nStopped; nothing was kept.')
      else {
        await writeSoFar(folder, training.state)
        console.error(`Stopped; ocellus train --resume --out ${folder} goes on from there`)
      }
    },
  )
}

function settingsOf(flags: TrainFlags): TrainingSettings {
  const { data, input, hidden, activation, epochs, batch, optimizer, momentum, weightDecay, distort, seed } = flags
  const rate = flags.rate ?? usualRate(optimizer)
  return {
    data,
    input,
    hidden,
    activation,
    epochs,
    batch,
    optimizer,
    rate,
    ...scheduleSettings(flags),
    momentum,
    weightDecay,
    distort,
    seed,
  }
}

async function announcedLetters(
  data: LetterSetName,
  { input, limit, seed }: TrainFlags,
  signal: AbortSignal,
): Promise<TrainValidTest> {
  console.error(
    `Loading the letters of ${data}${input === 'glyphs' ? ' and redrawing them as the page reader sees them' : ''}`,
  )
  const letters = await loadLetters(data, { input, limit, seed, signal })
  const counts = [letters.train, letters.valid, letters.test].map(({ length }) => formatCount(length))
  console.error(`${counts[0]} letters for training, ${counts[1]} for validation, ${counts[2]} for the test`)
  return letters
}

function printResult({ test, bestEpoch, history }: MeasuredTraining): void {
  const interval = test.interval?.map(formatShare).join(' to ')
  const range = interval === undefined ? '' : `, 95 % interval ${interval}`
  console.log(
    `test: ${formatShare(test.accuracy ?? 0)} of ${formatCount(test.samples)} letters right${range}, loss ${test.loss.toFixed(4)}`,
  )
  const best = history.find(({ epoch }) => epoch === bestEpoch)
  if (best !== undefined)
    console.log(
      `best on validation: epoch ${best.epoch} of ${history.length}, ${formatShare(best.valid?.accuracy ?? 0)} right`,
    )
}

async function writeResult(folder: string, training: MeasuredTraining, letters: TrainValidTest): Promise<void> {
  await writeSoFar(folder, training)
  const report = join(folder, 'report.html')
  await writeFileAtomically(report, await trainingReport(training, letters.test))
  console.log(`network: ${join(folder, networkFile)}\nreport: ${report}`)
}

/** What there is of a training, whether it came to its end or not. */
async function writeSoFar(folder: string, training: Training): Promise<void> {
  await saveNetwork(join(folder, networkFile), training)
  await writeFileAtomically(join(folder, 'curves.svg'), chartFile(trainingCurves(training)))
}
