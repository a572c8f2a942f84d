// The model card that goes with the weights: what they were made from, how good they are, and what they mistake.

import { featureCount } from '../../src/reader/glyph-features.ts'
import { accuracyByCharacter, type Measurement, worstConfusions } from './measure.ts'
import { hidden } from './recipe.ts'
import type { Samples, Source } from './samples.ts'

export interface CardContents {
  readonly samples: Samples
  readonly measurements: Readonly<Record<Source, Measurement>>
  readonly bytes: number
  readonly temperature: number
  readonly epochs: number
  readonly seed: number
}

const licences: Readonly<Record<Source, string>> = {
  nist26:
    'believed to come from NIST Special Database 19, a work of the US government; course 16-720, Carnegie Mellon University',
  characters: 'drawn by this project, see ../characters/FONTS.md',
  'emnist-letters':
    'Cohen, Afshar, Tapson and van Schaik 2017, from NIST Special Database 19, a work of the US government',
  mnist: 'LeCun, Cortes and Burges; usually cited as CC BY-SA 3.0',
}

const names: Readonly<Record<Source, string>> = {
  nist26: 'nist26 (capitals by hand)',
  characters: 'characters (capitals and digits of fonts)',
  'emnist-letters': 'EMNIST letters (both cases, one label)',
  mnist: 'MNIST (digits)',
}

export function modelCard(contents: CardContents): string {
  const { samples, measurements, bytes, temperature, epochs, seed } = contents
  const sources = Object.keys(names) as Source[]
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`
  const measured = sources.map((source) => {
    const { samples: count, accuracy, accuracyOfKind, loss } = measurements[source]
    return `| ${names[source]} | ${count} | ${percent(accuracy)} | ${percent(accuracyOfKind)} | ${loss.toFixed(3)} |`
  })
  const data = sources.map((source) => `| ${names[source]} | ${samples.counts[source]} | ${licences[source]} |`)
  const confusions = sources.map((source) => {
    const worst = worstConfusions(measurements[source], 8).map(([pair, times]) => `${pair} (${times})`)
    return `- ${names[source]}: ${worst.join(', ') || 'none'}`
  })
  return `# The recognizer of the reader

\`recognizer.safetensors\` (${bytes} bytes) holds the network that tells the 36 characters A-Z and 0-9 apart, letters of both
cases under the capital. It is made by \`npx tsx scripts/recognizer/train.ts\` (${epochs} epochs, seed ${seed}); do not edit it or this page.

- Input: a letter normalised by \`src/reader/glyph.ts\` (32x32), as the ${featureCount} features of \`src/reader/glyph-features.ts\`.
- Network: ${[featureCount, ...hidden, 37].join(' - ')}, fully connected, ReLU between; the last output stands for "no character". Weights in one
  byte with a scale per output. Logits are divided by ${temperature}, which makes probabilities honest on the validation parts of
  nist26, characters and MNIST.
- Trained on distorted copies (turned, sheared, stretched, bent, thickened, broken) of the samples below. No page, real or
  drawn, was used to train it.

## Data

| source | training samples | terms |
| --- | --- | --- |
${data.join('\n')}

## How good it is

On samples kept apart from training: nist26 the last 15 of each class, the fonts of the part \`valid\`, and of MNIST and EMNIST a
third of the tenth that was split off. "Kind known": it is known whether the sample is a letter or a digit, as it mostly is from
the word around it. O and 0 cannot be told apart without that.

| source | samples | right | right, kind known | mean -log p |
| --- | --- | --- | --- | --- |
${measured.join('\n')}

Right by character, on nist26 (letters) and MNIST (digits):
${byCharacter(measurements)}

What is mistaken most:
${confusions.join('\n')}

It was trained on hand-printed capitals and digits. It does not know joined-up writing, accents or other scripts.
`
}

function byCharacter({ nist26, mnist }: CardContents['measurements']): string {
  const shares = accuracyByCharacter(nist26).map((share, i) => share ?? accuracyByCharacter(mnist)[i])
  const cells = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789', (character, i) => {
    const share = shares[i]
    return share === undefined ? character : `${character} ${(100 * share).toFixed(0)}`
  })
  return cells.join(', ')
}
