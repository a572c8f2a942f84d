// `ocellus doctor`: what this machine offers, how fast it is, and where data sets are looked for.

import { type Command, Option } from 'commander'
import { examples, newCommand } from './command.ts'

export interface DoctorFlags {
  readonly format: 'text' | 'json'
}

export function doctorCommand(): Command {
  return newCommand('doctor')
    .summary('show device, speed, versions and data sets')
    .description('Shows the device, its features and speed, versions, and which data sets are there.')
    .addOption(new Option('--format <name>', 'how to print').choices(['text', 'json']).default('text'))
    .addOption(new Option('--json', 'the same as --format json').implies({ format: 'json' }))
    .addHelpText(
      'after',
      examples([
        ['ocellus doctor', 'prints everything in a quarter of a second'],
        ['ocellus doctor --format json', 'the same for programs'],
      ]),
    )
    .action(async (flags: DoctorFlags) => {
      const { examine, formatExamination } = await import('./machine/examination.ts')
      const examination = await examine()
      console.log(flags.format === 'json' ? JSON.stringify(examination, undefined, 2) : formatExamination(examination))
    })
}
