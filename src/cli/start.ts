// `ocellus start`, what `npm start` runs: trains a network, reads the sample page with it, draws a report.

import type { Command } from 'commander'
import { type DeviceFlags, deviceOption, threadsOption } from './choose-device.ts'
import { examples, newCommand } from './command.ts'
import { wholeNumber } from './option-values.ts'

export interface StartFlags extends DeviceFlags {
  readonly epochs: number
  readonly limit?: number
  readonly seed: number
  readonly out: string
}

export function startCommand(): Command {
  return newCommand('start')
    .summary('train a network, read the sample page with it, draw a report')
    .description(
      'Trains a network of 36 classes on the characters that come with the package, reads the sample page with it, ' +
        'and draws a report with curves, weights, mistakes and the page.',
    )
    .option('--epochs <number>', 'how often every letter is seen', wholeNumber({ most: 1_000_000 }), 24)
    .option('--limit <letters>', 'use only so many letters of each part, evenly from all classes', wholeNumber())
    .option('--seed <number>', 'of weights, order and distortion', wholeNumber({ least: 0, most: 2 ** 32 - 1 }), 0)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--out <folder>', 'where index.html and network.safetensors go', 'ocellus-report')
    .addHelpText(
      'after',
      examples([
        ['ocellus start', 'half a minute, on one core'],
        ['ocellus start --epochs 60 --out long', 'trains longer, writes to the folder long'],
      ]),
    )
    .action(async (flags: StartFlags) => {
      const { startByFlags } = await import('./training/start-by-flags.ts')
      await startByFlags(flags)
    })
}
