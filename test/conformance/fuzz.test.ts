// Random graphs on every device against the reference device: 100 in `npm test`, 5,000 in `npm run test:full`, or OCELLUS_FUZZ_RUNS of them.

import { afterAll, describe, expect, test } from 'vitest'
import '../../src/index.ts'
import { startDevice } from '../../src/devices/registry.ts'
import { describeSeed, runSeed, stepsOf } from './fuzz/fuzz.ts'
import { MemoryWatch } from './fuzz/memory-watch.ts'
import { comparedDevices } from './tested-devices.ts'

const runs = Number(process.env.OCELLUS_FUZZ_RUNS ?? (process.env.OCELLUS_FULL === '1' ? 5000 : 100))
const watch = new MemoryWatch()
const reference = startDevice('reference')

afterAll(() => watch.stop())

describe(`${runs} random graphs give what the reference device gives, and nothing else is written`, () => {
  for (const name of comparedDevices) {
    test(name, { timeout: 3_600_000 }, () => {
      const device = startDevice(name)
      const failed: number[] = []
      for (let seed = 0; seed < runs && failed.length < 3; seed++) {
        if (runSeed(seed, stepsOf(seed), device, reference, watch) !== undefined) failed.push(seed)
      }
      expect(failed.map((seed) => describeSeed(seed, device, reference, watch)).join('\n\n')).toBe('')
    })
  }
})
