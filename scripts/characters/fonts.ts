// The handwriting fonts that the characters are drawn with, and their glyphs as outlines.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import opentype from 'opentype.js'
import { UsageError } from '../../src/core/errors.ts'
import { boundsOf, mapOutline, type Outline, outlineOf } from './outline.ts'
import { strokeWidthOf } from './pen.ts'

/** What is known of a font before it is loaded. */
export interface FontEntry {
  /** Name of the npm package without the scope @fontsource. */
  readonly name: string
  /** The part of the embedded set drawn with it: no hand is in two parts. */
  readonly part: 'train' | 'valid' | 'test'
  /** Characters that it draws unlike hand print, or like another character. */
  readonly unlike?: string
  /** Its lower case is a second set of capitals. */
  readonly capitalsTwice?: boolean
}

/** Version of the font packages that the embedded set was made with. */
export const fontVersion = '5.3.0'

export const fontEntries: readonly FontEntry[] = [
  { name: 'annie-use-your-telescope', part: 'train' },
  { name: 'architects-daughter', part: 'train' },
  { name: 'caveat', part: 'test' },
  { name: 'coming-soon', part: 'valid' },
  { name: 'covered-by-your-grace', part: 'train' },
  { name: 'gaegu', part: 'valid' },
  { name: 'gloria-hallelujah', part: 'test', unlike: 'D' },
  { name: 'gochi-hand', part: 'train', unlike: 'G' },
  { name: 'handlee', part: 'train' },
  { name: 'indie-flower', part: 'train' },
  { name: 'just-another-hand', part: 'train' },
  { name: 'kalam', part: 'train' },
  { name: 'mansalva', part: 'train', unlike: 'OQ' },
  { name: 'nothing-you-could-do', part: 'train' },
  { name: 'pangolin', part: 'train' },
  { name: 'patrick-hand', part: 'test' },
  { name: 'permanent-marker', part: 'train', capitalsTwice: true },
  { name: 'reenie-beanie', part: 'valid' },
  { name: 'rock-salt', part: 'train', capitalsTwice: true },
  { name: 'schoolbell', part: 'test' },
  { name: 'sedgwick-ave', part: 'train', unlike: '0' },
  { name: 'shadows-into-light', part: 'train' },
  { name: 'short-stack', part: 'train', unlike: 'R' },
  { name: 'sue-ellen-francisco', part: 'train', unlike: 'G' },
  { name: 'the-girl-next-door', part: 'train' },
  { name: 'waiting-for-the-sunrise', part: 'valid' },
  { name: 'walter-turncoat', part: 'train', capitalsTwice: true },
]

/** Where the packages lie: the environment variable OCELLUS_FONTS, or node_modules/@fontsource of this project. */
export const fontFolder: string =
  process.env.OCELLUS_FONTS ?? fileURLToPath(new URL('../../node_modules/@fontsource', import.meta.url))

/** Longest edge of an outline, in heights of a capital: short enough to bend smoothly. */
const longestEdge = 0.06

/** One handwriting: outlines of its characters with capitals of height 1, upright on the baseline y = 0. */
export class Hand {
  readonly entry: FontEntry
  /** The font's own copyright line. */
  readonly copyright: string
  /** Mean stroke width in heights of a capital. */
  readonly strokeWidth: number
  readonly #outlines: ReadonlyMap<string, Outline>

  constructor(entry: FontEntry, copyright: string, outlines: ReadonlyMap<string, Outline>) {
    this.entry = entry
    this.copyright = copyright
    this.#outlines = outlines
    const widths = [...'AEHLNTUVXZ'].map((character) => strokeWidthOf(this.outline(character)))
    this.strokeWidth = widths.reduce((sum, width) => sum + width, 0) / widths.length
  }

  /** Whether the hand writes the character, in a way that can be told from all others. */
  has(character: string): boolean {
    return this.#outlines.has(character) && !this.entry.unlike?.includes(character)
  }

  /** Throws UsageError for a character that the font lacks. */
  outline(character: string): Outline {
    const outline = this.#outlines.get(character)
    if (outline === undefined) {
      throw new UsageError(`the font ${this.entry.name} has no character '${character}'; use A-Z, a-z, 0-9 or .,'-!?`)
    }
    return outline
  }
}

const drawnCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,'-!?"

/** Loads one font. Throws UsageError where its package is not installed. */
export function loadHand(name: string): Hand {
  const entry = fontEntries.find((font) => font.name === name)
  if (entry === undefined) throw new UsageError(`there is no font '${name}'; choose one of ${fontNames().join(', ')}`)
  const file = join(fontFolder, name, 'files', `${name}-latin-400-normal.woff`)
  if (!existsSync(file)) throw new UsageError(`${file} is missing; install @fontsource/${name}@${fontVersion}`)
  const bytes = readFileSync(file)
  const font = opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer)
  const raw = new Map<string, Outline>()
  const unit = font.unitsPerEm
  for (const character of drawnCharacters) {
    const glyph = font.charToGlyph(character)
    // Half the longest edge, because a capital is taller than half an em in every font here.
    if (glyph.index !== 0) raw.set(character, outlineOf(glyph.getPath(0, 0, unit).commands, unit * longestEdge * 0.5))
  }
  const heights = [...'EHNTZ'].map((character) => -boundsOf(raw.get(character)!).top).sort((a, b) => a - b)
  const height = heights[2]!
  const outlines = new Map<string, Outline>()
  for (const [character, outline] of raw)
    outlines.set(
      character,
      mapOutline(outline, (x, y) => [x / height, y / height]),
    )
  // Some lines go on with the licence.
  const copyright = (font.names.windows?.copyright?.en ?? '').split(/[\r\n]|\. ?This Font/)[0]!.trim()
  return new Hand(entry, copyright, outlines)
}

/** Names of all fonts, or of those of one part of the embedded set. */
export function fontNames(part?: FontEntry['part']): string[] {
  return fontEntries.filter((font) => part === undefined || font.part === part).map((font) => font.name)
}

/** Names of the fonts that draw every capital and digit as hand print does. */
export function completeFontNames(): string[] {
  return fontEntries.filter((font) => font.unlike === undefined).map((font) => font.name)
}
