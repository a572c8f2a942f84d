// Measures the reader on a folder of pages with truth: tsx scripts/reader/evaluate.ts FOLDER
// Prints, per page and pooled: letters found, boxes too many, lines, spaces and characters right, milliseconds.

import { mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { OcellusError, UsageError } from '../../src/core/errors.ts'
import { decodeGray } from '../../src/image/decode.node.ts'
import { writePng } from '../../src/image/encode.node.ts'
import type { Box } from '../../src/image/image.ts'
import type { Classifier } from '../../src/reader/classifier.ts'
import { drawOverlay } from '../../src/reader/overlay.ts'
import { readPage } from '../../src/reader/read.ts'
import { loadRecognizer } from '../../src/reader/recognizer.node.ts'
import { type PageScore, type PageTruth, poolScores, type Share, scorePage } from './score.ts'

interface Flags {
  readonly truth?: string
  readonly classifier?: string
  readonly overlay?: string
  readonly text: boolean
  readonly unity?: number
  readonly rounds?: number
}

/** Truth as scripts/characters/page.ts writes it. */
interface GeneratedTruth {
  readonly image: string
  readonly width: number
  readonly height: number
  readonly lines: readonly {
    readonly text: string
    readonly letters: readonly { readonly character: string; readonly box: Box }[]
  }[]
}

async function evaluate(folder: string, flags: Flags): Promise<void> {
  const classifier = await loadClassifier(flags.classifier)
  const { unity, rounds } = flags
  const options = { ...(unity !== undefined && { unity }), ...(rounds !== undefined && { rounds }) }
  if (flags.overlay !== undefined) await mkdir(flags.overlay, { recursive: true })
  const images = (await readdir(folder)).filter((name) => /\.(jpe?g|png|webp|tiff?)$/i.test(name)).sort()
  const scores: PageScore[] = []
  for (const name of images) {
    const page = basename(name, extname(name))
    const truth = await loadTruth(join(flags.truth ?? folder, `${page}.json`))
    if (truth === undefined) continue
    const image = await decodeGray(join(folder, name))
    const start = performance.now()
    const read = readPage(image, classifier, options)
    const elapsed = performance.now() - start
    const score = scorePage(read, truth)
    scores.push(score)
    console.log(rowOf(page, score, elapsed))
    if (flags.text) console.log(read.text)
    if (flags.overlay !== undefined) await writePng(join(flags.overlay, `${page}.png`), drawOverlay(image, read))
  }
  if (scores.length === 0) throw new UsageError(`${folder} holds no picture with a NAME.json of truth`)
  console.log(rowOf(`all ${scores.length}`, poolScores(scores)))
}

async function loadClassifier(path: string | undefined): Promise<Classifier> {
  if (path === undefined) return loadRecognizer()
  const module: { readonly classifier?: Classifier } = await import(pathToFileURL(resolve(path)).href)
  if (module.classifier === undefined) throw new UsageError(`${path} exports no classifier`)
  return module.classifier
}

async function loadTruth(path: string): Promise<PageTruth | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const truth = JSON.parse(text) as PageTruth | GeneratedTruth
  if (isChecked(truth)) return truth
  const lines = truth.lines.map((line) => ({
    text: line.text,
    glyphs: line.letters.map(({ character, box }) => ({ text: character, box })),
  }))
  return { image: { width: truth.width, height: truth.height }, lines }
}

function isChecked(truth: PageTruth | GeneratedTruth): truth is PageTruth {
  return typeof truth.image === 'object'
}

function rowOf(name: string, score: PageScore, elapsed?: number): string {
  const share = ({ right, total }: Share): string => `${right}/${total}`
  const percent = (100 * score.letters.right) / Math.max(1, score.letters.total)
  return [
    name.padEnd(14),
    `found ${share(score.found)}`.padEnd(16),
    `false ${score.falseBoxes}`.padEnd(9),
    `marks ${share(score.marks)}`.padEnd(11),
    `lines ${share(score.lines)}`.padEnd(12),
    `spaces ${share(score.spaces)}`.padEnd(15),
    `letters ${share(score.letters)} ${percent.toFixed(1)} %`.padEnd(24),
    elapsed === undefined ? '' : `${elapsed.toFixed(0)} ms `,
    elapsed === undefined ? '' : score.errors.join(' '),
  ].join(' ')
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('must be a number.')
  return value
}

const program = new Command('evaluate')
  .description('Measures the reader on pages with truth (NAME.jpg with NAME.json).')
  .argument('<folder>', 'folder of pictures')
  .option('--truth <folder>', 'folder of the truth files, if not beside the pictures')
  .option('--classifier <module>', 'module that exports `classifier` (default: the recognizer of the package)')
  .option('--overlay <folder>', 'write each page with its boxes there')
  .option('--unity <nats>', 'log odds that ink without a gap is one letter', number)
  .option('--rounds <n>', 'rounds of joining and of cutting; 0 does neither', number)
  .option('--text', 'print the text read', false)
  .action(evaluate)

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof OcellusError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
