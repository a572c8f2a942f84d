// Which device is the default: the first that starts, with a sentence about those that do not.

import { expect, test } from 'vitest'
import { DeviceError } from '../../../src/core/errors.ts'
import {
  currentDevice,
  deviceNames,
  refusalOf,
  registerDevice,
  startableDevices,
  startDevice,
} from '../../../src/devices/registry.ts'
import { createWasmDevice } from '../../../src/devices/wasm/device.ts'
import { init, UsageError } from '../../../src/index.ts'

const sentence = 'the native device needs a processor with AVX2 and FMA; choose the wasm device'

test('where the native device cannot start, WebAssembly is the default, and the reason is known', async () => {
  registerDevice('native', () => {
    throw new DeviceError(sentence)
  })
  expect(deviceNames).toEqual(['native', 'wasm', 'reference'])
  await init()
  expect(currentDevice().name).toBe('wasm')
  expect(refusalOf('native')).toBe(sentence)
  expect(startableDevices()).toEqual(['wasm', 'reference'])
  expect(() => startDevice('native')).toThrow(sentence)
  await expect(init({ device: 'native' })).rejects.toThrow(sentence)
})

test('where it starts, it is the default', async () => {
  registerDevice('native', () => Object.assign(createWasmDevice(), { name: 'native' as const }))
  expect(refusalOf('native')).toBeUndefined()
  await init()
  expect(currentDevice().name).toBe('native')
})

test('the reference device runs on one thread', async () => {
  await expect(init({ device: 'reference', threads: 2 })).rejects.toThrow(UsageError)
  await init({ device: 'reference', threads: 1 })
  expect(currentDevice().threads).toBe(1)
})
