// `ocellus convert`: from format to format, what it prints, and what it refuses in one sentence.

import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { saveNetwork } from '../../../src/cli/network/character-network-file.ts'
import { convertWeights } from '../../../src/cli/network/convert-weights.ts'
import { saveModel } from '../../../src/cli/network/model-description.ts'
import { openNetwork } from '../../../src/cli/network/open-network.ts'
import { readNpz } from '../../../src/io/npz.ts'
import { readOnnx } from '../../../src/io/onnx/network.ts'
import { readPytorch } from '../../../src/io/pytorch/read-pytorch.ts'
import { readSafetensors } from '../../../src/io/safetensors.ts'
import { loadWeights, saveWeights } from '../../../src/io/weights.node.ts'
import { CharacterMlp } from '../../../src/models/character-mlp.ts'
import { createModel, modelEntry } from '../../../src/models/registry.ts'
import { zeros } from '../../../src/tensor/creation.ts'
import { tensor } from '../../../src/tensor/tensor.ts'
import { ocellus, temporaryFolder } from './command-line.ts'

const folder = temporaryFolder()
const fixtures = fileURLToPath(new URL('../../fixtures/io/', import.meta.url))
for (const name of ['checkpoint.pth', 'hostile.pth', 'version-1.npy', 'not-a-number.pth']) {
  copyFileSync(join(fixtures, name), join(folder, name))
}
const at = (name: string): string => join(folder, name)
const quietly = (input: string, output: string): Promise<void> =>
  convertWeights(at(input), at(output), { force: false })

