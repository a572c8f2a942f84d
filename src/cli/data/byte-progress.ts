// A bar for a download: drawn in a terminal, nothing where output is piped.

import type { ProgressStream } from '../../train/progress.node.ts'
import { formatBytes } from './state.ts'

export interface ByteProgress {
  /** So many bytes are there. */
  readonly show: (bytes: number) => void
  /** Takes the bar away. */
  readonly end: () => void
}

/** Shortest time between two drawings, in milliseconds. */
const redrawEvery = 100

const emptyLine = '\r\x1b[2K'

/** Shows how much of a file is there, how fast it comes, and how long the rest takes. */
export function showBytes(stream: ProgressStream, name: string, total: number): ByteProgress {
  if (stream.isTTY !== true) return { show: () => {}, end: () => {} }
  let first: { bytes: number; time: number } | undefined
  let drawn = 0
  return {
    show: (bytes) => {
      const time = performance.now()
      first ??= { bytes, time }
      if (time - drawn < redrawEvery) return
      drawn = time
      const rate = ((bytes - first.bytes) / Math.max(1, time - first.time)) * 1000
      stream.write(`${emptyLine}${byteBar({ name, bytes, total, rate, width: stream.columns ?? 80 })}`)
    },
    end: () => {
      stream.write(emptyLine)
    },
  }
}

export interface ByteBarState {
  readonly name: string
  readonly bytes: number
  readonly total: number
  /** Bytes per second. */
  readonly rate: number
  /** Columns of the terminal. */
  readonly width: number
}

/** `gzip.zip ━━━━━━──────── 120 MB of 562 MB  12 MB/s  0:37 left`, no wider than the terminal. */
export function byteBar({ name, bytes, total, rate, width }: ByteBarState): string {
  const seconds = rate > 0 ? Math.round((total - bytes) / rate) : undefined
  const left =
    seconds === undefined ? '' : `  ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left`
  const tail = ` ${formatBytes(bytes)} of ${formatBytes(total)}  ${formatBytes(rate)}/s${left}`
  const room = Math.min(40, width - 2 - name.length - tail.length)
  if (room < 8) return `${name}${tail}`.slice(0, Math.max(0, width - 1))
  const done = Math.round((bytes / total) * room)
  return `${name} ${'━'.repeat(done)}${'─'.repeat(room - done)}${tail}`
}
