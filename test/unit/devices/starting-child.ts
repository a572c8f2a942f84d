// A process that starts a thread and ends at once, while the thread loads a package in place of koffi, which takes its time: `starting-child.ts <ending>`.

import { mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startThread } from '../../../src/devices/threads/host.ts'

const folder = mkdtempSync(join(tmpdir(), 'ocellus-koffi-'))
const koffi = join(folder, 'koffi.cjs')
writeFileSync(
  koffi,
  `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
  require('node:fs').writeSync(1, 'loaded\\n')
  module.exports = { load: () => undefined, proto: () => undefined }`,
)
const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
startThread({ memory, control: 0, number: 1, alert: 1, koffi }, () => undefined)
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
writeSync(1, 'ready\n')
// The thread has begun, and sleeps in its package.
setTimeout(() => (process.argv[2] === 'exit' ? process.exit(7) : undefined), 200)
