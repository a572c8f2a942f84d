// `ocellus evaluate` and `ocellus classify` on small data: what they print, in text and JSON, and what they refuse.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { saveNetwork } from '../../../src/cli/network/character-network-file.ts'
import { saveModel } from '../../../src/cli/network/model-description.ts'
import { createProgram } from '../../../src/cli/program.ts'
import { loadDataset } from '../../../src/data/load.node.ts'
import { writeOnnx } from '../../../src/io/onnx/export.ts'
import { saveWeights } from '../../../src/io/weights.node.ts'
import { CharacterMlp } from '../../../src/models/character-mlp.ts'
import { createModel } from '../../../src/models/registry.ts'
import { wilsonInterval } from '../../../src/nn/accuracy.ts'
import { seedWeights } from '../../../src/nn/initializers.ts'
import type { Module } from '../../../src/nn/module.ts'
import { tensor } from '../../../src/tensor/tensor.ts'
import { ocellus, temporaryFolder } from './command-line.ts'

const folder = temporaryFolder()
const limit = 150
const characters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789']

/** A picture of one colour. */
async function picture(path: string, [r, g, b]: readonly [number, number, number]): Promise<void> {
  const background = { r, g, b }
  await sharp({ create: { width: 40, height: 30, channels: 3, background } })
    .png()
    .toFile(join(folder, path))
}

/** A slow machine tells how far it is. */
const withoutProgress = (stderr: string): string => stderr.replace(/^\d+ of \d+ images.*\n/gm, '')

let network: Module

beforeAll(async () => {
  seedWeights(5)
  network = createModel('nist36-cnn')
  await saveWeights(network, join(folder, 'anything.safetensors'))
  const colours = createModel('resnet20', { classes: 2 })
  await saveWeights(colours, join(folder, 'colours.npz'))
  writeFileSync(join(folder, 'colours.onnx'), await writeOnnx(colours.eval(), { input: [32, 32, 3] }))
  const letters = { inputs: 784, hidden: [4], activation: 'relu', classes: characters } as const
  await saveNetwork(join(folder, 'letters.safetensors'), {
    model: new CharacterMlp({ ...letters, classes: characters.length }),
    description: { ...letters, input: 'pixels', data: 'own', epochs: 1 },
  })
  for (const name of ['red', 'blue']) mkdirSync(join(folder, 'photos', name), { recursive: true })
  for (let i = 0; i < 3; i++) {
    await picture(`photos/red/${i}.png`, [255 - i, 0, 0])
    await picture(`photos/blue/${i}.png`, [0, 0, 255 - i])
  }
  writeFileSync(join(folder, 'labels.txt'), 'blue\nred\n')
})

/** How many of the first images a model gets right, computed one after the other. */
async function rightByHand(): Promise<number> {
  const { test } = await loadDataset('characters')
  const first = test.batch(Int32Array.from({ length: limit }, (_, i) => i))
  const found = network
    .eval()
    .forward(tensor(first.inputs.data, { shape: first.inputs.shape }))
    .argmax(-1)
    .dataSync()
  return first.labels.filter((label, i) => label === found[i]).length
}

/** Runs a command within this process, from the folder; it must reject before it prints. */
async function within(args: readonly string[]): Promise<void> {
  vi.stubEnv('OCELLUS_DATA', join(folder, 'no-data'))
  const before = process.cwd()
  process.chdir(folder)
  try {
    await createProgram().parseAsync(args, { from: 'user' })
  } finally {
    process.chdir(before)
    vi.unstubAllEnvs()
  }
}

