// Which devices exist, and which one is in use.

import { UsageError } from '../core/errors.ts'
import type { Device, DeviceName } from './device.ts'
import { createReferenceDevice } from './reference.ts'
import { createWasmDevice } from './wasm/device.ts'

const factories = {
  reference: createReferenceDevice,
  wasm: createWasmDevice,
} satisfies Record<DeviceName, () => Device>

const started = new Map<DeviceName, Device>()
let current: Device | undefined

/** Names that `init({ device })` takes, fastest first. */
export const deviceNames: readonly DeviceName[] = ['wasm', 'reference']

/** The device called `name`, started once. */
export function startDevice(name: DeviceName): Device {
  const factory = factories[name]
  if (factory === undefined)
    throw new UsageError(`there is no device called "${name}"; choose one of ${deviceNames.join(', ')}`)
  let device = started.get(name)
  if (device === undefined) {
    device = factory()
    started.set(name, device)
  }
  return device
}

/** The device in use; the fastest one starts by itself when none was chosen. */
export function currentDevice(): Device {
  return current ?? useDevice(deviceNames[0] as DeviceName)
}

export function useDevice(name: DeviceName): Device {
  const device = startDevice(name)
  current = device
  return device
}
