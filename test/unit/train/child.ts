// Runs the workload in a process of its own: `child.ts <folder> <epochs> <seconds between checkpoints>`. Prints one JSON line per event.

import { writeSync } from 'node:fs'
import { Trainer } from '../../../src/train/trainer.node.ts'
import { network, outcome, samples, workload } from './workload.ts'

const [folder, epochs, checkpointEvery] = process.argv.slice(2)
const say = (message: object): void => {
  writeSync(1, `${JSON.stringify(message)}\n`)
}
const model = network()
const trainer = new Trainer(model, {
  ...workload(Number(epochs)),
  checkpoint: folder ?? '',
  checkpointEvery: Number(checkpointEvery),
  progress: false,
})
trainer.on('start', () => say({ event: 'start' }))
trainer.on('resume', ({ steps }) => say({ event: 'resume', steps }))
trainer.on('checkpoint', ({ steps }) => say({ event: 'checkpoint', steps }))
const result = await trainer.fit(samples.train, { valid: samples.valid })
say({ event: 'end', outcome: outcome(model, result) })
