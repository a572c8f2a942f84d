// `ocellus train`: trains a character network.

import { type Command, Option } from 'commander'
import { type DeviceFlags, deviceOption, threadsOption } from './choose-device.ts'
import { examples, newCommand } from './command.ts'
import { layerSizes, positiveNumber, wholeNumber } from './option-values.ts'

export interface TrainFlags extends DeviceFlags {
  readonly data: 'characters' | 'nist36' | 'nist36-standin' | 'mnist' | 'emnist-letters'
  readonly input: 'glyphs' | 'pixels'
  readonly limit?: number
  readonly hidden: readonly number[]
  readonly activation: 'sigmoid' | 'tanh' | 'relu' | 'gelu'
  readonly epochs: number
  readonly batch: number
  readonly optimizer: 'sgd' | 'adam' | 'adamw'
  readonly rate?: number
  readonly schedule: 'constant' | 'cosine' | 'one-cycle' | 'exponential'
  readonly momentum: number
  readonly weightDecay: number
  readonly distort: boolean
  readonly seed: number
  readonly out?: string
}

const files = `
Files in the folder of --out: network.safetensors (the best network, for \`ocellus read --model\`), report.html, curves.svg,
history.json, settings.json, and the checkpoints that a second run goes on from (checkpoint.safetensors, best.safetensors).
Ctrl-C saves first; the same command goes on from there, to the same bits. Without --out nothing is written.`

export function trainCommand(): Command {
  return newCommand('train')
    .summary('train a network that tells characters apart')
    .description('Trains a fully connected network that tells characters apart, and measures it on the test part once.')
    .addOption(
      new Option('--data <name>', 'data set; only characters comes with the package')
        .choices(['characters', 'nist36', 'nist36-standin', 'mnist', 'emnist-letters'])
        .default('characters'),
    )
    .addOption(
      new Option(
        '--input <kind>',
        'glyphs: letters redrawn as the page reader sees them; pixels: as they are in the data set',
      )
        .choices(['glyphs', 'pixels'])
        .default('glyphs'),
    )
    .option('--limit <letters>', 'use only so many letters of each part, evenly from all classes', wholeNumber())
    .option(
      '--hidden <sizes>',
      "sizes of the hidden layers, '64' or '64,32'; 'none' for a linear classifier",
      layerSizes,
      [64],
    )
    .addOption(
      new Option('--activation <name>', 'between the layers')
        .choices(['sigmoid', 'tanh', 'relu', 'gelu'])
        .default('sigmoid'),
    )
    .option('--epochs <number>', 'how often every letter is seen', wholeNumber({ most: 1_000_000 }), 30)
    .option('--batch <letters>', 'letters per step', wholeNumber({ most: 1_000_000 }), 32)
    .addOption(new Option('--optimizer <name>', 'rule of the steps').choices(['sgd', 'adam', 'adamw']).default('sgd'))
    .option('--rate <number>', 'learning rate (default: 0.05 for sgd, 0.002 for adam and adamw)', positiveNumber())
    .addOption(
      new Option('--schedule <name>', 'of the learning rate; exponential is x0.9 every epoch')
        .choices(['constant', 'cosine', 'one-cycle', 'exponential'])
        .default('cosine'),
    )
    .option('--momentum <number>', 'of sgd', positiveNumber({ zero: true, below: 1 }), 0.9)
    .option('--weight-decay <number>', 'of the weights, not the biases', positiveNumber({ zero: true }), 0)
    .option('--distort', 'draw every letter a little differently in each epoch', false)
    .option('--seed <number>', 'of weights, order and distortion', wholeNumber({ least: 0, most: 2 ** 32 - 1 }), 0)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--out <folder>', 'where the network, its curves and checkpoints go; a training that lies there goes on')
    .addHelpText(
      'after',
      `${examples([
        ['ocellus train --out runs/first', '1024-64-36 on the characters that come with the package'],
        [
          'ocellus train --data nist36-standin --input pixels --epochs 50',
          'the data set as it is; prints the result only',
        ],
        ['ocellus train --hidden 256,128 --activation relu --optimizer adamw --distort --out runs/large', ''],
        ['ocellus read page.jpg --model runs/first', 'reads a page with what was trained'],
      ])}\n${files}`,
    )
    .action(async (flags: TrainFlags) => {
      const { trainByFlags } = await import('./network/train-by-flags.ts')
      await trainByFlags(flags)
    })
}
