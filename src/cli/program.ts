// The `ocellus` command: its sub-commands, its help. What a command needs to work is imported when it runs.

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { classifyCommand } from './classify.ts'
import { examples, newCommand } from './command.ts'
import { convertCommand } from './convert.ts'
import { dataCommand } from './data.ts'
import { doctorCommand } from './doctor.ts'
import { evaluateCommand } from './evaluate.ts'
import { gradcheckCommand } from './gradcheck.ts'
import { readCommand } from './read.ts'
import { startCommand } from './start.ts'
import { summaryCommand } from './summary.ts'
import { trainCommand } from './train.ts'

const afterHelp = `
Exit codes:
  0    all went well
  1    something failed; stderr says what, in one sentence per failure
  2    a flag or an argument makes no sense
  130  stopped by Ctrl-C

Environment:
  OCELLUS_DATA   folder of data sets (default: .cache/ocellus in the home folder)
  OCELLUS_DEBUG  what to show, a list of: stack, graph, kernels, code, time, nan
  NO_COLOR       no colours, even on a terminal`

/** The whole command line. */
export function createProgram(): Command {
  const program = newCommand('ocellus')
    .description(
      'A deep-learning compiler and toolkit for vision. Trains character networks and reads hand-printed pages.',
    )
    .usage('<command> [options]')
    .version(packageVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show this help; after a command, the help of that command')
    .helpCommand(false)
  const commands = [
    startCommand,
    trainCommand,
    readCommand,
    evaluateCommand,
    classifyCommand,
    gradcheckCommand,
    summaryCommand,
    convertCommand,
    dataCommand,
    doctorCommand,
  ]
  for (const create of commands) program.addCommand(create())
  const calls = [
    ['ocellus start', 'trains, reads a sample page, draws a report'],
    ['ocellus read page.jpg', 'prints the text of a photographed page'],
    ['ocellus train --out runs/first', 'trains a character network'],
  ] as const
  return program.addHelpText('after', `${examples(calls)}\n${afterHelp}`)
}

/** The version in package.json; the path is the same from `src/cli` and from `dist/cli`. */
function packageVersion(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return version
}