describe('ocellus evaluate', () => {
  it('recognises the network by its tensors and prints accuracy, interval, speed and what is confused', async () => {
    const args = ['evaluate', 'anything.safetensors', '--data', 'characters', '--limit', String(limit), '--batch', '64']
    const { code, stdout, stderr } = await ocellus(args, { folder })
    expect([code, withoutProgress(stderr)]).toEqual([0, ''])
    const right = await rightByHand()
    const [low, high] = wilsonInterval(right, limit).map((share) => `${(100 * share).toFixed(2)} %`)
    expect(stdout).toContain('network:  nist36-cnn (safetensors), 36 classes, images of [32, 32, 1]\n')
    expect(stdout).toContain("pictures: images of 32x32 as they are; pixels v / 255; the network's own\n")
    expect(stdout).toContain(`data:     the first ${limit} of `)
    expect(stdout).toContain(`, ${right} of ${limit} right, 95 % interval ${low} to ${high}\n`)
    expect(stdout).toMatch(/^speed: +[\d,]+ images per second on native, preparing them included$/m)
    expect(stdout).toMatch(/^confused most often:\n( {2}\S+ as \S+: [1-9]\d*(, \S+ as \S+: [1-9]\d*)?\n){5}$/m)
  })

  it('takes folders, other pixels, and skips pictures that are damaged', async () => {
    writeFileSync(
      join(folder, 'photos', 'red', 'broken.png'),
      readFileSync(join(folder, 'photos/red/0.png')).subarray(0, 60),
    )
    const scaled = ['--mean', '0.5', '--std', '0.25,0.5,0.25', '--scale', '1/255', '--json']
    const { code, stdout, stderr } = await ocellus(['evaluate', 'colours.npz', '--data', 'photos', ...scaled], {
      folder,
    })
    expect(code).toBe(1)
    expect(withoutProgress(stderr)).toMatch(/^ocellus: left out: .*broken\.png.*\n$/)
    const found = JSON.parse(stdout)
    expect(found).toMatchObject({
      model: 'resnet20',
      classes: 2,
      preprocessing: { scale: 1 / 255, mean: [0.5], deviation: [0.25, 0.5, 0.25] },
      data: { name: 'photos', images: 6, of: 7, leftOut: 1 },
      interval: wilsonInterval(found.right, 6),
    })
  })

  it('tells classes by the names that a training gave them, whichever of them the data have', async () => {
    mkdirSync(join(folder, 'reds', 'red'), { recursive: true })
    for (let i = 0; i < 3; i++) await picture(`reds/red/${i}.png`, [255 - i, 0, 0])
    const model = createModel('resnet20', { classes: 3 })
    // The first output wins, whatever is on the picture.
    model
      .namedVariables()
      .get('linear.bias')
      ?.write(Float32Array.of(1e6, 0, 0))
    const classes = ['blue', 'green', 'red']
    const preprocessing = { scale: 1 / 255, mean: [0.5], deviation: [0.25] }
    const description = { model: 'resnet20', input: [32, 32, 3], preprocessing, data: 'photos', epochs: 1 } as const
    await saveModel(join(folder, 'blue.safetensors'), model, { ...description, classes })
    await saveModel(join(folder, 'red.safetensors'), model, { ...description, classes: classes.toReversed() })
    const rights = ['blue', 'red'].map(async (file) => {
      const args = ['evaluate', `${file}.safetensors`, '--data', 'reds', '--json']
      const { stdout, stderr } = await ocellus(args, { folder })
      const { right, confused } = JSON.parse(stdout)
      return { right, confused, stderr: withoutProgress(stderr) }
    })
    expect(await Promise.all(rights)).toEqual([
      { right: 0, confused: [{ a: 'blue', b: 'red', aAsB: 0, bAsA: 3 }], stderr: '' },
      { right: 3, confused: [], stderr: '' },
    ])
  })

  it('says what is wrong with a folder of parts', async () => {
    for (const name of ['train/red', 'train/blue', 'test/green'])
      mkdirSync(join(folder, 'parts', name), { recursive: true })
    await picture('parts/train/red/0.png', [255, 0, 0])
    await picture('parts/test/green/0.png', [0, 255, 0])
    const args = ['evaluate', 'colours.npz', '--data', 'parts']
    await expect(within(args)).rejects.toThrow(/parts.test.green is a class that .*parts.train does not have$/)
    mkdirSync(join(folder, 'untrained', 'test', 'red'), { recursive: true })
    await picture('untrained/test/red/0.png', [255, 0, 0])
    await expect(within(['evaluate', 'colours.npz', '--data', 'untrained'])).rejects.toThrow(
      'untrained has the parts test but no train',
    )
  })

  it('runs an ONNX file as its own network, which agrees with the weights it was made from', async () => {
    const flags = [
      '--data',
      'photos/',
      '--mean',
      '0.485,0.456,0.406',
      '--std',
      '0.229,0.224,0.225',
      '--scale',
      '1/255',
      '--json',
    ]
    const runs = ['colours.onnx', 'colours.npz'].map((file) => ocellus(['evaluate', file, ...flags], { folder }))
    const [onnx, npz] = (await Promise.all(runs)).map(({ stdout }) => JSON.parse(stdout))
    expect(onnx).toMatchObject({ format: 'onnx', classes: 2, right: npz.right, confused: npz.confused })
  })

  it.each<[string[], string]>([
    [['nowhere.npz', '--data', 'photos'], 'there is no file nowhere.npz'],
    [['colours.npz', '--data', 'nowhere'], "there is no data set and no folder called 'nowhere', the data sets are"],
    [['colours.npz', '--data', 'characters'], 'resnet20 tells 2 classes apart, and characters has 36'],
    [['colours.npz', '--data', 'photos', '--model', 'lenet'], "there is no model called 'lenet'"],
    [['colours.npz', '--data', 'photos', '--model', 'lenet5'], 'colours.npz: none of its tensors fits this model'],
    [['colours.npz', '--data', 'photos', '--part', 'valid'], 'photos has no parts, so leave out --part valid'],
    [
      ['colours.npz', '--data', 'photos', '--mean', '1,2'],
      '--mean has 2 numbers, but resnet20 takes images of 3 channels',
    ],
    [['letters.safetensors', '--data', 'photos'], 'takes letters as it was trained on, so give one of characters, '],
    [
      ['letters.safetensors', '--data', 'characters'],
      'takes letters of 784 pixels as they are, and characters has 1024',
    ],
    [['colours.onnx', '--data', 'photos', '--model', 'resnet20'], 'is a network itself, so leave out --model'],
  ])('refuses %j', async (args, message) => {
    await expect(within(['evaluate', ...args])).rejects.toThrow(message)
  })

  it('stops cleanly at Ctrl-C', async () => {
    const args = ['evaluate', 'anything.safetensors', '--data', 'characters', '--batch', '1', '--device', 'reference']
    const { code, stderr } = await ocellus(args, { folder, interruptAt: /images/, environment: { OCELLUS_DEBUG: '' } })
    expect([code, stderr.includes('Stopped; there is no result.')]).toEqual([130, true])
  })
})

