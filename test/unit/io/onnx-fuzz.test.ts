// Damaged ONNX files: reading and building the network gives a result or an OcellusError that names the file, soon.
// 10,000 in `npm run test:full`, 200 in `npm test`; OCELLUS_FUZZ_RUNS sets another number. The weights alone are in fuzz.test.ts.

import { describe, expect, it } from 'vitest'
import { OcellusError } from '../../../src/core/errors.ts'
import { Random } from '../../../src/core/random.ts'
import { readOnnx } from '../../../src/io/onnx/network.ts'
import { signed } from '../../reference/filled.ts'
import { processorMilliseconds } from '../cpu-time.ts'
import { fixture } from './fixture.ts'

const runs = Number(process.env.OCELLUS_FUZZ_RUNS ?? (process.env.OCELLUS_FULL === '1' ? 10_000 : 200))
const longestMilliseconds = 1000

const extremes = [0, 1, 2, 3, 7, 8, 0x0a, 0x12, 0x1a, 0x22, 0x3a, 0x40, 127, 128, 254, 255]

/** One to four bytes changed, taken out, put in or cut off. */
function damaged(whole: Uint8Array, random: Random): Uint8Array {
  let bytes = Array.from(whole)
  for (let change = random.integer(4); change >= 0 && bytes.length > 0; change--) {
    const at = random.integer(bytes.length)
    const length = 1 + random.integer(8)
    const kind = random.integer(6)
    if (kind === 0) bytes[at] = random.integer(256)
    else if (kind === 1) bytes[at] = extremes[random.integer(extremes.length)] as number
    else if (kind === 2) bytes.splice(at, length)
    else if (kind === 3) bytes.splice(at, 0, ...bytes.slice(at, at + length))
    else if (kind === 4) bytes[at] = ((bytes[at] as number) + random.integer(5) - 2) & 255
    else if (random.integer(8) === 0) bytes = bytes.slice(0, at)
  }
  return Uint8Array.from(bytes)
}

describe(`${runs} damaged ONNX files`, () => {
  it('give a network or an error that names the file', { timeout: 60_000 + runs * 100 }, () => {
    const whole = fixture('network.onnx')
    const images = signed([1, 1, 8, 8], 1)
    expect(readOnnx(whole).forward(images).shape).toEqual([1, 3])
    let refused = 0
    let slowest = { milliseconds: 0, run: 0 }
    for (let run = 0; run < runs; run++) {
      const bytes = damaged(whole, new Random(run, 0x0221))
      const began = processorMilliseconds()
      try {
        // The graph is built, and every shape checked; nothing is computed.
        readOnnx(bytes, { file: 'damaged' }).forward(images)
      } catch (error) {
        if (!(error instanceof OcellusError)) throw new Error(`run ${run}: ${String(error)}`, { cause: error })
        if (!error.message.startsWith('damaged')) throw new Error(`run ${run} names no file: ${error.message}`)
        refused++
      }
      const milliseconds = processorMilliseconds() - began
      if (milliseconds > slowest.milliseconds) slowest = { milliseconds, run }
    }
    expect(slowest.milliseconds, `milliseconds of run ${slowest.run}`).toBeLessThan(longestMilliseconds)
    expect(refused).toBeGreaterThan(runs / 10)
  })
})