describe('ocellus convert', () => {
  it('from PyTorch to safetensors to NumPy: values, names and layout stay, and the tensors are printed', async () => {
    const first = await ocellus(['convert', 'checkpoint.pth', 'a.safetensors'], { folder })
    expect(first.code).toBe(0)
    expect(first.stdout).toMatch(/^checkpoint\.pth \(pytorch\) is now a\.safetensors, in the layout of pytorch\n\n/)
    expect(first.stdout).toMatch(/^0\.weight +f32 +\[3, 2, 3, 3\] +54$/m)
    expect(first.stdout).toMatch(/^total +192$/m)
    expect(first.stderr).toContain("ocellus: checkpoint.pth: took the prefix 'module.' off all 8 names\n")
    const second = await ocellus(['convert', 'a.safetensors', 'a.npz'], { folder })
    expect([second.code, second.stderr]).toEqual([0, ''])
    const { tensors } = readPytorch(readFileSync(at('checkpoint.pth')))
    expect(readSafetensors(readFileSync(at('a.safetensors'))).tensors).toEqual(tensors)
    expect(readNpz(readFileSync(at('a.npz')))).toEqual({ tensors, comment: 'ocellus layout: pytorch' })
  })

  it('takes along what a training knows of its network: size of the images, pixels and classes', async () => {
    const preprocessing = { scale: 1 / 255, mean: [0.5], deviation: [0.25] }
    const classes = ['yes', 'no']
    const description = {
      model: 'resnet20',
      classes,
      input: [16, 16, 3],
      preprocessing,
      data: 'own',
      epochs: 1,
    } as const
    mkdirSync(at('training'))
    await saveModel(at('training/network.safetensors'), createModel('resnet20', { classes: 2 }), description)
    await quietly('training', 'trained.onnx')
    const network = await openNetwork(at('trained.onnx'))
    expect(network).toMatchObject({ input: [16, 16, 3], preprocessing, classNames: classes })
    const { stdout } = await ocellus(['summary', 'trained.onnx'], { folder })
    expect(stdout).toMatch(/^ +conv1 Conv2d +\[3, 3, 3, 16\] +\[1, 16, 16, 16\]/m)
  })

  it('writes a character network with the activation that it was trained with', async () => {
    const shape = { inputs: 1024, hidden: [64], activation: 'relu' } as const
    const classes = Array.from({ length: 36 }, (_, i) => `c${i}`)
    const model = new CharacterMlp({ ...shape, classes: 36 })
    const description = { ...shape, classes, input: 'glyphs', data: 'characters', epochs: 1 } as const
    await saveNetwork(at('letters.safetensors'), { model, description })
    await quietly('letters.safetensors', 'letters.onnx')
    // Below 0 too, where relu and sigmoid part.
    const values = Float32Array.from({ length: 2048 }, (_, i) => Math.sin(i))
    const images = tensor(values, { shape: [2, 32, 32, 1] })
    const network = await openNetwork(at('letters.onnx'))
    expect(network.run(images).toArray()).toEqual(
      model
        .eval()
        .forward(images.reshape([2, 1024]))
        .toArray(),
    )
    expect(network.classNames).toEqual(classes)
  })

  it('writes the network that weights belong to as ONNX, and reads its weights back', async () => {
    const model = createModel('lenet5')
    await saveWeights(model, at('any-name.safetensors'))
    const { code, stdout, stderr } = await ocellus(['convert', 'any-name.safetensors', 'lenet.onnx'], { folder })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(
      'any-name.safetensors (safetensors) is now lenet.onnx: lenet5, 10 classes, which takes images [N, 1, 32, 32]\n',
    )
    const images = zeros([2, 32, 32, 1]).add(0.5)
    const found = readOnnx(readFileSync(at('lenet.onnx'))).forward(images.permute([0, 3, 1, 2]))
    expect(found.toArray()).toEqual(model.eval().forward(images).toArray())
    // What its pixels are travels along.
    const { preprocessing } = await openNetwork(at('lenet.onnx'))
    expect(preprocessing).toEqual(modelEntry('lenet5').preprocessing)
    await convertWeights(at('lenet.onnx'), at('back.safetensors'), { force: false })
    const other = createModel('lenet5')
    expect((await loadWeights(other, at('back.safetensors'))).complete).toBe(true)
    expect(other.eval().forward(images).toArray()).toEqual(found.toArray())
  })

  it.each([
    ['checkpoint.pth', {}, 'fit no known network; give its name with --model'],
    ['checkpoint.pth', { model: 'lenet6' }, "there is no model called 'lenet6'"],
  ])('refuses to write %s as ONNX with %j', async (name, flags, message) => {
    await expect(convertWeights(at(name), at('e.onnx'), { force: false, ...flags })).rejects.toThrow(message)
    await expect(convertWeights(at(name), at('e.npz'), { force: false, model: 'lenet5' })).rejects.toThrow(
      'leave out --model',
    )
  })

  it('takes a format, and how an input is arranged that does not say so', async () => {
    const { code, stdout } = await ocellus(
      ['convert', 'version-1.npy', 'b.weights', '--to', 'npz', '--layout', 'pytorch'],
      { folder },
    )
    expect(code).toBe(0)
    expect(stdout).toContain('version-1.npy (npy) is now b.weights, in the layout of pytorch')
    expect(readNpz(readFileSync(at('b.weights'))).comment).toBe('ocellus layout: pytorch')
  })

  it('warns of weights that are NaN, and converts them', async () => {
    const { code, stderr } = await ocellus(['convert', 'not-a-number.pth', 'nan.npz'], { folder })
    expect([code, stderr]).toEqual([0, 'ocellus: not-a-number.pth: weights are NaN in weight, bias\n'])
  })

  it('refuses a hostile file in one sentence, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await ocellus(['convert', 'hostile.pth', 'evil.npz'], { folder })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^ocellus: hostile\.pth: hostile\/data\.pkl: at byte 180: "posix\.system" is no name .*\n$/)
    expect(readdirSync(folder).filter((name) => name.includes('evil'))).toEqual([])
  })

  it('never writes to the input, under whatever name, nor to what is there without --force', async () => {
    const before = readFileSync(at('checkpoint.pth'))
    linkSync(at('checkpoint.pth'), at('hard.npz'))
    symlinkSync(at('checkpoint.pth'), at('soft.npz'))
    for (const name of ['hard.npz', 'soft.npz']) {
      await expect(convertWeights(at('checkpoint.pth'), at(name), { force: true })).rejects.toThrow(
        `${at(name)} is the input itself, which is never written to; give another output`,
      )
    }
    expect(readFileSync(at('checkpoint.pth'))).toEqual(before)
    copyFileSync(at('version-1.npy'), at('there.npz'))
    await expect(quietly('checkpoint.pth', 'there.npz')).rejects.toThrow('is there already; give --force to replace it')
  })

  it.each([
    ['checkpoint.pth', 'a.pth', 'pytorch files are only read; write one of safetensors, npz'],
    ['checkpoint.pth', 'a.bin', 'its ending names no format; write one of safetensors, npz'],
    ['checkpoint.pth', 'nowhere/a.npz', 'cannot be written: there is no folder'],
    ['nowhere.pth', 'c.npz', 'there is no file'],
  ])('refuses %s to %s', async (input, output, message) => {
    await expect(quietly(input, output)).rejects.toThrow(message)
  })

  it('refuses a layout that the file contradicts', async () => {
    await expect(
      convertWeights(at('checkpoint.pth'), at('d.npz'), { force: false, layout: 'ocellus' }),
    ).rejects.toThrow('says that its layout is pytorch, so leave out --layout ocellus')
  })
})
