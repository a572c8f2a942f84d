// Large matrix products on every device against the reference device.

import { afterAll, describe, expect, test } from 'vitest'
import '../../src/index.ts'
import { startDevice } from '../../src/devices/registry.ts'
import { checkContraction, contractions } from './contractions.ts'
import { MemoryWatch } from './fuzz/memory-watch.ts'
import { comparedDevices } from './tested-devices.ts'

const watch = new MemoryWatch()
afterAll(() => watch.stop())

describe.each(comparedDevices)('large products on %s', (name) => {
  test.each(contractions)('$outer x $rows x $sum x $columns of $dtype, $a times $b', (contraction) => {
    expect(checkContraction(startDevice(name), startDevice('reference'), contraction, watch)).toBeUndefined()
  })
})
