// Makes the embedded character set, assets/characters/: `npx tsx scripts/characters/make.ts`.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Random } from '../../src/core/random.ts'
import type { CharacterSet } from '../../src/data/characters.ts'
import { Dataset } from '../../src/data/dataset.ts'
import { drawCharacter, formsOf, side } from './character.ts'
import { fontEntries, fontFolder, fontNames, fontVersion, type Hand, loadHand } from './fonts.ts'
import { packCharacters } from './pack.ts'

const classes = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789']

/** Samples per class in each part; the parts have fonts of their own. */
const counts = { train: 250, valid: 30, test: 30 } as const

const seed = 20_250

/** Every class of one part, its fonts in turn. The samples depend on the seed, the part and their place only. */
export function makePart(part: keyof typeof counts, hands: readonly Hand[], perClass: number): Dataset {
  const data = new Uint8Array(classes.length * perClass * side * side)
  const labels = new Int32Array(classes.length * perClass)
  const stream = Object.keys(counts).indexOf(part)
  classes.forEach((character, label) => {
    const able = hands.filter((hand) => formsOf(hand, character).length > 0)
    const random = new Random(seed, stream * 100 + label)
    for (let sample = 0; sample < perClass; sample++) {
      const at = label * perClass + sample
      data.set(drawCharacter(able[sample % able.length]!, character, random), at * side * side)
      labels[at] = label
    }
  })
  return new Dataset({ inputs: { data, shape: [labels.length, side, side, 1] }, labels, classes })
}

function makeSet(): CharacterSet {
  const make = (part: keyof typeof counts): Dataset => makePart(part, fontNames(part).map(loadHand), counts[part])
  return { train: make('train'), valid: make('valid'), test: make('test') }
}

/** The notice of fonts: names, versions, licences, and the copyright lines of their packages. */
function notice(): string {
  const rows = fontEntries.map(({ name, part }) => {
    const description = readFileSync(join(fontFolder, name, 'package.json'), 'utf8')
    const { version, license } = JSON.parse(description) as Record<string, string>
    return `| @fontsource/${name} | ${version} | ${license} | ${part} | ${loadHand(name).copyright} |`
  })
  return `# Fonts of the embedded characters

\`characters.bin\` and the sample page in \`../pages/\` hold drawings of letters made by \`scripts/characters/\` from the outlines of
these handwriting fonts. No font and no part of a font file is in this package. The fonts come from the npm packages
named here (version ${fontVersion}) and are under the SIL Open Font License 1.1 or the Apache License 2.0.

| package | version | licence | part | copyright |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

The parts are drawn with different fonts: \`valid\` and \`test\` hold hands that \`train\` does not.
`
}

if (process.argv[1] === import.meta.filename) {
  const folder = fileURLToPath(new URL('../../assets/characters', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const bytes = packCharacters(makeSet())
  writeFileSync(join(folder, 'characters.bin'), bytes)
  writeFileSync(join(folder, 'FONTS.md'), notice())
  console.log(`${join(folder, 'characters.bin')}: ${bytes.length} bytes`)
}
