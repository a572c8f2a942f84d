// Help, versions, exit codes, and what is said of flags and arguments that make no sense.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { exitCodeOf, printError } from '../../../src/cli/failures.ts'
import { createProgram } from '../../../src/cli/program.ts'
import { type Finished, ocellus, temporaryFolder } from './command-line.ts'

/** What a call prints, and its exit code, within this process: as `main.ts` does it. */
async function call(args: readonly string[]): Promise<Finished> {
  const output = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      output[name] += String(text)
      return true
    }),
  )
  try {
    await createProgram().parseAsync(args, { from: 'user' })
    return { code: 0, ...output }
  } catch (error) {
    printError(error)
    return { code: exitCodeOf(error), ...output }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

describe('help', () => {
  it('lists all commands, exit codes and examples', async () => {
    const { code, stdout, stderr } = await call(['--help'])
    expect([code, stderr]).toEqual([0, ''])
    const commands = [
      'start',
      'train',
      'read',
      'evaluate',
      'classify',
      'gradcheck',
      'summary',
      'convert',
      'data',
      'doctor',
    ]
    for (const text of [...commands, 'Exit codes:', 'Examples:', 'NO_COLOR']) expect(stdout).toContain(text)
  })

  it.each(['start', 'train', 'read', 'evaluate', 'classify', 'gradcheck', 'summary', 'convert', 'doctor'])(
    'of %s: flags and examples',
    async (name) => {
      const { code, stdout } = await call([name, '--help'])
      expect(code).toBe(0)
      expect(stdout).toContain(`Usage: ocellus ${name}`)
      expect(stdout).toContain('Options:')
      expect(stdout).toMatch(new RegExp(`Examples:\n  ocellus ${name}`))
    },
  )

  it('the version is the one of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
    expect(await call(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('no command at all shows the help and is a mistake', async () => {
    const { code, stdout, stderr } = await call([])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('Commands:')
  })
})

describe('mistakes end with exit code 2 and one sentence', () => {
  it.each([
    [['reed'], "ocellus: unknown command 'reed'; did you mean read?"],
    [['train', '--epoch', '3'], "ocellus train: unknown option '--epoch'; did you mean --epochs?"],
    [
      ['train', '--epochs', '0'],
      /--epochs <number>' argument '0' is invalid: it must be a whole number from 1 to 1000000;/,
    ],
    [['train', '--rate', 'fast'], /argument 'fast' is invalid: it must be a number above 0;/],
    [['train', '--momentum', '1'], /argument '1' is invalid: it must be a number of 0 or more and below 1;/],
    [
      ['train', '--hidden', '64,,3'],
      /argument '64,,3' is invalid: it must be whole numbers from 1 to 100000 with commas/,
    ],
    [['train', '--data', 'cifar'], /argument 'cifar' is invalid: allowed choices are characters, nist36, .*;/],
    [['train', '--threads', '0'], /argument '0' is invalid: it must be a whole number from 1 to 256;/],
    [['start', '--threads', 'all'], /argument 'all' is invalid: it must be a whole number from 1 to 256;/],
    [['train', '--device', 'gpu'], /allowed choices are native, wasm, reference;/],
    [['read'], "ocellus read: missing required argument 'image'; ocellus read --help shows how"],
    [['read', 'page.jpg', '--format', 'xml'], /allowed choices are text, json;/],
    [
      ['evaluate', 'a.npz'],
      "ocellus evaluate: required option '--data <name>' not specified; ocellus evaluate --help shows how",
    ],
    [
      ['evaluate', 'a.npz', '--data', 'mnist', '--scale', '1/0'],
      /it must be a number above 0, or a fraction such as 1\/255;/,
    ],
    [['evaluate', 'a.npz', '--data', 'mnist', '--std', '0'], /it must be numbers above 0 with commas between them/],
    [['classify'], "ocellus classify: missing required argument 'image'; ocellus classify --help shows how"],
    [['classify', 'a.jpg', '--top', '0'], /it must be a whole number from 1 to 1000;/],
    [['doctor', 'more'], /ocellus doctor: too many arguments/],
  ] as const)('%j', async (args, sentence) => {
    const { code, stdout, stderr } = await call(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.endsWith('\n')).toBe(true)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    if (typeof sentence === 'string') expect(stderr.trimEnd()).toBe(sentence)
    else expect(stderr).toMatch(sentence)
  })

  it.each([
    [['train', '--model', 'lenet5', '--distort'], 'ocellus: --distort belongs to the character network;'],
    [['train', '--average', '0.9'], 'ocellus: --average belongs to a network of --model;'],
    [['train', '--resume'], 'ocellus: --resume goes on with the training in the folder of --out;'],
    [['summary', 'nothing.safetensors'], "ocellus: there is no network and no file called 'nothing.safetensors';"],
  ] as const)('%j, which is found out while the command runs', async (args, sentence) => {
    const { code, stdout, stderr } = await ocellus(args, { folder: temporaryFolder() })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.startsWith(sentence)).toBe(true)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it('as a process, too, which leaves nothing behind', async () => {
    const folder = temporaryFolder()
    const { code, stdout, stderr } = await ocellus(['train', '--epochs', 'many'], { folder })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^ocellus train: .*\n$/)
    expect(readdirSync(folder)).toEqual([])
  })
})
