// Starts the child process of the resume tests, and ends it at a chosen moment.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const child = fileURLToPath(new URL('child.ts', import.meta.url))

export interface Life {
  /** Steps at the checkpoint that it began from. */
  readonly resumed: number | undefined
  /** Steps at the last checkpoint that it told of. */
  readonly saved: number | undefined
  /** If it came to its end. */
  readonly outcome: string | undefined
  readonly signal: string | null
}

/** Trains in a new process; with `end`, sends a signal so many milliseconds after the training began. */
export async function trainInProcess(
  options: { readonly folder: string; readonly epochs: number; readonly every: number },
  end?: { readonly after: number; readonly signal: NodeJS.Signals },
): Promise<Life> {
  const { folder, epochs, every } = options
  const started = spawn(process.execPath, ['--import', 'tsx', child, folder, String(epochs), String(every)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [output, errors] = ['', '']
  let timer: NodeJS.Timeout | undefined
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (end !== undefined && timer === undefined && output.includes('"start"')) {
      timer = setTimeout(() => started.kill(end.signal), end.after)
    }
  })
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    started.on('error', reject)
    started.on('close', (code, signal) => resolve([code, signal]))
  })
  clearTimeout(timer)
  if (code !== 0 && signal === null) throw new Error(`the process failed with ${code}: ${errors}`)
  const whole = output.slice(0, output.lastIndexOf('\n') + 1)
  const events = whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line): { event: string; steps?: number; outcome?: string } => JSON.parse(line))
  const last = (name: string) => events.findLast(({ event }) => event === name)
  return { resumed: last('resume')?.steps, saved: last('checkpoint')?.steps, outcome: last('end')?.outcome, signal }
}
