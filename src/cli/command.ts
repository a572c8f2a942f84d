// What all commands of the command line have in common.

import { Command } from 'commander'
import { usageSentence } from './failures.ts'
import { outputWidth, pairLines, wrapParagraphs } from './text-layout.ts'

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
  return `\nExamples:\n${pairLines(calls, outputWidth()).join('\n')}`
}

/** Text that follows the help of a command: paragraphs with empty lines between them. */
export function notes(text: string): string {
  return `\n${wrapParagraphs(text, outputWidth())}`
}
