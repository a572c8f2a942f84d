// The examples in README and the guides run as they stand, against the built package, as a user's own scripts would, and fit its types.

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

/** Where the example with that number, from 1, of a page is written to. */
function fileOf(page: string, i: number): string {
  return join(folder, `${page.replace(/\W/g, '-')}-${i}.ts`)
}

const pages = ['README.md', 'docs/from-pytorch.md', 'docs/fine-tuning.md', 'docs/guide.md']

describe.each(pages)('%s', (page) => {
  const blocks = examples(page)
  test('has examples', () => expect(blocks.length).toBeGreaterThan(0))
  test.each(blocks.map((code, i) => [i + 1, code] as const))('example %i runs', (i, code) => {
    const file = fileOf(page, i)
    writeFileSync(file, code)
    const { status, stderr } = spawnSync(process.execPath, ['--import', tsx, file], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(status, stderr).toBe(0)
  })
})

test('the examples fit the types that the package declares, under strict TypeScript', () => {
  const files = pages.flatMap((page) => examples(page).map((code, i) => ({ code, file: fileOf(page, i + 1) })))
  for (const { file, code } of files) writeFileSync(file, code)
  const config = join(folder, 'tsconfig.json')
  const typeRoots = [join(root, 'node_modules', '@types')]
  const options = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true }
  const platform = { target: 'es2022', module: 'nodenext', types: ['node'], typeRoots }
  writeFileSync(
    config,
    JSON.stringify({ compilerOptions: { ...options, ...platform }, files: files.map(({ file }) => file) }),
  )
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', config], { encoding: 'utf8' })
  expect(status, stdout).toBe(0)
}, 120_000)
