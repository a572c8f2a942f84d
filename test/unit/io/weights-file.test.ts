// Files of weights whatever their format: recognised by content, marked with their layout, warned about and named in every error.

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import type { HostTensor } from '../../../src/core/host-tensor.ts'
import { writeNpy } from '../../../src/io/npy.ts'
import { readWeights as readBytes, writeWeights as writeBytes } from '../../../src/io/read-weights.ts'
import { readSafetensors, writeSafetensors } from '../../../src/io/safetensors.ts'
import { readWeights, writeWeights } from '../../../src/io/weights.node.ts'
import { described, expected, fixture, fixturePath } from './fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'ocellus-weights-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

const tensor = (...values: number[]): HostTensor => ({
  dtype: 'f32',
  shape: [values.length],
  data: Float32Array.from(values),
})
const tensors = new Map([['a', tensor(1, 2)]])

describe('readWeights', () => {
  it.each([
    ['every-dtype.pth', 'pytorch', 'pytorch'],
    ['every-dtype-legacy.th', 'pytorch', 'pytorch'],
    ['arrays.npz', 'npz', undefined],
    ['version-1.npy', 'npy', undefined],
  ])('recognises %s under any name', async (name, format, layout) => {
    const path = join(folder, 'weights.safetensors')
    copyFileSync(fixturePath(name), path)
    const file = await readWeights(path)
    expect([file.file, file.format, file.layout]).toEqual([path, format, layout])
    expect((await readBytes(fixture(name))).tensors.size).toBe(file.tensors.size)
  })

  it('names the tensor of a single .npy after the file', async () => {
    expect([...(await readWeights(fixturePath('version-1.npy'))).tensors.keys()]).toEqual(['version-1'])
  })

  it('takes a folder of .npy files, and leaves the other files in it alone', async () => {
    const arrays = join(folder, 'arrays')
    mkdirSync(arrays)
    for (const name of ['conv_weight', 'conv_bias'])
      copyFileSync(fixturePath('version-1.npy'), join(arrays, `${name}.npy`))
    writeFileSync(join(arrays, 'readme.txt'), 'hello')
    const { format, tensors } = await readWeights(arrays)
    expect([format, [...tensors.keys()]]).toEqual(['npy', ['conv_bias', 'conv_weight']])
    expect(described(tensors).conv_bias).toEqual(expected.numpy['little.f4'])
    writeFileSync(join(arrays, 'bad.npy'), 'hello')
    await expect(readWeights(arrays)).rejects.toThrow(`${join(arrays, 'bad.npy')}: magic: expected a .npy file`)
  })

  it('passes the entry on', async () => {
    expect((await readWeights(fixturePath('student-teacher.pth'), { entry: 'teacher' })).tensors.size).toBe(8)
    await expect(readBytes(fixture('arrays.npz'), { entry: 'teacher', file: 'a.npz' })).rejects.toThrow(
      "a.npz is a npz file, which has no entries to choose from; leave out 'teacher'",
    )
  })

  it.each([
    ['nothing', new Uint8Array(0), 'it is empty'],
    ['text', new TextEncoder().encode('hello, world'), 'its first bytes belong to none of them'],
    ['gzip', gzipSync(fixture('version-1.npy')), 'it is a gzip file; unpack it'],
    ['HDF5', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a), 'it is an HDF5 file; save it as .npz or .safetensors'],
    [
      'tar',
      new Uint8Array(512)
        .fill(0x75, 257, 258)
        .fill(0x73, 258, 259)
        .fill(0x74, 259, 260)
        .fill(0x61, 260, 261)
        .fill(0x72, 261, 262),
      'it is a tar archive',
    ],
    ['a pickle', fixture('plain-pickle.pkl'), 'it is a Python pickle that torch.save did not write'],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(readBytes(bytes, { file: 'a.bin' })).rejects.toThrow(
      `a.bin: magic: expected a file of weights (safetensors, npy, pytorch, npz, onnx), but ${message}`,
    )
  })

  it('refuses paths where there is nothing, and formats that are none', async () => {
    await expect(readWeights(join(folder, 'nowhere'))).rejects.toThrow(`there is no file ${join(folder, 'nowhere')}`)
    await expect(readBytes(new Uint8Array(9), { format: 'hdf5' })).rejects.toThrow(
      "there is no format of weights called 'hdf5', expected one of safetensors, npy, pytorch, npz",
    )
    await expect(readBytes(fixture('arrays.npz'), { format: 'npy', file: 'a' })).rejects.toThrow(
      'a: magic: expected a .npy',
    )
  })

  it('warns once of weights that are NaN, and gives them', async () => {
    const sentences: string[] = []
    const warn = (sentence: string): number => sentences.push(sentence)
    const bytes = fixture('not-a-number.pth')
    const { tensors, notes } = await readBytes(bytes, { file: 'a.pth', warn })
    expect(notes).toEqual(['weights are NaN in weight, bias'])
    expect(sentences).toEqual(['a.pth: weights are NaN in weight, bias'])
    expect(tensors.get('weight')?.data).toEqual(Float32Array.of(1, Number.NaN))
    await readBytes(writeSafetensors({ fine: { dtype: 'f64', shape: [1], data: Float64Array.of(Infinity) } }), { warn })
    expect(sentences).toHaveLength(1)
  })
})

