// Every entry of the package bundles for the browser: no Node import, no Node global, and it loads where there is no Node.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { afterAll, describe, expect, test } from 'vitest'
import { bundleForBrowser, unguardedNodeGlobals } from './browser-bundle.ts'
import { browserGlobals } from './browser-globals.ts'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const { exports, sideEffects } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | Record<string, string | undefined>>
  sideEffects: string[]
}
const entries = Object.entries(exports).flatMap(([subpath, target]) =>
  typeof target === 'object' && target.default !== undefined ? [[subpath, target.default] as const] : [],
)

describe('every entry runs in a browser', () => {
  test('there are entries', () => {
    expect(entries.map(([subpath]) => subpath)).toContain('.')
  })

  test.for(entries)('%s', async ([, file]) => {
    const path = join(root, file)
    expect(existsSync(path), `${file} is not built; run: npm run build`).toBe(true)
    const { code, nodeImports } = await bundleForBrowser(path)
    expect(nodeImports).toEqual([])
    expect(unguardedNodeGlobals(code)).toEqual([])
    const context = createContext(browserGlobals())
    runInContext(code, context)
    expect(Object.keys(context.bundle as object)).not.toEqual([])
  })
})

test.for(entries)('Node gets its own variant of %s where there is one', ([subpath, file]) => {
  const variant = file.replace(/\.js$/, '.node.js')
  const expected = existsSync(join(root, variant))
    ? { types: variant.replace(/\.js$/, '.d.ts'), node: variant, default: file }
    : { types: file.replace(/\.js$/, '.d.ts'), default: file }
  expect(exports[subpath]).toEqual(expected)
})

test('files that are imported for what they do, not for a name, are kept by bundlers: sideEffects lists them', () => {
  const imported = filesUnder(join(root, 'dist')).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/^import ['"](\..*)['"]/gm)].map(([, path]) =>
      relative(root, join(dirname(file), String(path))).replaceAll('\\', '/'),
    ),
  )
  expect(sideEffects).toEqual(expect.arrayContaining(imported.map((path) => `./${path}`)))
  for (const path of sideEffects) expect(existsSync(join(root, path)), path).toBe(true)
})

function filesUnder(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => file.endsWith('.js')).map((file) => join(folder, file))
}

describe('the test would notice', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ocellus-bundle-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('a Node import, direct or through a file', async () => {
    writeFileSync(join(folder, 'inner.js'), "import { readFileSync } from 'fs'\nexport const read = readFileSync")
    writeFileSync(join(folder, 'entry.js'), "import 'node:path'\nexport { read } from './inner.js'")
    const { nodeImports } = await bundleForBrowser(join(folder, 'entry.js'))
    expect(nodeImports.map((text) => text.split(' ')[0])).toEqual(['node:path', 'fs'])
  })

  test.for([
    ['Buffer.from([])', ['Buffer']],
    ['const a = { b: process.env.HOME }', ['process']],
    ['if (x) { setImmediate(f) }', ['setImmediate']],
    ['const { cwd } = process', ['process']],
    ['f({ Buffer })', ['Buffer']],
    ["typeof process === 'undefined' ? 0 : process.pid + Buffer.poolSize", ['Buffer']],
  ] as const)('%s', ([code, names]) => {
    expect(unguardedNodeGlobals(code)).toEqual(names)
  })

  test.for([
    "typeof process === 'undefined' ? 0 : process.pid",
    "if (typeof Buffer !== 'undefined') { Buffer.from([]) }",
    "const node = typeof process !== 'undefined' && process.versions.node",
    'globalThis.process?.versions',
    'const a = { process: 1, global: 2 }; a.process',
    'function f(module) { return module.exports }',
    'class A { require() {} }',
  ])('that nothing is wrong with %s', (code) => {
    expect(unguardedNodeGlobals(code)).toEqual([])
  })
})
