// The device and the threads that a command's flags ask for.

import { Option } from 'commander'
import type { DeviceName } from '../devices/device.ts'
import { wholeNumber } from './option-values.ts'

/** What --device and --threads say. */
export interface DeviceFlags {
  readonly device?: DeviceName
  readonly threads?: number
}

export function deviceOption(): Option {
  const option = new Option('--device <name>', 'where to compute (default: native where it runs, else wasm)')
  return option.choices(['native', 'wasm', 'reference'])
}

export function threadsOption(): Option {
  const option = new Option(
    '--threads <number>',
    'threads for large work; results stay the same (default: one per core)',
  )
  return option.argParser(wholeNumber({ most: 256 }))
}

/** Starts the device; the fastest that runs here when none is named. */
export async function chooseDevice({ device, threads }: DeviceFlags = {}): Promise<void> {
  const [{ init }] = await Promise.all([import('../init.ts'), import('../devices/native/register.node.ts')])
  await init({ ...(device === undefined ? {} : { device }), ...(threads === undefined ? {} : { threads }) })
}
