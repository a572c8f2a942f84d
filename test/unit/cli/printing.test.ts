// Names out of files reach a terminal as text: no command prints an escape sequence, a line of its own, or text that runs backwards.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { sentenceOf } from '../../../src/cli/failures.ts'
import { jsonText, printable } from '../../../src/cli/printing.ts'
import { createProgram } from '../../../src/cli/program.ts'
import { OcellusError } from '../../../src/core/errors.ts'
import { hostTensor } from '../../../src/core/host-tensor.ts'
import { writeWeights } from '../../../src/io/weights.node.ts'
import { saveWeights } from '../../../src/io/weights.ts'
import { createModel } from '../../../src/models/registry.ts'
import { temporaryFolder } from './command-line.ts'

const folder = temporaryFolder()

/** Red text, the title of the window, a second line, text that runs backwards, and the 8-bit form of an escape. */
const hostile = '\u001b[31mred\u001b]0;title\u0007\nline\r\u202ebackwards\u009b1m'
const harmless = String.raw`\x1b[31mred\x1b]0;title\x07\nline\r\u202ebackwards\x9b1m`
const control = /[^\P{Cc}\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/** All that a call prints. */
async function printed(args: readonly string[]): Promise<string> {
  let text = ''
  const write = (piece: unknown): boolean => {
    text += String(piece)
    return true
  }
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(write),
    vi.spyOn(process.stderr, 'write').mockImplementation(write),
    vi.spyOn(console, 'log').mockImplementation((line) => void write(`${line}\n`)),
    vi.spyOn(console, 'error').mockImplementation((line) => void write(`${line}\n`)),
  ]
  try {
    await createProgram().parseAsync(args, { from: 'user' })
  } catch (error) {
    text += sentenceOf(error)
  } finally {
    for (const spy of spies) spy.mockRestore()
    process.exitCode = 0
  }
  return text
}

beforeAll(async () => {
  const tensors = new Map([[hostile, hostTensor('f32', [1], Float32Array.of(Number.NaN))]])
  await writeWeights(join(folder, 'names.safetensors'), tensors, { metadata: { [hostile]: hostile } })
  const model = createModel('lenet5', { classes: 2 })
  writeFileSync(join(folder, `${hostile}.safetensors`), await saveWeights(model))
  for (const name of [hostile, 'other']) {
    mkdirSync(join(folder, 'photos', name), { recursive: true })
    writeFileSync(join(folder, 'photos', name, `${hostile}.png`), 'no picture')
  }
})

describe('text', () => {
  it('shows what a terminal would obey, and leaves letters of all languages alone', () => {
    expect(printable(hostile)).toBe(harmless)
    expect(printable('größe_数字 é 🌷')).toBe('größe_数字 é 🌷')
  })

  it('is escaped in JSON so that it means the same', () => {
    const text = jsonText({ [hostile]: [hostile, 1] })
    expect(text).not.toMatch(control)
    expect(JSON.parse(text)).toEqual({ [hostile]: [hostile, 1] })
  })

  it('is one line in the sentence of an error', () => {
    expect(sentenceOf(new OcellusError(`a\n  b \u001b[31m`))).toBe(String.raw`a b \x1b[31m`)
  })
})

describe('hostile names are printed as text by', () => {
  it.each<[string, readonly string[]]>([
    ['summary', ['summary', 'names.safetensors']],
    ['summary --json', ['summary', 'names.safetensors', '--json']],
    ['convert', ['convert', 'names.safetensors', 'out.npz']],
    ['evaluate, of weights', ['evaluate', `${hostile}.safetensors`, '--data', 'photos']],
    ['evaluate, of an unknown network', ['evaluate', 'names.safetensors', '--data', 'photos']],
    ['classify', ['classify', join('photos', 'other', `${hostile}.png`), '--weights', `${hostile}.safetensors`]],
    ['read', ['read', join('photos', 'other', `${hostile}.png`)]],
  ])('%s', async (_, args) => {
    const before = process.cwd()
    process.chdir(folder)
    try {
      const text = await printed(args)
      expect(text).toMatch(/\\x1b\[31mred|\\u001b\[31mred|\\x1b\[31m/)
      expect(text).not.toMatch(control)
      expect(text).not.toMatch(/^line/m)
    } finally {
      process.chdir(before)
    }
  })
})
