// How progress reads: one line per epoch, and a bar for the epoch under way. Text only; where it goes is the caller's.

import type { EpochRecord } from './checkpoint.ts'
import type { Scores } from './scores.ts'

/** Where a training stands in an epoch. */
export interface BarState {
  readonly epoch: number
  readonly epochs: number
  readonly batch: number
  readonly batches: number
  readonly scores: Scores
  /** Seconds that the rest of the epoch will take, if that is known. */
  readonly left?: number
  /** Columns of the terminal. */
  readonly width: number
}

/** `epoch 3/30 ━━━━━━━━──────── 120/338  loss 1.234  accuracy 0.612  0:12 left`, no wider than the terminal. */
export function progressBar({ epoch, epochs, batch, batches, scores, left, width }: BarState): string {
  const head = `epoch ${count(epoch, epochs)} `
  const remaining = left === undefined ? '' : `  ${duration(left)} left`
  const tail = ` ${count(batch, batches)}  ${scoreText(scores)}${remaining}`
  const room = Math.min(40, width - 1 - head.length - tail.length)
  if (room < 8) return `${head}${tail.trimStart()}`.slice(0, Math.max(0, width - 1))
  const done = Math.round((batch / batches) * room)
  return `${head}${'━'.repeat(done)}${'─'.repeat(room - done)}${tail}`
}

/** `epoch  3/30  train loss 1.234 accuracy 0.612  valid loss 1.300 accuracy 0.600  2.1 s`. */
export function epochLine({ epoch, train, valid, seconds }: EpochRecord, epochs: number): string {
  const scores = [`train ${scoreText(train, ' ')}`, ...(valid === undefined ? [] : [`valid ${scoreText(valid, ' ')}`])]
  return [`epoch ${count(epoch, epochs)}`, ...scores, `${seconds.toFixed(1)} s`].join('  ')
}

/** The number right-aligned to the width of the total. */
function count(number: number, total: number): string {
  return `${String(number).padStart(String(total).length)}/${total}`
}

function scoreText(scores: Scores, separator = '  '): string {
  return Object.entries(scores)
    .map(([name, value]) => `${name} ${shortNumber(value)}`)
    .join(separator)
}

/** Four figures, or as many as stand before the point; very small numbers with an exponent. */
function shortNumber(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && size < 1e-3) return value.toExponential(2)
  if (size >= 1e6) return value.toExponential(3)
  return value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3)
}

/** `1:02:03` or `2:03`. */
function duration(seconds: number): string {
  const whole = Math.round(seconds)
  const two = (number: number): string => String(number).padStart(2, '0')
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}
