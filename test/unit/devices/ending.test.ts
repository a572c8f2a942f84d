// Processes that work with threads end by themselves, also after an error, after process.exit and after Ctrl-C.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { nativeSets } from '../codegen/x64/native-sets.ts'

const child = fileURLToPath(new URL('child.ts', import.meta.url))
const starter = fileURLToPath(new URL('starting-child.ts', import.meta.url))
/** Long enough for any machine; a process that hangs would never end. */
const longest = 30_000

interface Ending {
  readonly code: number | null
  readonly signal: string | null
  readonly output: string
}

/** Runs a script to its end. With `interrupt`, Ctrl-C comes when it has worked for a while. */
function run(script: string, args: readonly string[], interrupt = false): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const started = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: longest,
      killSignal: 'SIGKILL',
    })
    let output = ''
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (interrupt && text.includes('ready')) setTimeout(() => started.kill('SIGINT'), 50)
      })
    }
    started.on('error', reject)
    started.on('close', (code, signal) => resolve({ code, signal, output }))
  })
}

const devices = nativeSets.length > 0 ? ['wasm', 'native'] : ['wasm']
const endings = [
  ['return', { code: 0, signal: null }],
  ['throw', { code: 1, signal: null }],
  ['exit', { code: 7, signal: null }],
  ['busy', { code: null, signal: 'SIGINT' }],
  ['interrupted', { code: 130, signal: null }],
] as const

test.each(devices.flatMap((device) => endings.map(([ending, wanted]) => ({ device, ending, wanted }))))(
  'on $device, $ending',
  async ({ device, ending, wanted }) => {
    const ended = await run(child, [device, ending], ending === 'busy' || ending === 'interrupted')
    expect(ended.output).toContain('ready')
    expect({ code: ended.code, signal: ended.signal }).toEqual(wanted)
  },
)

// koffi aborts the process ("napi_throw") where a thread is ended while it loads koffi.
test.each([
  ['return', 0],
  ['exit', 7],
])('a process that ends while a thread loads koffi waits for that: %s', async (ending, code) => {
  const ended = await run(starter, [ending])
  expect(ended).toEqual({ code, signal: null, output: 'ready\nloaded\n' })
})
