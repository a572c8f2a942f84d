// `ocellus train`: trains the character network, or any known network on images.

import { type Command, Option } from 'commander'
import { modelNames } from '../models/names.ts'
import { type DeviceFlags, deviceOption, threadsOption } from './choose-device.ts'
import { examples, newCommand, notes } from './command.ts'
import { layerSizes, milestoneList, modelName, positiveNumber, trainingData, wholeNumber } from './option-values.ts'

export interface TrainFlags extends DeviceFlags {
  readonly data: string
  readonly model?: string
  readonly from?: string
  readonly classes?: number
  readonly side?: number
  readonly input: 'glyphs' | 'pixels'
  readonly limit?: number
  readonly valid?: number
  readonly hidden: readonly number[]
  readonly activation: 'sigmoid' | 'tanh' | 'relu' | 'gelu'
  readonly epochs: number
  readonly batch: number
  readonly optimizer: 'sgd' | 'adam' | 'adamw'
  readonly rate?: number
  readonly schedule: 'constant' | 'step' | 'multi-step' | 'exponential' | 'cosine' | 'one-cycle' | 'plateau'
  readonly factor?: number
  readonly stepEvery?: number
  readonly milestones?: readonly number[]
  readonly patience?: number
  readonly warmUp?: number
  readonly momentum: number
  readonly weightDecay: number
  readonly average?: number
  readonly labelSmoothing?: number
  readonly keep?: 'best' | 'last'
  readonly distort: boolean
  readonly augment?: string
  readonly freeze?: string
  readonly unfreezeAt?: number
  readonly backboneRate?: number
  readonly workers?: number
  readonly test: boolean
  readonly seed: number
  readonly out?: string
  readonly resume: boolean
}

const details = `
Without --model and --from the character network is trained, on letters or digits; --input, --hidden, --activation and --distort are
its flags. Networks of --model: ${modelNames.join(', ')}.

Changes of --augment, each with a number after a colon if the usual one does not suit: crop (pixels around; of photographs the
smallest share of the area), flip, vflip (share of the pictures), rotate (degrees), shift, zoom (share), shear (degrees), color (share),
elastic (strength), cutout (side), erase (share of the pictures), mixup (alpha); auto takes what suits the data. Turns, shifts, zoom and
shear become one map, so that a picture is interpolated once.

--from with other classes than the data's puts a new head in place of the old one. --freeze backbone trains the head only; with
--unfreeze-at the rest is trained from that epoch on, at a tenth of the rate or that of --backbone-rate, and the schedule begins anew.

Files in the folder of --out: network.safetensors (the best network, for \`ocellus evaluate\`, \`classify\` and \`summary\`, and a character
network for \`ocellus read --model\`), report.html, curves.svg, history.json, settings.json, and the checkpoints that a second run goes on
from (checkpoint.safetensors, best.safetensors; of frozen epochs in the folder frozen). Ctrl-C saves first; the same command goes on from
there, to the same bits, and so does --resume --out alone. Without --out nothing is written.`

