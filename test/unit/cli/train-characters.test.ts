// `ocellus train` and `ocellus start` on a few letters: files, going on after Ctrl-C, refusals.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSafetensors } from '../../../src/io/safetensors.ts'
import { ocellus, temporaryFolder } from './command-line.ts'

const folder = temporaryFolder()
const few = ['--input', 'pixels', '--limit', '180', '--hidden', '8']
const contents = (path: string): string => readFileSync(join(folder, path), 'utf8')
const bytes = (path: string): Uint8Array => new Uint8Array(readFileSync(join(folder, path)))

/** What a report would fetch from elsewhere. */
function fetchedBy(report: string): string[] {
  const addresses = [...report.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = '']) => address)
  const outside = addresses.filter((address) => !address.startsWith('data:'))
  return [...outside, ...(report.match(/url\(|@import|<script|<link|<iframe/g) ?? [])]
}

describe('train', () => {
  it('writes network, report and curves, and prints the result', async () => {
    const { code, stdout, stderr } = await ocellus(['train', ...few, '--epochs', '3', '--out', 'runs/first'], {
      folder,
    })
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(/^test: \d+\.\d % of 1?,?\d+ letters right, 95 % interval .*, loss \d/)
    expect(stdout).toContain('runs/first/report.html')
    expect(stderr.match(/^epoch \d\/3 /gm)).toHaveLength(3)
    expect(stderr).not.toContain('\u001b')
    expect(readdirSync(join(folder, 'runs/first')).sort()).toEqual([
      'best.safetensors',
      'checkpoint.safetensors',
      'curves.svg',
      'history.json',
      'network.safetensors',
      'report.html',
      'settings.json',
    ])
    const { tensors, metadata } = readSafetensors(bytes('runs/first/network.safetensors'))
    expect(tensors.get('layers.0.weight')?.shape).toEqual([1024, 8])
    expect(JSON.parse(metadata.description as string)).toMatchObject({
      hidden: [8],
      data: 'characters',
      input: 'pixels',
    })
    expect(contents('runs/first/curves.svg')).toMatch(/^<svg xmlns/)
    expect(contents('runs/first/report.html')).toMatch(/<h2>How it learned<\/h2>/)
    expect(fetchedBy(contents('runs/first/report.html'))).toEqual([])
  })

  it('a finished training is not trained again, and one with other settings is refused', async () => {
    const before = bytes('runs/first/network.safetensors')
    const again = await ocellus(['train', ...few, '--epochs', '3', '--out', 'runs/first'], { folder })
    expect([again.code, again.stderr.match(/^epoch/m)]).toEqual([0, null])
    expect(bytes('runs/first/network.safetensors')).toEqual(before)
    const other = await ocellus(['train', ...few, '--epochs', '3', '--rate', '0.3', '--out', 'runs/first'], { folder })
    expect([other.code, other.stdout]).toEqual([1, ''])
    expect(other.stderr).toBe(
      'ocellus: runs/first holds a training with --rate 0.05, not 0.3; give another --out, or delete the folder to start anew\n',
    )
  })

  it('Ctrl-C saves, and the same command goes on to the same bits', async () => {
    const flags = ['train', ...few, '--epochs', '120', '--momentum', '0.5', '--out']
    const stopped = await ocellus([...flags, 'stopped'], { folder, interruptAt: /^epoch +[2-9]\//m })
    expect(stopped.code).toBe(130)
    expect(existsSync(join(folder, 'stopped/curves.svg'))).toBe(true)
    expect(JSON.parse(contents('stopped/history.json')).length).toBeLessThan(120)
    const resumed = await ocellus([...flags, 'stopped'], { folder })
    expect(resumed.code, resumed.stderr).toBe(0)
    expect(resumed.stderr).toMatch(/going on from stopped\/checkpoint\.safetensors/)
    const whole = await ocellus([...flags, 'whole'], { folder })
    expect(whole.code).toBe(0)
    expect(bytes('stopped/network.safetensors')).toEqual(bytes('whole/network.safetensors'))
    expect(resumed.stdout.split('\n')[0]).toBe(whole.stdout.split('\n')[0])
  })

  it('without --out writes nothing', async () => {
    const before = readdirSync(folder).sort()
    const { code } = await ocellus(['train', ...few, '--epochs', '1'], { folder })
    expect(code).toBe(0)
    expect(readdirSync(folder).sort()).toEqual(before)
  })

  it('what cannot work is one sentence', async () => {
    writeFileSync(join(folder, 'file'), '')
    const sentences = [
      [1, ['--out', 'file'], 'ocellus: file cannot be written to: there is a file of that name; give another --out'],
      [
        1,
        ['--out', 'file/inside'],
        'ocellus: file/inside cannot be written to: a part of the path is a file; give another --out',
      ],
      [
        2,
        ['--data', 'mnist'],
        /^Loading .*\nocellus: the data set 'mnist' is not there: run: ocellus data get mnist, or put .* into .*, or set OCELLUS_DATA/,
      ],
      [2, ['--limit', '10'], /\nocellus: a limit of 10 letters leaves some of the 36 classes without any; raise it$/],
    ] as const
    for (const [exitCode, flags, sentence] of sentences) {
      const { code, stdout, stderr } = await ocellus(['train', ...few, ...flags], { folder })
      expect([code, stdout]).toEqual([exitCode, ''])
      if (typeof sentence === 'string') expect(stderr.trimEnd()).toBe(sentence)
      else expect(stderr.trimEnd()).toMatch(sentence)
    }
  })
})

describe('start', () => {
  it('trains, reads the sample page, and draws a report that needs nothing else', async () => {
    const here = temporaryFolder()
    const { code, stdout, stderr } = await ocellus(['start', '--limit', '720', '--epochs', '4'], { folder: here })
    expect(code, stderr).toBe(0)
    const [, right] = stdout.match(/^Letters right: (\d+) of 81 \(/m) ?? []
    expect(Number(right)).toBeGreaterThan(40)
    expect(stdout).toMatch(/^epoch 4\/4 /m)
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^Report: \/.*\/ocellus-report\/index\.html$/)
    expect(stdout).not.toContain('\u001b')
    expect(readdirSync(here)).toEqual(['ocellus-report'])
    expect(readdirSync(join(here, 'ocellus-report')).sort()).toEqual(['index.html', 'network.safetensors'])
    const report = readFileSync(join(here, 'ocellus-report/index.html'), 'utf8')
    for (const heading of ['The page as read', 'How it learned', 'What the first layer looks for', 'Where it errs']) {
      expect(report).toContain(`<h2>${heading}</h2>`)
    }
    expect(report).toContain('<h3>Most confused pairs</h3>')
    expect(fetchedBy(report)).toEqual([])
    // The page, two sheets of weights, and the letters of each confused pair.
    expect(report.match(/"data:image\/(?:png|jpeg);base64,/g)?.length).toBeGreaterThanOrEqual(4)
  })
})
