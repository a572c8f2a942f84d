// Writes synthetic pages for testing and tuning the reader: `npx tsx scripts/characters/page.ts --out folder --count 20 --seed 1`.

import { Command, InvalidArgumentError, Option } from 'commander'
import { OcellusError } from '../../src/core/errors.ts'
import { Random } from '../../src/core/random.ts'
import { drawPage } from './draw-page.ts'
import { completeFontNames, type Hand, loadHand } from './fonts.ts'
import { drawStyle, type HardCase, hardCases } from './page-style.ts'
import type { TextKind } from './text.ts'
import { writePage } from './write-page.ts'

interface Flags {
  readonly out: string
  readonly count: number
  readonly seed: number
  readonly megapixels?: number
  readonly letterHeight?: number
  readonly hard?: readonly HardCase[]
  readonly plain: boolean
  readonly touching?: number
  readonly broken?: number
  readonly parted?: number
  readonly font?: readonly string[]
}

const kinds: readonly TextKind[] = ['words', 'list', 'characters', 'poem', 'numbers', 'words']

/** Hard cases of page `index`: none on every fourth page, else one to three of them, in turn. */
function drawHardCases(index: number, random: Random): HardCase[] {
  if (index % 4 === 0) return []
  const first = hardCases[index % hardCases.length]!
  const others = hardCases.filter((name) => name !== first && random.uniform() < 0.1)
  return [first, ...others]
}

async function writePages(flags: Flags): Promise<void> {
  const names = flags.font ?? completeFontNames()
  const order = new Random(flags.seed, 200).permutation(names.length)
  const hands = new Map<string, Hand>()
  for (let index = 0; index < flags.count; index++) {
    const name = names[order[index % names.length]!]!
    const hand = hands.get(name) ?? loadHand(name)
    hands.set(name, hand)
    const random = new Random(flags.seed, 300 + index)
    const hard = flags.plain ? [] : (flags.hard ?? drawHardCases(index, random))
    const seed = random.bits()
    const kind = kinds[index % kinds.length]!
    const { megapixels, letterHeight, touching, broken, parted } = flags
    const shares = { touching, broken, parted }
    const page = drawPage(drawStyle({ seed, hand, kind, hard, shares, megapixels, letterHeight }))
    const stem = `page-${String(index + 1).padStart(3, '0')}`
    await writePage(page, {
      folder: flags.out,
      name: stem,
      quality: 70 + random.integer(24),
      notes: { seed, kind, hard, shares },
    })
    const { truth } = page
    const letters = truth.lines.reduce((sum, line) => sum + line.letters.length, 0)
    const size = `${truth.width}x${truth.height}`
    console.log(
      `${stem} ${size} H=${Math.round(truth.letterHeight)} ${letters} letters, ${truth.font}, ${kind}, ${hard.join(' ')}`,
    )
  }
}

function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('must be a number above 0.')
  return value
}

function share(text: string): number {
  const value = Number(text)
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('must be a number from 0 to 1.')
  return value
}

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('must be a whole number.')
  return value
}

const program = new Command('page')
  .description('Draws synthetic hand-printed pages: an image, its text and the box of every letter.')
  .requiredOption('--out <folder>', 'where the pages are written')
  .option('--count <n>', 'number of pages', whole, 20)
  .option('--seed <n>', 'the same seed gives the same pages', whole, 1)
  .option('--megapixels <n>', 'size of every page (default: 1 to 12)', positive)
  .option('--letter-height <pixels>', 'height of a capital (default: 40 to 200)', positive)
  .option('--font <name...>', 'only these fonts')
  .addOption(new Option('--hard <case...>', 'hard cases of every page (default: drawn)').choices(hardCases))
  .option('--plain', 'no hard cases', false)
  .option('--touching <share>', 'share of the letters that touch the one before', share)
  .option('--broken <share>', 'share of the letters with gaps in their strokes', share)
  .option('--parted <share>', 'share of the letters whose stem or bar stands apart', share)

if (process.argv[1] === import.meta.filename) {
  await writePages(program.parse().opts<Flags>()).catch((error: unknown) => {
    if (!(error instanceof OcellusError)) throw error
    console.error(error.message)
    process.exitCode = 1
  })
}
