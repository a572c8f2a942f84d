#!/usr/bin/env node
// The executable: runs the command line and ends with its exit code.

import { exitCodeOf, printError } from './failures.ts'
import { createProgram } from './program.ts'

// A reader that has seen enough, as in `ocellus read page.jpg | head -1`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  await createProgram().parseAsync()
} catch (error) {
  printError(error)
  process.exitCode = exitCodeOf(error)
}
