// The JavaScript libraries to compare with: dev dependencies of this folder alone, installed when they are first needed.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { OcellusError } from '../../src/index.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))
const marker = new URL('../node_modules/.package-lock.json', import.meta.url)

let failure: string | undefined

/** Installs what bench/package-lock.json names, once. Throws OcellusError, with npm's reason, where that fails. */
export function installPeers(say: (line: string) => void): void {
  if (existsSync(marker)) return
  if (failure === undefined) {
    say('installing the JavaScript libraries to compare with into bench/node_modules (once, about 400 MB)')
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
    const { status, stderr, error } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' })
    if (status === 0) return
    const lines = (error?.message ?? stderr).split('\n').filter((line) => line.includes('npm error') || error)
    failure = lines[0] ?? 'npm ci failed'
  }
  throw new OcellusError(`the JavaScript libraries cannot be installed (${failure}); run npm ci in bench/`)
}
