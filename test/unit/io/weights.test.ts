// Weights by name: what is saved comes back, and what does not fit is named.

import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { allocateArray } from '../../../src/core/dtype.ts'
import { FormatError } from '../../../src/core/errors.ts'
import { type HostTensor, isLate } from '../../../src/core/host-tensor.ts'
import { writeFileAtomically } from '../../../src/io/atomic-file.node.ts'
import { readSafetensors, writeSafetensors } from '../../../src/io/safetensors.ts'
import { loadWeights as loadFile, openSafetensors, saveWeights as saveFile } from '../../../src/io/weights.node.ts'
import { loadWeights, saveWeights } from '../../../src/io/weights.ts'
import { WeightsMismatchError } from '../../../src/io/weights-report.ts'
import { relu } from '../../../src/nn/activations.ts'
import { Linear } from '../../../src/nn/linear.ts'
import { Sequential } from '../../../src/nn/sequential.ts'

const threeTypes = writeSafetensors({
  exact: { dtype: 'f64', shape: [100], data: Float64Array.from({ length: 100 }, (_, i) => i / 7) },
  rounded: { dtype: 'f32', shape: [10, 10], data: Float32Array.from({ length: 100 }, (_, i) => i / 7) },
  counted: { dtype: 'i32', shape: [3], data: Int32Array.of(1, -2, 3) },
})
const folder = mkdtempSync(join(tmpdir(), 'ocellus-weights-'))
afterAll(() => rmSync(folder, { recursive: true }))

const net = (outputs = 2): Sequential =>
  new Sequential(new Linear({ inputs: 4, outputs: 3 }), relu, new Linear({ inputs: 3, outputs }))
const values = (model: Sequential) =>
  [...model.namedVariables().values()].map((variable) => Array.from(variable.dataSync()))

