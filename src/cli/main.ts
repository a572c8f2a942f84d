#!/usr/bin/env node
// The executable: runs the command line and ends with its exit code.

import { exitCodeOf, exitCodes, printError } from './failures.ts'
import { createProgram } from './program.ts'

// A reader that has seen enough, as in `ocellus read page.jpg | head -1`, is no failure of ours; shells know 141 as that.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') console.error(`ocellus: the output cannot be written: ${error.message}`)
  process.exit(error.code === 'EPIPE' ? (process.exitCode ?? exitCodes.brokenPipe) : exitCodes.failure)
})
// Nobody watches the progress any more: the work goes on.
process.stderr.on('error', () => undefined)

try {
  await createProgram().parseAsync()
} catch (error) {
  printError(error)
  process.exitCode = exitCodeOf(error)
}
