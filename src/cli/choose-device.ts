// The device that a command's --device names.

import type { DeviceName } from '../devices/device.ts'
import { init } from '../init.ts'

/** Starts the device; the native one is loaded only where it is asked for. */
export async function chooseDevice(device: DeviceName | undefined): Promise<void> {
  if (device === 'native') await import('../devices/native/register.node.ts')
  await init(device === undefined ? {} : { device })
}
