// Every op of the table, every sample, both devices: reverse mode, forward mode and second derivatives against finite differences in f64.

import { describe, expect, test } from 'vitest'
import '../../src/index.ts'
import { startDevice } from '../../src/devices/registry.ts'
import { opTable } from '../../src/ops/table.ts'
import { describeFailures, differentiableSamples, gradientFailures } from './gradient-check.ts'
import { smallShapes } from './shapes.ts'
import { testedDevices } from './tested-devices.ts'

for (const name of testedDevices) {
  describe(`derivatives on ${name} equal five-point differences to 1e-9`, () => {
    test.each(opTable.filter((op) => differentiableSamples(op, smallShapes).length > 0))('$name', (op) => {
      expect(describeFailures([...gradientFailures(startDevice(name), op, smallShapes)])).toBe('')
    })
  })
}
