// `ocellus read`: the text of photographed pages of hand print.

import { type Command, Option } from 'commander'
import { chooseDevice } from './choose-device.ts'
import { examples, newCommand, notes } from './command.ts'
import { exitCodes } from './failures.ts'
import { positiveNumber } from './option-values.ts'

export interface ReadFlags {
  readonly format: 'text' | 'json'
  readonly boxes?: string
  readonly model?: string
  readonly maxMegapixels: number
}

const json = `
With --format json a page is { file, width, height, text, box, confidence, lines }, a line { text, box, confidence, words },
a word { text, box, confidence, glyphs }, a glyph { text, box, confidence, alternatives }. A box is [y1, x1, y2, x2] in pixels of
the upright image, half-open: rows y1 to y2 - 1. One image gives an object, several give an array of those that could be read.
An image that cannot be read is one sentence on stderr, and the exit code 1 in the end; the others are read all the same.`

export function readCommand(): Command {
  return newCommand('read')
    .summary('print the text of photographed pages')
    .description('Reads pages of hand-printed capitals and digits, dark on light, from JPEG, PNG, WebP or TIFF files.')
    .argument('<image...>', 'image files')
    .addOption(new Option('--format <name>', 'what to print').choices(['text', 'json']).default('text'))
    .addOption(new Option('--json', 'the same as --format json').implies({ format: 'json' }))
    .option(
      '--boxes <file>',
      'write the page with boxes around lines, words and letters as a PNG file; a folder, for several images',
    )
    .option(
      '--model <file>',
      'recognise letters by this network: a network.safetensors of `ocellus train`, or the folder of one',
    )
    .option(
      '--max-megapixels <number>',
      'refuse images that claim more than so many million pixels',
      positiveNumber(),
      200,
    )
    .addHelpText(
      'after',
      `${examples([
        ['ocellus read page.jpg', 'prints the text'],
        ['ocellus read *.jpg --format json > pages.json', 'prints all that was found'],
        ['ocellus read page.jpg --boxes page-boxes.png', 'draws what was found, too'],
        ['ocellus read page.jpg --model runs/first', 'reads with a network of your own'],
      ])}\n${notes(json)}`,
    )
    .action(async (images: string[], flags: ReadFlags) => {
      const { readPages } = await import('./reading/read-pages.ts')
      await chooseDevice()
      if (!(await readPages(images, flags))) process.exitCode = exitCodes.failure
    })
}
