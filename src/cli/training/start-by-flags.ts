// What `ocellus start` does: letters, training, page, report.

import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { currentDevice } from '../../devices/registry.ts'
import { decodeGray } from '../../image/decode.node.ts'
import { writeFileAtomically } from '../../io/atomic-file.node.ts'
import { Reader } from '../../reader/reader.ts'
import { chooseDevice } from '../choose-device.ts'
import { lockFolder } from '../folder-lock.ts'
import { interruptible } from '../interruption.ts'
import { networkFile, saveNetwork } from '../network/character-network-file.ts'
import { recognizerOf } from '../network/recognizer.ts'
import { makeOutputFolder } from '../output-folder.ts'
import { compareTexts } from '../reading/comparison.ts'
import { dataAddress } from '../report/pictures.ts'
import { startReport } from '../report/start-report.ts'
import type { StartFlags } from '../start.ts'
import { formatCount, formatSeconds, formatShare, styleFor } from '../terminal.ts'
import { CharacterTraining, type TrainingSettings } from './characters/character-training.ts'
import { loadLetters } from './characters/letter-sets.ts'

/** The sample page and its text; the path is the same from `src` and from `dist`. */
const samplePage = fileURLToPath(new URL('../../../assets/pages/sample.jpg', import.meta.url))
const sampleText = fileURLToPath(new URL('../../../assets/pages/sample.txt', import.meta.url))

/** A network that reads nine of ten letters of unknown hands after half a minute on one core. */
const settings: Omit<TrainingSettings, 'epochs' | 'seed'> = {
  data: 'characters',
  input: 'glyphs',
  hidden: [128],
  activation: 'relu',
  batch: 64,
  optimizer: 'adamw',
  rate: 4e-3,
  schedule: 'one-cycle',
  momentum: 0,
  weightDecay: 0.3,
  distort: true,
}

/** Trains, reads the sample page and writes the report into the folder `out`; all that is found goes to stdout. */
export async function startByFlags({ epochs, limit, seed, out, ...device }: StartFlags): Promise<void> {
  await makeOutputFolder(out)
  await lockFolder(out)
  await chooseDevice(device)
  await interruptible(
    async (signal) => {
      const letters = await timed('Redrawing the letters as the page reader sees them', () =>
        loadLetters('characters', { input: 'glyphs', limit, seed, signal }),
      )
      const { train, valid, test } = letters
      const counts = [train, valid, test].map(({ length }) => formatCount(length))
      console.log(
        `Training on ${counts[0]} letters of ${train.classes.length} classes; ${counts[1]} for validation, ${counts[2]} for the test`,
      )
      const training = await new CharacterTraining({ ...settings, epochs, seed }, letters, {
        stream: process.stdout,
        signal,
      }).run()
      const { accuracy = 0, samples } = training.test
      console.log(
        `Letters of the test part right: ${formatShare(accuracy)} of ${formatCount(samples)}, in fonts not seen in training`,
      )
      await saveNetwork(join(out, networkFile), training)
      const reader = new Reader({ classifier: recognizerOf(training) })
      const begin = performance.now()
      const page = await timed('Reading the sample page', async () => reader.read(await decodeGray(samplePage)))
      const seconds = (performance.now() - begin) / 1000
      const comparison = compareTexts(page.text, await readFile(sampleText, 'utf8'))
      const { right, total } = comparison
      const style = styleFor(process.stdout)
      console.log(`\n${page.text.replace(/^/gm, '  ')}\n`)
      console.log(style.bold(`Letters right: ${right} of ${total} (${formatShare(right / total)})`))
      const report = join(out, 'index.html')
      const picture = dataAddress('image/jpeg', await readFile(samplePage))
      const machine = machineRows()
      await writeFileAtomically(
        report,
        await startReport({ training, test, page, comparison, picture, seconds, machine }),
      )
      console.log(`Report: ${resolve(report)}`)
    },
    async () => console.error('\nStopped; nothing was kept.'),
  )
}

/** Says what is being done, and when it is done how long it took. */
async function timed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const start = performance.now()
  process.stdout.write(`${what} ... `)
  const result = await work()
  console.log(formatSeconds((performance.now() - start) / 1000))
  return result
}

function machineRows(): (readonly [string, string])[] {
  const { name, threads, numberClass } = currentDevice()
  return [
    ['Device', `${name}, ${threads} thread${threads === 1 ? '' : 's'}, ${numberClass}`],
    ['Node', process.versions.node],
  ]
}
