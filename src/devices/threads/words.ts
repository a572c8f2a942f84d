// The control block that the members of a team share: what emitted code waits on, the command, and how members answer.

import { controlWords, firstDeviceWord } from '../../codegen/control.ts'

type TeamWord =
  | keyof typeof controlWords
  | 'command'
  | 'sleeping'
  | 'ready'
  | 'done'
  | 'exit'
  | 'program'
  | 'codeLow'
  | 'codeHigh'
  | 'codeBytes'
  | 'originLow'
  | 'originHigh'
  | 'tables'
  | 'tableBytes'
  | 'rangesAt'
  | 'failed'
  | 'textLength'
  | 'text'

/** Places of 32-bit words; those that different threads write lie on lines of their own. */
export const teamWords: Readonly<Record<TeamWord, number>> = {
  ...controlWords,
  /** Changes with each command; idle members wait for that. */
  command: firstDeviceWord,
  /** Members that sleep and must be woken. */
  sleeping: firstDeviceWord + 16,
  /** Members that have started. */
  ready: firstDeviceWord + 32,
  /** Members that have finished the command. */
  done: firstDeviceWord + 48,
  /** The command: whether to leave, where the code is, and where the first table, its ranges and the control block are. */
  exit: firstDeviceWord + 64,
  program: firstDeviceWord + 65,
  codeLow: firstDeviceWord + 66,
  codeHigh: firstDeviceWord + 67,
  codeBytes: firstDeviceWord + 68,
  originLow: firstDeviceWord + 69,
  originHigh: firstDeviceWord + 70,
  tables: firstDeviceWord + 71,
  tableBytes: firstDeviceWord + 72,
  rangesAt: firstDeviceWord + 73,
  /** The member whose error it is, from 1 on, and its text, one character per word. */
  failed: firstDeviceWord + 80,
  textLength: firstDeviceWord + 81,
  text: firstDeviceWord + 82,
}

/** Longest text of an error that reaches the caller. */
export const longestText = 300

/** Bytes of a control block. */
export const controlBytes: number = 4 * (teamWords.text + longestText)
