// What all commands of the command line have in common.

import { Command } from 'commander'
import { usageSentence } from './failures.ts'

/** A command that throws instead of ending the process, and puts its complaints into one sentence. */
export function newCommand(name: string): Command {
  const command = new Command(name)
  const full = name === 'ocellus' ? name : `ocellus ${name}`
  return command
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ outputError: (message, write) => write(`${usageSentence(full, message)}\n`) })
}

/** Text that follows the help of a command: calls with what they do. */
export function examples(calls: readonly (readonly [call: string, what: string])[]): string {
  const width = Math.max(...calls.map(([call]) => call.length))
  const lines = calls.map(([call, what]) => `  ${call.padEnd(width)}  ${what}`.trimEnd())
  return `\nExamples:\n${lines.join('\n')}`
}
