// Every op of the table on every device against the reference device: all shapes, all dtypes, inputs behind every kind of view.

import { describe, expect, test } from 'vitest'
import '../../src/index.ts'
import { startDevice } from '../../src/devices/registry.ts'
import { kernelOps, opTable } from '../../src/ops/table.ts'
import { checkDevice } from './device-check.ts'
import { allShapes, viewedShapes } from './shapes.ts'
import { comparedDevices } from './tested-devices.ts'

const reference = startDevice('reference')

for (const name of comparedDevices) {
  const device = startDevice(name)
  describe(`${name} equals the reference device within each op's tolerance`, () => {
    test.each([...opTable, ...kernelOps])('$name, at every shape', (op) => {
      expect(checkDevice(device, reference, op, allShapes, 'plain').join('\n')).toBe('')
    })

    test.each([...opTable, ...kernelOps])('$name, behind views', (op) => {
      expect(checkDevice(device, reference, op, viewedShapes, 'some').join('\n')).toBe('')
    })
  })
}
