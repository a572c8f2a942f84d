// `ocellus summary`: the layers of a network, or the tensors of a weights file.

import { type Command, Option } from 'commander'
import { modelNames } from '../models/names.ts'
import { examples, newCommand } from './command.ts'
import { layerSizes, wholeNumber } from './option-values.ts'

export interface SummaryFlags {
  readonly hidden: readonly number[]
  readonly classes?: number
  readonly side?: number
  readonly activation: string
  readonly entry?: string
  readonly batch: number
  readonly format: 'text' | 'json'
}

export function summaryCommand(): Command {
  return newCommand('summary')
    .summary('print the layers of a network, or the tensors of a file')
    .description(
      'Prints the layers of a network with kernel and output shapes, parameters, mult-adds and FLOPs per sample, and bytes of activations. ' +
        'Of a weights file the network is told by the names and shapes of its tensors; where none is known, the tensors are printed.\n\n' +
        `Networks: ${modelNames.join(', ')}`,
    )
    .argument(
      '<model>',
      'a network above, the folder of a training, or a file of weights (.safetensors, .npz, .pth, .pt, .onnx, a folder of .npy)',
    )
    .option('--hidden <sizes>', 'of character-mlp: hidden layers', layerSizes, [64])
    .option('--classes <number>', "number of classes (default: the network's own)", wholeNumber({ most: 100_000 }))
    .option(
      '--side <pixels>',
      'height and width of the images, where the network takes any size, and for character-mlp',
      wholeNumber({ most: 4096 }),
    )
    .addOption(
      new Option('--activation <name>', 'of character-mlp')
        .choices(['sigmoid', 'tanh', 'relu', 'gelu'])
        .default('sigmoid'),
    )
    .option(
      '--batch <number>',
      'samples per batch, in the shapes and the activations',
      wholeNumber({ most: 1_000_000 }),
      1,
    )
    .option('--entry <keys>', 'where the state dict lies in a checkpoint that holds several, as ema or models/student')
    .addOption(new Option('--format <name>', 'how to print').choices(['text', 'json']).default('text'))
    .addOption(new Option('--json', 'the same as --format json').implies({ format: 'json' }))
    .addHelpText(
      'after',
      examples([
        ['ocellus summary nist36-cnn --batch 128', 'a network that is not trained yet'],
        ['ocellus summary runs/first', 'the network that `ocellus train --out runs/first` trained'],
        ['ocellus summary resnet18.pth --json', 'the network that a file belongs to'],
      ]),
    )
    .action(async (model: string, flags: SummaryFlags) => {
      const { describeModel } = await import('./network/describe-model.ts')
      console.log(await describeModel(model, flags))
    })
}
