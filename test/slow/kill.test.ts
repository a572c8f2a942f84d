// A training killed with -9 at 20 random moments: each time it goes on from its last checkpoint, and it ends with the bits of one without a break.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Random } from '../../src/core/random.ts'
import { Trainer } from '../../src/train/trainer.ts'
import { trainInProcess } from '../unit/train/process.ts'
import { network, outcome, samples, workload } from '../unit/train/workload.ts'

const epochs = 500

it('survives 20 kills', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ocellus-kill-'))
  const random = new Random(Date.now())
  let saved = 0
  for (let kill = 0; kill < 20; kill++) {
    const life = await trainInProcess(
      { folder, epochs, every: 0.02 },
      { after: random.uniform(0, 200), signal: 'SIGKILL' },
    )
    expect(life.signal).toBe('SIGKILL')
    if (saved > 0) expect(life.resumed).toBeGreaterThanOrEqual(saved)
    saved = life.saved ?? life.resumed ?? saved
  }
  const last = await trainInProcess({ folder, epochs, every: 30 })
  const model = network()
  const unbroken = await new Trainer(model, workload(epochs)).fit(samples.train, { valid: samples.valid })
  expect(last.outcome).toBe(outcome(model, unbroken))
  rmSync(folder, { recursive: true })
})
