// Shows a training's progress: a bar that moves in a terminal, plain lines where output is piped.

import { epochLine, progressBar } from './progress.ts'
import type { Trainer } from './trainer.ts'

/** What progress is written to; `process.stderr` is one. */
export interface ProgressStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Shortest time between two drawings of the bar, in milliseconds. */
const redrawEvery = 100

/** Takes the cursor to the start of the line and empties it. */
const emptyLine = '\r\x1b[2K'

/** Writes the progress of all trainings of `trainer` to `stream`; the function that comes back ends that. */
export function showProgress(trainer: Pick<Trainer, 'on'>, stream: ProgressStream = process.stderr): () => void {
  const moving = stream.isTTY === true
  let epochs = 0
  /** When the batches that are timed began, and how many were done before. */
  let began = 0
  let before = 0
  let drawn = 0
  const line = (text: string): void => {
    stream.write(`${moving ? emptyLine : ''}${text}\n`)
  }
  const ends = [
    trainer.on('start', (start) => {
      epochs = start.epochs
      before = start.position.batch
      began = performance.now()
    }),
    trainer.on('resume', ({ file, steps, epoch, finished }) => {
      line(
        finished ? `${file}: this training is finished` : `going on from ${file}: epoch ${epoch}, after ${steps} steps`,
      )
    }),
    trainer.on('step', ({ epoch, batch, batches, scores }) => {
      const now = performance.now()
      if (!moving || now - drawn < redrawEvery) return
      drawn = now
      const left = ((now - began) / 1000 / (batch - before)) * (batches - batch)
      const bar = progressBar({ epoch, epochs, batch, batches, scores, left, width: stream.columns ?? 80 })
      stream.write(`${emptyLine}${bar}`)
    }),
    trainer.on('epoch', (record) => {
      line(epochLine(record, epochs))
      before = 0
      began = performance.now()
    }),
    trainer.on('notice', ({ message }) => line(`note: ${message}`)),
  ]
  return () => {
    for (const end of ends) end()
  }
}
