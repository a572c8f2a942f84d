// `npm run bench`: compares with other libraries, here and now; `npm run bench -- step` measures one part of our own.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { CommanderError } from 'commander'
import { OcellusError } from '../src/index.ts'
import { createCommand } from './command.ts'

try {
  await createCommand({
    say: (line) => console.log(line),
    write: (file, text) => {
      try {
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, text)
      } catch (error) {
        throw new OcellusError(`${file} cannot be written: ${error instanceof Error ? error.message : error}`)
      }
    },
  }).parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else if (error instanceof OcellusError) {
    console.error(error.message)
    process.exitCode = error.name === 'UsageError' ? 2 : 1
  } else throw error
}
