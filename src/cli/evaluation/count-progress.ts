// Progress of counted work: a line that is drawn anew in a terminal, a plain line now and then where output is piped.

import type { ProgressStream } from '../../train/progress.node.ts'

/** Shortest time between two lines, in milliseconds: in a terminal, and where output is piped, which begins after two seconds. */
const drawEvery = { terminal: 100, piped: 10_000 } as const
const quietAtFirst = 2000

export interface CountProgress {
  /** Shows `text` if it is time to. */
  show(text: string): void
  /** Takes the line away. */
  end(): void
}

export function countProgress(stream: ProgressStream): CountProgress {
  const moving = stream.isTTY === true
  const empty = '\r\x1b[2K'
  let last = performance.now() - (moving ? 0 : drawEvery.piped - quietAtFirst)
  let drawn = false
  return {
    show(text) {
      const now = performance.now()
      if (now - last < (moving ? drawEvery.terminal : drawEvery.piped)) return
      last = now
      drawn = true
      stream.write(moving ? `${empty}${text.slice(0, (stream.columns ?? 80) - 1)}` : `${text}\n`)
    },
    end() {
      if (moving && drawn) stream.write(empty)
    },
  }
}
