// The benchmark's command line: what it refuses, in a sentence, before anything is measured.

import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCommand } from '../../../bench/command.ts'
import { startTorch } from '../../../bench/comparison/contestants.ts'

function run(...args: string[]): Promise<unknown> {
  const command = createCommand({ say: () => undefined, write: () => undefined })
  command.configureOutput({ writeErr: () => undefined, outputError: () => undefined })
  return command.parseAsync(args, { from: 'user' })
}

/** A command that answers as the contestant of some PyTorch would. */
function pretendedPython(version: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'ocellus-test-')), 'python')
  writeFileSync(file, `#!/bin/sh\necho '{"version": "${version}", "bytes": 1}'\ncat > /dev/null\n`)
  chmodSync(file, 0o755)
  return file
}

const options = { threads: 1, anyTorch: false, allModes: false, say: () => undefined }

describe('the command line of the benchmark', () => {
  it.each([
    [['walk'], /no part called walk; choose from scaling, growth/],
    [['--only', 'W9'], /no workload called W9; choose from W1/],
    [['--peers', 'theano'], /Choose from torch, numpy, tfjs/],
    [['--devices', 'gpu'], /Choose from native, wasm/],
    [['--threads', '0'], /whole number of 1 or more/],
    [['--repeats', '3'], /whole number of 7 or more/],
  ])('refuses %j', async (args, sentence) => {
    await expect(run(...args)).rejects.toThrow(sentence)
  })

  it.skipIf(process.platform === 'win32')('refuses another PyTorch than 2.13, unless any may come', async () => {
    const python = pretendedPython('1.13.1')
    await expect(startTorch({ ...options, python })).rejects.toThrow(/has PyTorch 1.13.1.*2.13.*--any-torch/)
    const { process } = await startTorch({ ...options, python, anyTorch: true })
    expect(process.version).toBe('1.13.1')
    await process.stop()
  })

  it('says why a Python cannot take part', async () => {
    await expect(startTorch({ ...options, python: 'no-such-python' })).rejects.toThrow(/no-such-python.*ENOENT/)
  })
})
