// Writes encodings.json: the bytes that GNU as gives for each case's text. Run: npx tsx test/unit/codegen/x64/make-encodings.ts

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodingCases } from './encodings.ts'

const folder = mkdtempSync(join(tmpdir(), 'encodings-'))
const [source, object, listing] = ['s', 'o', 'lst'].map((end) => join(folder, `cases.${end}`)) as [
  string,
  string,
  string,
]
const texts = [...new Set(encodingCases.map(({ text }) => text))]
// A label before each instruction: their addresses say where it begins.
const lines = texts.map((text, i) => `L${i}: ${text}`)
writeFileSync(source, `.intel_syntax noprefix\n${lines.join('\n')}\nL${texts.length}:\n`)
execFileSync('as', ['--64', '-o', object, source])
execFileSync('objcopy', ['-O', 'binary', '-j', '.text', object, listing])
const code = readFileSync(listing)
const starts = new Map<string, number>()
for (const line of execFileSync('nm', [object], { encoding: 'utf8', maxBuffer: 2 ** 26 }).split('\n')) {
  const match = /^([0-9a-f]+) \w (L\d+)$/.exec(line)
  if (match !== null) starts.set(match[2] as string, Number.parseInt(match[1] as string, 16))
}
const entries = texts.map((text, i) => {
  const bytes = code.subarray(starts.get(`L${i}`), starts.get(`L${i + 1}`))
  return [text, bytes.toString('hex')]
})
rmSync(folder, { recursive: true })
const fixture = new URL('encodings.json', import.meta.url)
writeFileSync(fixture, `{\n${entries.map(([text, hex]) => `${JSON.stringify(text)}: "${hex}"`).join(',\n')}\n}\n`)
console.log(`${entries.length} instructions`)
