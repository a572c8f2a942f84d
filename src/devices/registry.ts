// Which devices exist, and which one is in use.

import { UsageError } from '../core/errors.ts'
import type { Device, DeviceName } from './device.ts'
import { createReferenceDevice } from './reference.ts'
import { createWasmDevice } from './wasm/device.ts'

const factories = new Map<DeviceName, () => Device>([
  ['reference', createReferenceDevice],
  ['wasm', createWasmDevice],
])

const started = new Map<DeviceName, Device>()
let current: Device | undefined

/** Devices that exist everywhere, the default first. */
export const deviceNames: readonly DeviceName[] = ['wasm', 'reference']

/** Adds a device that cannot be part of every bundle: the native one needs Node. */
export function registerDevice(name: DeviceName, factory: () => Device): void {
  factories.set(name, factory)
}

/** The device called `name`, started once. */
export function startDevice(name: DeviceName): Device {
  const factory = factories.get(name)
  if (factory === undefined)
    throw new UsageError(`there is no device called "${name}" here; choose one of ${[...factories.keys()].join(', ')}`)
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