export function trainCommand(): Command {
  const share = positiveNumber({ below: 1 })
  const command = newCommand('train')
    .summary('train a network on characters or images')
    .description(
      'Trains a fully connected network that tells characters apart, or any known network on any set of images, and measures it on the test part once.',
    )
    .option(
      '--data <name>',
      'a data set of `ocellus data list`, or a folder with one folder of images per class; only characters comes with the package',
      trainingData,
      'characters',
    )
    .option('--model <name>', 'the network (below; default: the character network)', modelName)
    .option('--from <weights>', 'begin with the weights of a file of any format, or of a training', String)
    .option('--classes <number>', "of --model: number of classes (default: the data's)", wholeNumber({ most: 100_000 }))
    .option('--side <pixels>', 'of --model: height and width, where it takes any size', wholeNumber({ most: 4096 }))
    .addOption(
      new Option(
        '--input <kind>',
        'glyphs: letters redrawn as the page reader sees them; pixels: as they are in the data set',
      )
        .choices(['glyphs', 'pixels'])
        .default('glyphs'),
    )
    .option('--limit <images>', 'use only so many of each part, evenly from all classes', wholeNumber())
    .option(
      '--valid <share>',
      "of --model: share of the training images for validation (default: the data set's own part, else 0.1)",
      positiveNumber({ below: 0.5 }),
    )
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
    .option('--epochs <number>', 'how often every image is seen', wholeNumber({ most: 1_000_000 }), 30)
    .option('--batch <images>', 'images per step', wholeNumber({ most: 1_000_000 }), 32)
    .addOption(new Option('--optimizer <name>', 'rule of the steps').choices(['sgd', 'adam', 'adamw']).default('sgd'))
    .option('--rate <number>', 'learning rate (default: 0.05 for sgd, 0.002 for adam and adamw)', positiveNumber())
    .addOption(
      new Option('--schedule <name>', 'of the learning rate; exponential is x0.9 every epoch')
        .choices(['constant', 'step', 'multi-step', 'exponential', 'cosine', 'one-cycle', 'plateau'])
        .default('cosine'),
    )
    .option(
      '--factor <number>',
      'of step, multi-step, plateau (default 0.1) and exponential (0.9): multiplies the rate',
      share,
    )
    .option('--step-every <epochs>', 'of step: epochs between two multiplications (default 10)', wholeNumber())
    .option('--milestones <epochs>', 'of multi-step (default: at half and three quarters), as 30,60', milestoneList)
    .option('--patience <epochs>', 'of plateau: epochs without a lower loss (default 10)', wholeNumber({ least: 0 }))
    .option('--warm-up <epochs>', 'epochs in which the rate rises first, as 0.5', positiveNumber())
    .option('--momentum <number>', 'of sgd', positiveNumber({ zero: true, below: 1 }), 0.9)
    .option('--weight-decay <number>', 'of the weights, not the biases', positiveNumber({ zero: true }), 0)
    .option('--average <decay>', 'of --model: keep an average of the weights with this decay, as 0.999', share)
    .option('--label-smoothing <share>', 'of --model: share of the truth that goes to all classes alike, as 0.1', share)
    .addOption(
      new Option('--keep <weights>', 'of --model: of the best epoch on validation (default), or the last').choices([
        'best',
        'last',
      ]),
    )
    .option('--distort', 'draw every letter a little differently in each epoch', false)
    .option('--augment <changes>', 'of --model: change the training images at random, as crop:4,flip (below)')
    .option('--freeze <names>', 'of --model: what is not trained: backbone, or names of layers with commas')
    .option('--unfreeze-at <epoch>', 'of --model: epochs after which what was frozen is trained, too', wholeNumber())
    .option('--backbone-rate <number>', 'of --model: learning rate of all but the head', positiveNumber())
    .option(
      '--workers <number>',
      'of --model: threads that decode and change images (default: 2 for image files, else none)',
      wholeNumber({ least: 0, most: 64 }),
    )
    .option('--no-test', 'of --model: leave the test part alone, as while settings are being chosen')
    .option('--seed <number>', 'of weights, order and changes', wholeNumber({ least: 0, most: 2 ** 32 - 1 }), 0)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--out <folder>', 'where the network, its curves and checkpoints go; a training that lies there goes on')
    .option('--resume', 'go on with the training in the folder of --out, with its settings', false)
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
        [
          'ocellus train --model resnet20 --data cifar10 --augment crop,flip --out runs/cifar',
          'a network for pictures',
        ],
        [
          'ocellus train --from squeezenet1_1.pth --data photos/ --freeze backbone --optimizer adamw --rate 1e-3 --out runs/photos',
          'your own classes',
        ],
        ['ocellus train --resume --out runs/photos', 'goes on after a break'],
      ])}\n${notes(details)}`,
    )
  return command.action(async (flags: TrainFlags) => {
    const { trainByFlags } = await import('./training/train-by-flags.ts')
    const typed = Object.keys(flags).filter((name) => command.getOptionValueSource(name) === 'cli')
    await trainByFlags(flags, new Set(typed))
  })
}
