// The devices that the suites run on: all that start on this machine.

import '../../src/devices/native/register.node.ts'
import type { DeviceName } from '../../src/devices/device.ts'
import { refusalOf, startableDevices } from '../../src/devices/registry.ts'

const refused = refusalOf('native')
if (refused !== undefined) console.warn(`skipped: ${refused}`)

export const testedDevices: readonly DeviceName[] = startableDevices()

/** Those that are compared with the reference device. */
export const comparedDevices: readonly DeviceName[] = testedDevices.filter((name) => name !== 'reference')
