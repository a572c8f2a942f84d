// The examples in README and the guides run as they stand, against the built package, as a user's own scripts would.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const root = resolve(fileURLToPath(import.meta.url), '../../..')
const folder = mkdtempSync(join(tmpdir(), 'ocellus-docs-'))
mkdirSync(join(folder, 'node_modules'))
symlinkSync(root, join(folder, 'node_modules', 'ocellus'), 'junction')
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
const tsx = pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Code blocks marked `ts` of a page; blocks in other languages are left out. */
function examples(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string)
}

describe.each(['README.md', 'docs/from-pytorch.md', 'docs/fine-tuning.md'])('%s', (page) => {
  const blocks = examples(page)
  test('has examples', () => expect(blocks.length).toBeGreaterThan(0))
  test.each(blocks.map((code, i) => [i + 1, code] as const))('example %i runs', (i, code) => {
    const file = join(folder, `${page.replace(/\W/g, '-')}-${i}.ts`)
    writeFileSync(file, code)
    const { status, stderr } = spawnSync(process.execPath, ['--import', tsx, file], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(status, stderr).toBe(0)
  })
})
