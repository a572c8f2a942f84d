// `ocellus gradcheck`: gradients against finite differences, for the character network and for every op.

import { type Command, Option } from 'commander'
import { chooseDevice } from './choose-device.ts'
import { examples, newCommand } from './command.ts'
import { exitCodes } from './failures.ts'
import { layerSizes, wholeNumber } from './option-values.ts'

export interface GradcheckFlags {
  readonly hidden: readonly number[]
  readonly activation: string
  readonly elements: number
  readonly seed: number
  readonly network: boolean
  readonly ops: boolean
  readonly format: 'text' | 'json'
}

export function gradcheckCommand(): Command {
  return newCommand('gradcheck')
    .summary('compare gradients with finite differences')
    .description(
      'Compares gradients with five-point central differences in f64: for each parameter of the character network, then for each op. ' +
        'An error is max|a - n| / max(1e-3, max|a|, max|n|) of the gradient a and the differences n. Exit code 1 if one is too large.',
    )
    .option('--hidden <sizes>', "hidden layers of the network, '64' or '64,32' or 'none'", layerSizes, [64])
    .addOption(
      new Option('--activation <name>', 'between the layers')
        .choices(['sigmoid', 'tanh', 'relu', 'gelu'])
        .default('sigmoid'),
    )
    .option('--elements <number>', 'elements that are checked one by one in each parameter', wholeNumber(), 50)
    .option(
      '--seed <number>',
      'of the weights, the letters and the choice of elements',
      wholeNumber({ least: 0, most: 2 ** 32 - 1 }),
      0,
    )
    .option('--no-network', 'leave the network out')
    .option('--no-ops', 'leave the ops out')
    .addOption(new Option('--format <name>', 'how to print').choices(['text', 'json']).default('text'))
    .addHelpText(
      'after',
      examples([
        ['ocellus gradcheck', 'the 1024-64-36 network, then every op'],
        ['ocellus gradcheck --hidden 128,64 --activation relu', 'another network'],
        ['ocellus gradcheck --no-network --format json', 'the ops only, for programs'],
      ]),
    )
    .action(async (flags: GradcheckFlags) => {
      const { checkEverything } = await import('./gradients/check.ts')
      await chooseDevice()
      if (!checkEverything(flags)) process.exitCode = exitCodes.failure
    })
}
