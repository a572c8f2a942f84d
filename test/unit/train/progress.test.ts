// Progress in a terminal and piped.

import { describe, expect, it } from 'vitest'
import { showProgress } from '../../../src/train/progress.node.ts'
import { epochLine, progressBar } from '../../../src/train/progress.ts'
import { Trainer } from '../../../src/train/trainer.ts'
import { network, samples, workload } from './workload.ts'

const state = { epoch: 3, epochs: 30, batch: 50, batches: 200, scores: { loss: 1.23456, accuracy: 0.5 }, left: 75 }

describe('the bar', () => {
  it('shows how much is done', () => {
    const bar = progressBar({ ...state, width: 100 })
    expect(bar).toMatch(/^epoch {2}3\/30 ━{10}─{30} {2}50\/200 {2}loss 1\.235 {2}accuracy 0\.500 {2}1:15 left$/)
  })

  it('never is wider than the terminal, and goes where there is no room', () => {
    for (let width = 1; width < 120; width++) expect(progressBar({ ...state, width }).length).toBeLessThan(width)
    expect(progressBar({ ...state, width: 62 })).not.toContain('━')
  })

  it('gives hours where it takes some', () => {
    expect(progressBar({ ...state, left: 3723, width: 120 })).toContain('1:02:03 left')
  })
})

it('an epoch is one line', () => {
  const record = { epoch: 7, steps: 42, train: { loss: 12345.6, accuracy: 0.25 }, learningRate: 0.1, seconds: 2.345 }
  expect(epochLine(record, 10)).toBe('epoch  7/10  train loss 12346 accuracy 0.250  2.3 s')
  expect(epochLine({ ...record, valid: { loss: 0.000012, accuracy: 1 } }, 10)).toBe(
    'epoch  7/10  train loss 12346 accuracy 0.250  valid loss 1.20e-5 accuracy 1.000  2.3 s',
  )
})

describe('showProgress', () => {
  async function shown(isTTY: boolean): Promise<string> {
    let text = ''
    const trainer = new Trainer(network(), workload(3))
    const end = showProgress(trainer, { isTTY, columns: 90, write: (part: string) => (text += part) })
    await trainer.fit(samples.train, { valid: samples.valid })
    end()
    await trainer.fit(samples.train)
    return text
  }

  it('writes plain lines where output is piped', async () => {
    const lines = (await shown(false)).split('\n')
    expect(lines).toHaveLength(4)
    for (const [i, line] of lines.slice(0, 3).entries()) {
      expect(line).toMatch(
        new RegExp(
          `^epoch ${i + 1}/3 {2}train loss [\\d.]+ accuracy [\\d.]+ {2}valid loss [\\d.]+ accuracy [\\d.]+ {2}[\\d.]+ s$`,
        ),
      )
    }
  })

  it('moves a bar in a terminal, and leaves only the lines', async () => {
    const text = await shown(true)
    expect(text).toContain('\r\x1b[2Kepoch 1/3 ')
    const left = text.split('\n').map((line) => line.slice(line.lastIndexOf('\x1b[2K') + 4))
    expect(left.slice(0, 3).every((line) => / s$/.test(line))).toBe(true)
  })
})
