// Draws the sample page that comes with the package, assets/pages/: `npx tsx scripts/characters/sample.ts`.
// Its hand belongs to the test part of the embedded characters: a network trained on them has not seen it.

import { fileURLToPath } from 'node:url'
import { type DrawnPage, drawPage } from './draw-page.ts'
import { loadHand } from './fonts.ts'
import { writePage } from './write-page.ts'

const lines = [
  'THE HERON STANDS STILL',
  'WHILE 3 SMALL BOATS PASS',
  'QUIET AS A JAZZ TUNE',
  'THE EVENING LAKE',
  'TURNS GOLD AT 6',
]

/** The page: 3 megapixels, blue ink on cream ruled paper, light from the left and a soft shadow in a corner. */
export function drawSample(): DrawnPage {
  const width = 2016
  const height = 1512
  return drawPage({
    seed: 8,
    lines,
    hand: loadHand('patrick-hand'),
    writing: {
      letterHeight: 90,
      lineSpacing: 2.5,
      letterGap: 0.2,
      wordGap: 1.05,
      baselineSpread: 0.03,
      gapSpread: 0.2,
      touching: 0,
      penWidth: 0.115,
      serifs: 'barred',
      variation: {
        slant: 0.06,
        slantSpread: 0.03,
        aspect: 1.02,
        aspectSpread: 0.06,
        sizeSpread: 0.05,
        rotationSpread: 0.03,
        bend: 0.016,
      },
    },
    view: { width, height, turn: -0.022, tiltAcross: 0.03, tiltDown: -0.04, curl: 0.005, phase: 1 },
    start: { x: 170, y: 366 },
    ruling: { kind: 'lines', spacing: 115 },
    scene: {
      ink: { colour: [34, 48, 122], cover: 0.94, pressure: 0.05, grain: 0.012 },
      paper: {
        colour: [236, 228, 208],
        grain: 0.005,
        blotches: 0.007,
        ruling: [150, 170, 205],
        rulingStrength: 0.3,
        showThrough: 0,
      },
      light: { brightness: 1.08, gradient: 0.2, vignette: 0.2, shadow: 0.2 },
      lens: { blur: 1.1, noise: 2.2 },
    },
  })
}

if (process.argv[1] === import.meta.filename) {
  const folder = fileURLToPath(new URL('../../assets/pages', import.meta.url))
  await writePage(drawSample(), { folder, name: 'sample', quality: 76 })
  console.log(`${folder}/sample.jpg`)
}
