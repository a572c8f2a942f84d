// Runs the command line from its sources in a process of its own, as a shell would.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll } from 'vitest'

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
// By its address: the current folder of the commands is one without packages.
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** The current folder. */
  readonly folder: string
  readonly environment?: Readonly<Record<string, string>>
  /** Sends SIGINT, once stderr matches. */
  readonly interruptAt?: RegExp
}

/** Runs `ocellus` with arguments to its end. */
export function ocellus(
  args: readonly string[],
  { folder, environment = {}, interruptAt }: RunOptions,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', loader, main, ...args], {
      cwd: folder,
      // No data sets: what a test needs comes with the package.
      env: { ...process.env, OCELLUS_DATA: join(folder, 'no-data'), OCELLUS_DEBUG: '', NO_COLOR: '1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const output = { stdout: '', stderr: '' }
    let interrupted = false
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text
        if (interrupted || interruptAt?.test(output.stderr) !== true) return
        interrupted = true
        child.kill('SIGINT')
      })
    }
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...output }))
  })
}

/** An empty folder, which is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ocellus-cli-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
