// Every op on every device in every setting; the quick suite runs a third of the settings in turn.

import { describe, expect, test } from 'vitest'
import '../../src/index.ts'
import { startDevice } from '../../src/devices/registry.ts'
import { kernelOps, opTable } from '../../src/ops/table.ts'
import { checkDevice } from '../conformance/device-check.ts'
import { allShapes } from '../conformance/shapes.ts'
import { comparedDevices } from '../conformance/tested-devices.ts'

const reference = startDevice('reference')

for (const name of comparedDevices) {
  describe(`${name} equals the reference device`, () => {
    test.each([...opTable, ...kernelOps])('$name, at every shape behind every view', { timeout: 600_000 }, (op) => {
      expect(checkDevice(startDevice(name), reference, op, allShapes, 'all').join('\n')).toBe('')
    })
  })
}