describe('weights', () => {
  it('come back bit for bit, from bytes and from files', async () => {
    const [model, fromBytes, fromFile] = [net(), net(), net()]
    model.freeze()
    const report = await loadWeights(fromBytes, await saveWeights(model))
    expect(values(fromBytes)).toEqual(values(model))
    expect(report.complete).toBe(true)
    expect(report.loaded).toEqual(['0.weight', '0.bias', '2.weight', '2.bias'])
    const path = join(folder, 'model.safetensors')
    await saveFile(model, path, { metadata: { note: 'mine' } })
    expect((await loadFile(fromFile, path)).complete).toBe(true)
    expect(values(fromFile)).toEqual(values(model))
  })

  it('come out of a file one by one, and what the file no longer holds is an error', async () => {
    const path = join(folder, 'one-by-one.safetensors')
    writeFileSync(path, threeTypes)
    const opened = openSafetensors(path)
    const whole = readSafetensors(threeTypes)
    expect(opened.metadata).toEqual(whole.metadata)
    for (const [name, { dtype, shape, data }] of whole.tensors) {
      const tensor = opened.tensors.get(name) as HostTensor
      expect([tensor.dtype, tensor.shape, tensor.data]).toEqual([dtype, shape, data])
      if (!isLate(tensor)) continue
      const values = allocateArray(dtype, data.length)
      tensor.readInto(values)
      expect(values).toEqual(data)
    }
    writeFileSync(path, threeTypes.subarray(0, threeTypes.length - 400))
    expect(() => [...opened.tensors.values()].map(({ data }) => data)).toThrow(
      `${path} cannot be read: it became shorter while it was read`,
    )
    await expect(loadFile(net(), path)).rejects.toThrow(FormatError)
    expect(() => openSafetensors(join(folder, 'nowhere'))).toThrow(/nowhere cannot be read: ENOENT/)
  })

  it('are readable by others: plain safetensors with the names, [in, out]', async () => {
    const model = net()
    const { tensors, metadata } = readSafetensors(await saveWeights(model, { metadata: { epoch: '3' } }))
    expect(metadata).toEqual({ epoch: '3', 'ocellus layout': 'ocellus' })
    expect(tensors.get('0.weight')).toEqual({
      dtype: 'f32',
      shape: [4, 3],
      data: (model.layers[0] as Linear).weight.dataSync(),
    })
  })

  it('are reported where they are missing, unexpected or of another shape, and the rest is loaded', async () => {
    const [model, other] = [net(2), net(5)]
    const stored = new Map(readSafetensors(await saveWeights(other)).tensors)
    stored.delete('0.bias')
    stored.set('head.weight', stored.get('2.bias')!)
    const before = values(model)
    const file = writeSafetensors(stored)
    const refused = loadWeights(model, file, { file: 'other.safetensors' })
    await expect(refused).rejects.toThrow(WeightsMismatchError)
    await expect(refused).rejects.toThrow(
      'other.safetensors does not fit the model: missing: 0.bias; unexpected: head.weight; mismatched: ' +
        '2.weight (f32 [3, 5] instead of f32 [3, 2]), 2.bias (f32 [5] instead of f32 [2]); give { strict: false } to load what fits',
    )
    await expect(refused).rejects.toMatchObject({ report: { missing: ['0.bias'] } })
    expect(values(model)).toEqual(before)
    const report = await loadWeights(model, file, { strict: false })
    expect(report.missing).toEqual(['0.bias'])
    expect(report.unexpected).toEqual(['head.weight'])
    expect(report.mismatched.map(({ name, found }) => [name, found.shape])).toEqual([
      ['2.weight', [3, 5]],
      ['2.bias', [5]],
    ])
    expect(report.complete).toBe(false)
    expect(String(report).split('\n')).toEqual([
      'loaded: 1 tensors',
      'missing: 0.bias',
      'unexpected: head.weight',
      'mismatched: 2.weight (f32 [3, 5] instead of f32 [3, 2]), 2.bias (f32 [5] instead of f32 [2])',
    ])
    expect(values(model)).toEqual([values(other)[0], before[1], before[2], before[3]])
  })

  it('are converted between f32 and f64, but not from integers', async () => {
    const [model, wide] = [net(), net().to('f64')]
    expect((await loadWeights(wide, await saveWeights(model))).complete).toBe(true)
    expect(values(wide)).toEqual(values(model))
    expect((await loadWeights(model, await saveWeights(wide))).complete).toBe(true)
    const integers = new Map(readSafetensors(await saveWeights(model)).tensors)
    integers.set('0.bias', { dtype: 'i32', shape: [3], data: new Int32Array(3) })
    const [wrong] = (await loadWeights(model, writeSafetensors(integers), { strict: false })).mismatched
    expect([wrong?.name, wrong?.found.dtype, wrong?.expected.dtype]).toEqual(['0.bias', 'i32', 'f32'])
  })

  it('of another model altogether are refused in a sentence', async () => {
    const bytes = await saveWeights(new Linear({ inputs: 4, outputs: 3 }))
    await expect(loadWeights(net(), bytes, { file: 'linear.safetensors' })).rejects.toThrow(
      'linear.safetensors: none of its tensors fits this model; it has bias, weight, the model 0.weight, 0.bias, 2.weight, 2.bias',
    )
  })

  it('that cannot be read are refused in a sentence', async () => {
    await expect(loadFile(net(), join(folder, 'nowhere.safetensors'))).rejects.toThrow('there is no file')
    await expect(loadFile(net(), folder)).rejects.toThrow('there is no .npy file in this folder')
    const path = join(folder, 'short.safetensors')
    writeFileSync(path, 'abc')
    await expect(loadFile(net(), path)).rejects.toThrow(/short\.safetensors: magic: expected a file of weights/)
    await expect(loadWeights(net(), 'a.safetensors' as never)).rejects.toThrow('give the bytes of the file')
  })
})

describe('writeFileAtomically', () => {
  it('leaves the old file, and nothing else, where it fails', async () => {
    const path = join(folder, 'kept.txt')
    await writeFileAtomically(path, 'old')
    await expect(writeFileAtomically(join(path, 'below'), 'new')).rejects.toThrow('cannot be written')
    await expect(writeFileAtomically(folder, 'new')).rejects.toThrow('cannot be written')
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it.skipIf(process.platform === 'win32')('leaves links and permissions as they are', async () => {
    const [path, link] = [join(folder, 'private.txt'), join(folder, 'link.txt')]
    writeFileSync(path, 'old', { mode: 0o600 })
    symlinkSync('private.txt', link)
    await writeFileAtomically(link, 'new')
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['new', 0o600])
    expect(lstatSync(link).isSymbolicLink()).toBe(true)
  })

  it.skipIf(process.platform === 'win32')('takes the place of no device and no pipe', async () => {
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    await expect(writeFileAtomically(path, 'new')).rejects.toThrow(
      `${path} cannot be written: it is a device or pipe; give the name of a file`,
    )
    expect(statSync(path).isFIFO()).toBe(true)
  })
})
