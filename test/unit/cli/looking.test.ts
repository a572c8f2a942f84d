// The commands that only look: doctor, summary, gradcheck.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeSafetensors } from '../../../src/io/safetensors.ts'
import { createModel } from '../../../src/models/registry.ts'
import { ocellus, temporaryFolder } from './command-line.ts'

const folder = temporaryFolder()

describe('doctor', () => {
  it('says what the machine offers and where data are looked for', async () => {
    mkdirSync(join(folder, 'data/nist26'), { recursive: true })
    writeFileSync(join(folder, 'data/nist26/nist26_valid.mat'), 'any')
    const environment = { OCELLUS_DATA: join(folder, 'data') }
    const { code, stdout } = await ocellus(['doctor', '--format', 'json'], { folder, environment })
    expect(code).toBe(0)
    const { versions, device, speed, data } = JSON.parse(stdout)
    expect(versions.node).toBe(process.versions.node)
    expect(device.name).toBe(device.nativeRefused === undefined ? 'native' : 'wasm')
    expect(device.features['WebAssembly SIMD']).toBe(true)
    expect(speed.peak).toBeGreaterThan(1)
    // No product is faster than the peak; measuring allows a little.
    expect(speed.product).toBeLessThan(1.3 * speed.peak)
    expect(data.folder).toBe(join(folder, 'data'))
    const states = Object.fromEntries(data.sets.map((set: { name: string; state: string }) => [set.name, set.state]))
    expect(states).toEqual({
      characters: 'embedded',
      nist36: 'missing',
      'nist36-standin': 'missing',
      nist26: 'found',
      mnist: 'missing',
      'emnist-letters': 'missing',
    })
  })

  it('prints the same as lines', async () => {
    const { stdout } = await ocellus(['doctor'], { folder })
    for (const label of ['Ocellus', 'Node', 'Device', 'Features', 'Threads', 'Numbers', 'Peak', 'Data']) {
      expect(stdout).toMatch(new RegExp(`^${label} +\\S`, 'm'))
    }
  })
})

describe('summary', () => {
  it('counts a network by hand: 1024 x 64 + 64 and 64 x 36 + 36 parameters', async () => {
    const { code, stdout } = await ocellus(['summary', 'character-mlp', '--format', 'json'], { folder })
    expect(code).toBe(0)
    expect(JSON.parse(stdout).total).toMatchObject({ parameters: 65_600 + 2_340, multiplyAdds: 65_536 + 2_304 })
  })

  it('of a known network prints its layers, in words or as JSON', async () => {
    const [text, json] = await Promise.all([
      ocellus(['summary', 'nist36-cnn', '--batch', '128'], { folder }),
      ocellus(['summary', 'LeNet5', '--json'], { folder }),
    ])
    expect(text.stdout).toMatch(/^ +features\.3 Conv2d +\[5, 5, 64, 128\] +\[128, 10, 10, 128\] +204,928 +20,480,000 /m)
    expect(text.stdout).toMatch(/^ +classifier\.1 BatchNorm1d +- +\[128, 128\] +256 +128 /m)
    expect(JSON.parse(json.stdout).total).toMatchObject({ parameters: 61_706, multiplyAdds: 416_520 })
  })

  it('tells the network that a file belongs to by its tensors', async () => {
    const tensors = [...createModel('lenet5', { classes: 26 }).namedVariables()].map(([name, variable]) => [
      name,
      { dtype: 'f32', shape: variable.shape, data: variable.dataSync() },
    ])
    writeFileSync(join(folder, 'unnamed.bin'), writeSafetensors(Object.fromEntries(tensors)))
    const { code, stdout } = await ocellus(['summary', 'unnamed.bin'], { folder })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^unnamed\.bin: weights of lenet5 or lenet5-28, 26 classes$/m)
    expect(stdout).toMatch(/classifier\.4 Linear +\[84, 26\]/)
  })

  it('says where a network takes one size only', async () => {
    const [refused, taken] = await Promise.all([
      ocellus(['summary', 'lenet5', '--side', '40'], { folder }),
      ocellus(['summary', 'squeezenet1.1', '--side', '64', '--classes', '17', '--json'], { folder }),
    ])
    expect(refused).toMatchObject({ stdout: '' })
    expect(refused.stderr).toMatch(/^ocellus: lenet5 takes images of \[32, 32, 1\] only; leave --side out\n$/)
    expect(JSON.parse(taken.stdout).layers[0].output).toEqual([1, 17])
  })

  it('of a file that is no network of ours lists its tensors', async () => {
    const tensor = { dtype: 'f32', shape: [2, 3], data: new Float32Array(6) } as const
    writeFileSync(join(folder, 'other.safetensors'), writeSafetensors({ first: tensor, second: tensor }))
    const { code, stdout } = await ocellus(['summary', 'other.safetensors'], { folder })
    expect(code).toBe(0)
    expect(stdout).toMatch(/^first +f32 +\[2, 3\] +6$/m)
    expect(stdout).toMatch(/^total +12$/m)
  })

  it('of what is no weights file is one sentence', async () => {
    writeFileSync(join(folder, 'letter.txt'), 'Dear reader, this is no file of weights.')
    const [text, missing] = await Promise.all([
      ocellus(['summary', 'letter.txt'], { folder }),
      ocellus(['summary', 'nothing.safetensors'], { folder }),
    ])
    expect(text).toMatchObject({ code: 1, stdout: '' })
    expect(text.stderr).toMatch(/^ocellus: letter\.txt: .*\n$/)
    expect(missing).toMatchObject({ code: 2, stdout: '' })
    expect(missing.stderr).toMatch(/^ocellus: .*nothing\.safetensors.*\n$/)
  })

  it('OCELLUS_DEBUG=stack shows where an error came from', async () => {
    const { stderr } = await ocellus(['summary', 'nothing.safetensors'], {
      folder,
      environment: { OCELLUS_DEBUG: 'stack' },
    })
    expect(stderr).toMatch(/^ {4}at .*describe-model\.ts/m)
  })
})

describe('gradcheck', () => {
  it('finds every gradient right, of the network and of every op', async () => {
    const { code, stdout } = await ocellus(['gradcheck', '--hidden', '8', '--elements', '10', '--format', 'json'], {
      folder,
    })
    expect(code).toBe(0)
    const { right, network, ops } = JSON.parse(stdout)
    expect(right).toBe(true)
    expect(network.map(({ name }: { name: string }) => name)).toEqual([
      'layers.0.weight',
      'layers.0.bias',
      'layers.1.weight',
      'layers.1.bias',
    ])
    const names = ops.map(({ name }: { name: string }) => name)
    expect(names).toEqual(expect.arrayContaining(['add', 'divide', 'exp', 'sum', 'permute', 'gather', 'matmul']))
    for (const { error } of [...network, ...ops]) expect(error).toBeLessThanOrEqual(1e-9)
  })
})
