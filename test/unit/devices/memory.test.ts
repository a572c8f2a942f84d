// When memory runs out: the error names what was asked for and what is there, and the device works on.

import { expect, test } from 'vitest'
import { DeviceError } from '../../../src/core/errors.ts'
import { startDevice } from '../../../src/devices/registry.ts'
import '../../../src/devices/native/register.node.ts'
import { WasmMemory } from '../../../src/devices/wasm/memory.ts'
import { compile, full, init, ones, Variable } from '../../../src/index.ts'
import { nativeSets } from '../codegen/x64/native-sets.ts'

const devices = nativeSets.length > 0 ? (['wasm', 'native'] as const) : (['wasm'] as const)

test.each(devices)('%s: a variable that cannot fit', (name) => {
  const device = startDevice(name)
  // 5 GiB, more than WebAssembly can address.
  const create = () => device.createStorage('f32', 1.25 * 2 ** 30)
  expect(create).toThrow(DeviceError)
  expect(create).toThrow(
    /^a variable needs 5120\.0 MiB; \d+\.\d MiB of \d+\.\d MiB are in use, so about \d+ % of it would fit: take a smaller batch$/,
  )
  const small = device.createStorage('f32', 3)
  small.write(Float32Array.of(1, 2, 3))
  expect([...small.read()]).toEqual([1, 2, 3])
})

test.each(devices)('%s: a program whose scratch cannot fit', async (name) => {
  await init({ device: name })
  const vector = new Variable(full([40_000, 1], 1))
  // The product of a column and a row, 6.4 GB, read twice.
  const wide = compile(() => {
    const product = vector.matmul(vector.transpose())
    return product.subtract(product.max()).sum()
  })
  expect(() => wide().item()).toThrow(DeviceError)
  expect(() => wide().item()).toThrow(/^the scratch memory of this program needs \d+\.\d MiB; \d+\.\d MiB of /)
  expect(vector.sum().item()).toBe(40_000)
})

test.each(devices)('%s: a program with images so large that no instruction takes their distances', async (name) => {
  await init({ device: name })
  const huge = ones([4096, 256, 256, 64]).conv2d(ones([3, 3, 64, 64]))
  expect(() => huge.sum().item()).toThrow(/^the scratch memory of this program needs \d+\.\d MiB; \d+\.\d MiB of /)
})

test('what is given back is given out again', () => {
  const { heap } = new WasmMemory()
  const first = heap.allocate(1000, 'a test')
  const second = heap.allocate(1000, 'a test')
  heap.release(first, 1000)
  expect(heap.allocate(900, 'a test')).toBe(first)
  heap.release(first, 900)
  heap.release(second, 1000)
  // Both blocks are one again.
  expect(heap.allocate(2000, 'a test')).toBe(first)
})
