// How commands end: exit codes, and every error as one sentence on stderr, without a stack trace unless it is asked for.

import { CommanderError } from 'commander'
import { OcellusError, UsageError } from '../core/errors.ts'
import { printable } from './printing.ts'

/** What the shell is told. `interrupted` is what shells use for Ctrl-C, 128 + SIGINT, `brokenPipe` 128 + SIGPIPE. */
export const exitCodes = { ok: 0, failure: 1, usage: 2, interrupted: 130, brokenPipe: 141 } as const

/** A command that somebody stopped by Ctrl-C: it has said what there is to say, and ends with the exit code for that. */
export class Interrupted extends Error {
  override readonly name: string = 'Interrupted'
}

/** The exit code that an error ends the command with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Interrupted) return exitCodes.interrupted
  if (error instanceof UsageError) return exitCodes.usage
  if (!(error instanceof CommanderError)) return exitCodes.failure
  // Commander also throws to end after --help and --version.
  return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
}

/** Prints an error as one sentence on stderr; with OCELLUS_DEBUG=stack where it came from, too. */
export function printError(error: unknown): void {
  // Commander has printed its own errors by then, by way of `usageSentence`.
  if (error instanceof CommanderError || error instanceof Interrupted) return
  console.error(`ocellus: ${sentenceOf(error)}`)
  if (wantsStack() && error instanceof Error) console.error(stackOf(error))
}

/** One line that says what is wrong. */
export function sentenceOf(error: unknown): string {
  const message = oneLine(error instanceof Error ? error.message : String(error))
  if (error instanceof OcellusError || isSystemError(error)) return message
  return `something that should not happen: ${message || 'an error without a message'}; OCELLUS_DEBUG=stack shows where`
}

/** A message of commander, such as "error: unknown option '--epoch'\n(Did you mean --epochs?)", as one sentence. */
export function usageSentence(command: string, message: string): string {
  const text = message
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\(Did you mean (.*)\?\)$/s, '; did you mean $1?')
    .replace(/ is invalid\. (\S)/, (_, first: string) => ` is invalid: ${first.toLowerCase()}`)
  const sentence = oneLine(text).replace(/\.$/, '')
  return `${command}: ${sentence}${sentence.endsWith('?') ? '' : `; ${command} --help shows how`}`
}

/** Errors of the file system and the like carry a code and a message that names the file. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && typeof error.syscall === 'string'
}

function wantsStack(): boolean {
  return (process.env.OCELLUS_DEBUG ?? '').split(',').some((name) => name.trim() === 'stack')
}

function stackOf(error: Error): string {
  const stack = error.stack ?? String(error)
  return error.cause instanceof Error ? `${stack}\ncaused by ${stackOf(error.cause)}` : stack
}

function oneLine(text: string): string {
  return printable(text.replace(/\s*\n\s*/g, ' ').trim())
}
