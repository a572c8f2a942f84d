// Where data sets lie on this machine.

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** The folder of data sets: the environment variable OCELLUS_DATA, else `.cache/ocellus` in the user's home folder. */
export function dataFolder(): string {
  const chosen = process.env.OCELLUS_DATA
  return chosen === undefined || chosen === '' ? join(homedir(), '.cache', 'ocellus') : resolve(chosen)
}