describe('ocellus classify', () => {
  it('prints the classes of pictures by the labels beside the weights', async () => {
    const args = ['classify', 'photos/red/0.png', 'photos/blue/0.png', '--weights', 'colours.npz']
    const { code, stdout, stderr } = await ocellus(args, { folder })
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^photos\/red\/0\.png\n( *\d+\.\d\d % {2}(red|blue)\n){2}photos\/blue\/0\.png\n( *\d+\.\d\d % {2}(red|blue)\n){2}$/,
    )
    expect(stderr).toContain('network:  resnet20 (npz), 2 classes, images of [32, 32, 3]\n')
    expect(stderr).toMatch(/labels: {3}.*labels\.txt\n$/)
  })

  it('prints JSON, and one sentence for a picture that cannot be read', async () => {
    const args = ['classify', 'photos/red/0.png', 'labels.txt', '--weights', 'colours.npz', '--top', '1', '--json']
    const { code, stdout, stderr } = await ocellus(args, { folder })
    expect(code).toBe(1)
    const [found, ...others] = JSON.parse(stdout)
    expect(others).toEqual([])
    expect(found.top).toHaveLength(1)
    expect(found.top[0].probability).toBeGreaterThanOrEqual(0.5)
    expect(stderr).toMatch(/^ocellus: .*labels\.txt/m)
  })

  it.each<[string[], string]>([
    [['photos/red/0.png'], 'give the weights of a network for pictures with --weights'],
    [
      ['photos/red/0.png', '--weights', 'anything.safetensors', '--labels', 'labels.txt'],
      'labels.txt: lines: expected 36 names',
    ],
  ])('refuses %j', async (args, message) => {
    await expect(within(['classify', ...args])).rejects.toThrow(message)
  })
})