describe('writeWeights', () => {
  it.each(['safetensors', 'npz'] as const)('%s says its layout, and comes back', async (format) => {
    for (const layout of ['ocellus', 'pytorch', undefined] as const) {
      const file = await readBytes(await writeBytes(tensors, { format, ...(layout === undefined ? {} : { layout }) }))
      expect([file.format, file.layout, file.tensors]).toEqual([format, layout, tensors])
    }
  })

  it('takes the format from the ending, or as it is told', async () => {
    for (const [name, format] of [
      ['a.npz', 'npz'],
      ['a.safetensors', 'safetensors'],
    ] as const) {
      await writeWeights(join(folder, name), tensors, { layout: 'ocellus', metadata: { epoch: '3' } })
      expect((await readWeights(join(folder, name))).format).toBe(format)
    }
    await writeWeights(join(folder, 'a.weights'), tensors, { format: 'npz' })
    expect((await readWeights(join(folder, 'a.weights'))).format).toBe('npz')
    await expect(writeWeights(join(folder, 'a.pth'), tensors)).rejects.toThrow(
      'a.pth cannot be written: pytorch files are only read; write one of safetensors, npz',
    )
    await expect(writeWeights(join(folder, 'a'), tensors)).rejects.toThrow(
      'a cannot be written: its ending names no format',
    )
    await expect(writeBytes(tensors, { format: 'npy' })).rejects.toThrow('npy files are only read')
  })

  it('keeps the metadata that goes with the tensors, and marks what PyTorch reads', async () => {
    const bytes = await writeBytes(tensors, { layout: 'pytorch', metadata: { epoch: '3' } })
    expect(readSafetensors(bytes).metadata).toEqual({ epoch: '3', format: 'pt', 'ocellus layout': 'pytorch' })
  })

  it("takes safetensors that PyTorch's writer marked for PyTorch's layout", async () => {
    expect((await readBytes(writeSafetensors({ a: tensor(1) }, { format: 'pt' }))).layout).toBe('pytorch')
    expect((await readBytes(writeSafetensors({ a: tensor(1) }))).layout).toBe(undefined)
  })
})

it('an array is the same through every format', async () => {
  const { tensors } = await readBytes(fixture('arrays.npz'))
  const safetensors = await readBytes(await writeBytes(tensors))
  expect(described(safetensors.tensors)).toEqual(expected.numpy)
  expect(
    (await readBytes(writeNpy(tensors.get('fortran')!), { file: 'x/fortran.npy' })).tensors.get('fortran'),
  ).toEqual(tensors.get('fortran'))
})
