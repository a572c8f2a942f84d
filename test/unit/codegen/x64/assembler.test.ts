// The assembler against GNU as (bytes stored with the script that made them) and, where it is installed, against objdump.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Assembler } from '../../../../src/codegen/x64/assembler.ts'
import type { Label } from '../../../../src/codegen/x64/code-buffer.ts'
import { encodingCases } from './encodings.ts'

const fixture = JSON.parse(readFileSync(new URL('encodings.json', import.meta.url), 'utf8')) as Record<string, string>

function bytesOf(assemble: (code: Assembler) => void): Uint8Array {
  const code = new Assembler()
  assemble(code)
  return code.finish()
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('every encoding form has the bytes that GNU as gives it', () => {
  const wrong = encodingCases.filter(({ text, assemble }) => hex(bytesOf(assemble)) !== fixture[text])
  expect(wrong.map(({ text, assemble }) => `${text}: ${hex(bytesOf(assemble))}, not ${fixture[text]}`)).toEqual([])
  expect(new Set(encodingCases.map(({ text }) => text)).size).toBe(Object.keys(fixture).length)
})

/** Mnemonic and operands of each instruction, as objdump reads them; no blanks, no names of sizes. */
function disassemble(code: Uint8Array): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'disassembly-'))
  const file = join(folder, 'code.bin')
  writeFileSync(file, code)
  const args = ['-D', '-b', 'binary', '-m', 'i386:x86-64', '-M', 'intel', '--no-show-raw-insn', '-w', file]
  const listing = execFileSync('objdump', args, { encoding: 'utf8', maxBuffer: 2 ** 27 })
  rmSync(folder, { recursive: true })
  return listing.split('\n').flatMap((line) => {
    const match = /^\s*[0-9a-f]+:\s+(.*)$/.exec(line)
    return match === null ? [] : [plain((match[1] as string).replace(/\s+#.*$/, ''))]
  })
}

function plain(text: string): string {
  return text
    .replace(/\w+ (PTR|BCST) /g, '')
    .replace(/\{1to\d+\}/g, '')
    .replace('+0x0]', ']')
    .replace(/\s+/g, ' ')
    .trim()
}

test('objdump reads what was meant', (context) => {
  if (spawnSync('objdump', ['--version']).error !== undefined) context.skip('objdump is not installed')
  const code = new Assembler()
  for (const { assemble } of encodingCases) assemble(code)
  const read = disassemble(code.finish())
  // The comparisons have names with their predicate, and objdump uses them.
  const comparisons = /^vp?cmp/
  const wrong = encodingCases.flatMap(({ text }, i) => {
    const same = comparisons.test(text) ? comparisons.test(read[i] ?? '') : read[i] === plain(text)
    return same ? [] : [`${read[i]}, not ${plain(text)}`]
  })
  expect(wrong).toEqual([])
  expect(read.length).toBe(encodingCases.length)
})

test('jumps and calls reach their labels, forward and back, near and far', () => {
  const head: Label = { position: undefined }
  const end: Label = { position: undefined }
  const code = bytesOf((assembler) => {
    assembler.jump('greaterOrEqual', end)
    assembler.bind(head)
    assembler.move(0, 1)
    assembler.jump('notEqual', head)
    for (let i = 0; i < 50; i++) assembler.move(0, 1)
    assembler.jump('less', head)
    assembler.call(head)
    assembler.bind(end)
    assembler.return()
  })
  const view = new DataView(code.buffer)
  // jge: 6 bytes, then the end at 6 + 3 + 2 + 150 + 6 + 5.
  expect([...code.subarray(0, 2)]).toEqual([0x0f, 0x8d])
  expect(view.getInt32(2, true)).toBe(172 - 6)
  expect([...code.subarray(9, 11)]).toEqual([0x75, 0xfb])
  expect([...code.subarray(161, 163)]).toEqual([0x0f, 0x8c])
  expect(view.getInt32(163, true)).toBe(6 - 167)
  expect(code[167]).toBe(0xe8)
  expect(view.getInt32(168, true)).toBe(6 - 172)
  expect(code[172]).toBe(0xc3)
})

test('constants lie behind the code, aligned to their size, found relative to the end of the instruction', () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => i)
  const code = bytesOf((assembler) => {
    const constant = assembler.constant(bytes)
    expect(assembler.constant(bytes.slice())).toBe(constant)
    assembler.constant(new Uint8Array(64))
    assembler.vector('vaddps', 32, [1, 2, { constant }])
    assembler.vector('vcmpps', 32, [1, 2, { constant }], { immediate: 1 })
    assembler.return()
  })
  const view = new DataView(code.buffer)
  // vaddps: 4 + 4 bytes; vcmpps: 4 + 4 + 1; the pool begins at 64, and the constant that nothing uses is not in it.
  expect(view.getInt32(4, true)).toBe(64 - 8)
  expect(view.getInt32(12, true)).toBe(64 - 17)
  expect(code.slice(64)).toEqual(bytes)
})

test('what cannot be encoded is an error', () => {
  expect(() => bytesOf((code) => code.vector('vblendvps', 64, [1, 2, 3, 4]))).toThrow('no EVEX form')
  expect(() => bytesOf((code) => code.move(0, { base: 0, displacement: 2 ** 31 }))).toThrow('a displacement of')
  expect(() => bytesOf((code) => code.move(0, { base: 0, displacement: 0, index: 4 }))).toThrow('rsp')
  expect(() => bytesOf((code) => code.immediate('add', 0, 2 ** 31))).toThrow('an immediate of')
  expect(() => bytesOf((code) => code.jump('less', { position: undefined }))).toThrow('without a place')
})
