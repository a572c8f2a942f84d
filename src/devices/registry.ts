// Which devices exist, and which one is in use.

import { DeviceError, UsageError } from '../core/errors.ts'
import type { Device, DeviceName } from './device.ts'
import { createReferenceDevice } from './reference.ts'
import { createWasmDevice } from './wasm/device.ts'

const factories = new Map<DeviceName, () => Device>([
  ['wasm', createWasmDevice],
  ['reference', createReferenceDevice],
])

const names: DeviceName[] = [...factories.keys()]
const started = new Map<DeviceName, Device>()
/** Why a device that would have been the default is not. */
const refusals = new Map<DeviceName, string>()
let current: Device | undefined

/** Devices known here, the one that is tried first in front: `native` in Node, `wasm` and `reference` everywhere. */
export const deviceNames: readonly DeviceName[] = names

/** Adds a device that cannot be part of every bundle, as the first choice: the native one needs Node. */
export function registerDevice(name: DeviceName, factory: () => Device): void {
  factories.set(name, factory)
  started.delete(name)
  refusals.delete(name)
  if (!names.includes(name)) names.unshift(name)
}

/** The device called `name`, started once. */
export function startDevice(name: DeviceName): Device {
  const factory = factories.get(name)
  if (factory === undefined)
    throw new UsageError(`there is no device called "${name}" here; choose one of ${names.join(', ')}`)
  let device = started.get(name)
  if (device === undefined) {
    device = factory()
    started.set(name, device)
  }
  return device
}

/** Devices that start on this machine. */
export function startableDevices(): DeviceName[] {
  return names.filter((name) => refusalOf(name) === undefined)
}

/** Why a device does not start here, in a sentence; undefined where it does. */
export function refusalOf(name: DeviceName): string | undefined {
  const known = refusals.get(name)
  if (known !== undefined) return known
  try {
    startDevice(name)
    return undefined
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error
    refusals.set(name, error.message)
    return error.message
  }
}

/** The first device of `deviceNames` that starts. Throws DeviceError when none does. */
function defaultDevice(): DeviceName {
  const name = names.find((candidate) => candidate !== 'reference' && refusalOf(candidate) === undefined)
  if (name === undefined) throw new DeviceError(names.map((candidate) => refusals.get(candidate)).find(Boolean) ?? '')
  return name
}

/** The device in use; the fastest one starts by itself when none was chosen. */
export function currentDevice(): Device {
  return current ?? useDevice()
}

/** Makes a device the one in use: the fastest that starts when none is named. */
export function useDevice(name: DeviceName = defaultDevice()): Device {
  const device = startDevice(name)
  current = device
  return device
}
