// `ocellus summary`: the layers of a network, or the tensors of a weights file.

import { type Command, Option } from 'commander'
import { examples, newCommand } from './command.ts'
import { layerSizes, wholeNumber } from './option-values.ts'

export interface SummaryFlags {
  readonly hidden: readonly number[]
  readonly classes: number
  readonly side: number
  readonly activation: string
  readonly batch: number
  readonly format: 'text' | 'json'
}

export function summaryCommand(): Command {
  return newCommand('summary')
    .summary('print the layers of a network, or the tensors of a file')
    .description(
      'Prints the layers of a network with kernel and output shapes, parameters, mult-adds and FLOPs per letter; of a safetensors file ' +
        'that no `ocellus train` wrote, its tensors.',
    )
    .argument(
      '<model>',
      "'character-mlp', a network.safetensors that `ocellus train` wrote or the folder of one, or any .safetensors file",
    )
    .option('--hidden <sizes>', 'of character-mlp: hidden layers', layerSizes, [64])
    .option('--classes <number>', 'of character-mlp: classes', wholeNumber({ most: 100_000 }), 36)
    .option('--side <pixels>', 'of character-mlp: height and width of a letter', wholeNumber({ most: 1024 }), 32)
    .addOption(
      new Option('--activation <name>', 'of character-mlp')
        .choices(['sigmoid', 'tanh', 'relu', 'gelu'])
        .default('sigmoid'),
    )
    .option('--batch <number>', 'letters per batch, in the shapes', wholeNumber({ most: 1_000_000 }), 1)
    .addOption(new Option('--format <name>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      examples([
        ['ocellus summary character-mlp --hidden 256,128', 'a network that is not trained yet'],
        ['ocellus summary runs/first', 'the network that `ocellus train --out runs/first` trained'],
        ['ocellus summary weights.safetensors --format json', 'the tensors of a file'],
      ]),
    )
    .action(async (model: string, flags: SummaryFlags) => {
      const { describeModel } = await import('./network/description.ts')
      console.log(await describeModel(model, flags))
    })
}
