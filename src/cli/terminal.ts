// What a stream can show: colour only on a terminal that wants it, plain text everywhere else.

/** Marks text; where the stream shows no colour, text stays as it is. */
export interface Style {
  readonly bold: (text: string) => string
  readonly faint: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
}

/** What is asked of a stream. */
type Stream = Pick<NodeJS.WriteStream, 'isTTY'>

/** Escape codes that switch a mark on and off. */
const codes = { bold: [1, 22], faint: [2, 22], good: [32, 39], bad: [31, 39] } as const

/** Marks for a stream; none where it is no terminal, NO_COLOR is set (https://no-color.org), or the terminal is dumb. */
export function styleFor(stream: Stream, environment: NodeJS.ProcessEnv = process.env): Style {
  const coloured = stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb'
  const mark = (name: keyof typeof codes) => (text: string) => {
    const [on, off] = codes[name]
    return coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text
  }
  return { bold: mark('bold'), faint: mark('faint'), good: mark('good'), bad: mark('bad') }
}

/** A duration as people say it: `0.4 s`, `12 s`, `3 min 5 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

/** A share as per cent with one decimal: `91.3 %`. */
export function formatShare(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** A count with separators: `10,800`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}
