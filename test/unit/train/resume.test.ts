// Trainings that were stopped, killed or interrupted go on to the same bits.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Random } from '../../../src/core/random.ts'
import { FolderStore } from '../../../src/train/checkpoint.node.ts'
import { Trainer } from '../../../src/train/trainer.ts'
import { type Life, trainInProcess } from './process.ts'
import { network, outcome, samples, workload } from './workload.ts'

const folder = mkdtempSync(join(tmpdir(), 'ocellus-resume-'))
const { train, valid } = samples

afterAll(() => rmSync(folder, { recursive: true }))

/** What training without a break gives. */
async function withoutBreak(epochs: number): Promise<string> {
  const model = network()
  return outcome(model, await new Trainer(model, workload(epochs)).fit(train, { valid }))
}

describe('resume', () => {
  it('makes 10 epochs of 5, a new process, and 5 more, bit for bit', async () => {
    const place = join(folder, 'two-processes')
    const first = await trainInProcess({ folder: place, epochs: 5, every: 30 })
    const second = await trainInProcess({ folder: place, epochs: 10, every: 30 })
    expect([first.saved, second.resumed]).toEqual([30, 30])
    expect(second.outcome).toBe(await withoutBreak(10))
    expect(readdirSync(place).sort()).toEqual(['best.safetensors', 'checkpoint.safetensors', 'history.json'])
  })

  it('goes on from the middle of an epoch after an abort signal', async () => {
    const store = new FolderStore(join(folder, 'abort'))
    const controller = new AbortController()
    const stopped = new Trainer(network(), { ...workload(4), checkpoint: store })
    stopped.on('step', ({ step }) => {
      if (step === 15) controller.abort()
    })
    const notices: string[] = []
    stopped.on('notice', ({ message }) => notices.push(message))
    await expect(stopped.fit(train, { valid, signal: controller.signal })).rejects.toThrow('This operation was aborted')
    expect(notices).toEqual([
      `stopped after 15 steps; the state is saved in ${store.name}, the same call goes on from there`,
    ])
    const model = network(7)
    const trainer = new Trainer(model, { ...workload(4), checkpoint: store })
    const resumed: number[] = []
    trainer.on('resume', ({ steps }) => resumed.push(steps))
    expect(outcome(model, await trainer.fit(train, { valid }))).toBe(await withoutBreak(4))
    expect(resumed).toEqual([15])
  })

  it('goes on from an abort during validation', async () => {
    const store = new FolderStore(join(folder, 'validation'))
    const controller = new AbortController()
    const stopped = new Trainer(network(), { ...workload(2), checkpoint: store })
    stopped.on('step', ({ step }) => {
      if (step === 6) controller.abort()
    })
    await expect(stopped.fit(train, { valid, signal: controller.signal })).rejects.toThrow('This operation was aborted')
    const model = network(7)
    const result = await new Trainer(model, { ...workload(2), checkpoint: store }).fit(train, { valid })
    expect(outcome(model, result)).toBe(await withoutBreak(2))
  })

  it('saves on Ctrl-C, then ends by the signal', async () => {
    const place = join(folder, 'interrupt')
    const life = await trainInProcess({ folder: place, epochs: 500, every: 1000 }, { after: 100, signal: 'SIGINT' })
    expect(life.signal).toBe('SIGINT')
    expect(life.saved).toBeGreaterThan(0)
    expect(readdirSync(place)).toContain('checkpoint.safetensors')
  })

  it('says at once when the folder cannot be written to', async () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    const trainer = new Trainer(network(), { ...workload(1), checkpoint: new FolderStore(join(file, 'runs')) })
    const steps: number[] = []
    trainer.on('step', ({ step }) => steps.push(step))
    await expect(trainer.fit(train)).rejects.toThrow(/a-file.*cannot be/)
    expect(steps).toEqual([])
  })

  it('survives kill -9 at random moments', async () => {
    const random = new Random(Date.now())
    const place = join(folder, 'killed')
    let saved = 0
    for (let kill = 0; kill < 3; kill++) {
      const after = random.uniform(0, 300)
      const life: Life = await trainInProcess({ folder: place, epochs: 150, every: 0.02 }, { after, signal: 'SIGKILL' })
      expect(life.signal).toBe('SIGKILL')
      // The checkpoint it began from is the last one that was told of, or one that was being told of.
      if (saved > 0) expect(life.resumed).toBeGreaterThanOrEqual(saved)
      saved = life.saved ?? life.resumed ?? saved
    }
    const last = await trainInProcess({ folder: place, epochs: 150, every: 30 })
    expect(last.outcome).toBe(await withoutBreak(150))
  })
})
