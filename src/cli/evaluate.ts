// `ocellus evaluate`: how often a network with given weights is right on images.

import { type Command, Option } from 'commander'
import { type DeviceFlags, deviceOption, threadsOption } from './choose-device.ts'
import { examples, newCommand, notes } from './command.ts'
import { numberList, ratio, wholeNumber } from './option-values.ts'

export interface EvaluateFlags extends DeviceFlags {
  readonly data: string
  readonly part?: 'train' | 'valid' | 'test'
  readonly model?: string
  readonly entry?: string
  readonly layout?: 'ocellus' | 'pytorch'
  readonly limit?: number
  readonly batch: number
  readonly mean?: readonly number[]
  readonly std?: readonly number[]
  readonly scale?: number
  readonly json: boolean
}

const details = `
Which network a file belongs to is told by the names and shapes of its tensors; an .onnx file is its own network. How pictures
become numbers comes with the network and is printed: a byte v becomes (v x scale - mean) / std. An .onnx file says so if
ocellus convert wrote it; with others pixels are 0 to 255 unless flags say otherwise.
A picture that cannot be read is one sentence on stderr, is left out, and gives the exit code 1 in the end.`

export function evaluateCommand(): Command {
  return newCommand('evaluate')
    .summary('measure how often a network is right on images')
    .description(
      'Runs a network over the images of a data set and prints its accuracy with a 95 % interval (Wilson), the classes that it confuses most ' +
        'often, and its speed.',
    )
    .argument(
      '<weights>',
      'safetensors, .npz, what torch.save wrote (.pth, .pt, .th), .onnx, a folder of .npy files, or the folder of a training',
    )
    .requiredOption(
      '--data <name>',
      'a data set of `ocellus data list`, or a folder with one folder of images per class',
    )
    .addOption(
      new Option('--part <name>', 'part of the data (default: test, else what comes nearest)').choices([
        'train',
        'valid',
        'test',
      ]),
    )
    .option('--model <name>', 'the network, where it is not to be recognised (`ocellus summary --help` lists them)')
    .option('--entry <keys>', 'where the state dict lies in a checkpoint that holds several, as ema or models/student')
    .addOption(
      new Option('--layout <name>', 'how the weights are arranged, where the file does not say so').choices([
        'ocellus',
        'pytorch',
      ]),
    )
    .option('--limit <images>', 'measure on the first so many images only', wholeNumber())
    .option('--batch <images>', 'images that are computed together', wholeNumber({ most: 100_000 }), 100)
    .option('--mean <numbers>', 'subtracted from each channel, as 0.1307 or 0.485,0.456,0.406', numberList())
    .option('--std <numbers>', 'that each channel is divided by', numberList({ positive: true }))
    .option('--scale <number>', 'that bytes are multiplied by first, as 1/255 or 1', ratio)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--json', 'print the result as JSON', false)
    .addHelpText(
      'after',
      `${examples([
        ['ocellus evaluate resnet20.th --data cifar10 --limit 1000', 'a checkpoint of PyTorch'],
        ['ocellus evaluate mnist-8.onnx --data mnist', 'an ONNX file'],
        ['ocellus evaluate runs/first --data characters', 'what `ocellus train --out runs/first` trained'],
        ['ocellus evaluate flowers.safetensors --data photos/ --json', 'your own images, one folder per class'],
      ])}\n${notes(details)}`,
    )
    .action(async (weights: string, flags: EvaluateFlags) => {
      const { evaluateByFlags } = await import('./evaluation/evaluate-by-flags.ts')
      await evaluateByFlags(weights, flags)
    })
}
