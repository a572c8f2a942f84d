// The examples in the doc comments of the data package run as they stand, after what each of them takes for granted.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import * as exported from '../../../src/data/index.node.ts'
import { encodePng } from '../../../src/image/encode.node.ts'
import { rgbImage } from '../../../src/image/image.ts'

const source = new URL('../../../src/data/', import.meta.url)
const folder = mkdtempSync(join(tmpdir(), 'ocellus-examples-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What the examples of a file find there, by file. */
const given: Readonly<Record<string, string>> = {
  'dataset.ts': `const pixels = new Uint8Array(78400), labels = new Int32Array(100)
    const x = new Float32Array(50), y = new Float32Array(50)`,
  'loader.ts': 'const { train } = { train: (await loadDataset("characters")).train.take(256) }',
  'load.node.ts': '',
  'image-folder.node.ts': '',
  'transforms/transform.ts': 'const picture = { height: 40, width: 40, channels: 3, data: new Uint8Array(4800) }',
}

it('run', { timeout: 60_000 }, async () => {
  for (const name of ['iris', 'tulip']) {
    mkdirSync(join(folder, 'flowers', name), { recursive: true })
    for (let i = 0; i < 5; i++) {
      writeFileSync(join(folder, 'flowers', name, `${i}.png`), await encodePng(rgbImage(300, 280 + i)))
    }
  }
  const blocks: string[] = []
  for (const [file, before] of Object.entries(given)) {
    const text = readFileSync(new URL(file, source), 'utf8')
    const examples = [...text.matchAll(/^ *\* ```ts\n([\s\S]*?)^ *\* ```$/gm)].map(([, code = '']) =>
      code.replace(/^ *\* ?/gm, '').replace(/^export /gm, ''),
    )
    expect(examples.length, file).toBeGreaterThan(0)
    for (const code of examples) blocks.push(`{\n${before}\n${code}\n}`)
  }
  const script = `import * as data from ${JSON.stringify(new URL('index.node.ts', source).href)}
    const { ${Object.keys(exported).join(', ')} } = data
    ${blocks.join('\n')}
    console.log(${blocks.length}, 'examples')`
  writeFileSync(join(folder, 'examples.mts'), script)
  const tsx = fileURLToPath(new URL('../../../node_modules/tsx/dist/loader.mjs', import.meta.url))
  const output = execFileSync(process.execPath, ['--import', tsx, 'examples.mts'], { cwd: folder, encoding: 'utf8' })
  expect(output.trim()).toMatch(/6 examples$/)
})
