// The recognizer: its network against plain arithmetic, its file against damage, and the weights that are shipped.

import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { FormatError, OcellusError, ShapeError, UsageError } from '../../../src/core/errors.ts'
import type { HostTensor } from '../../../src/core/host-tensor.ts'
import { Random } from '../../../src/core/random.ts'
import { loadCharacters } from '../../../src/data/characters.node.ts'
import { init } from '../../../src/init.ts'
import { readSafetensors, writeSafetensors } from '../../../src/io/safetensors.ts'
import { Linear, relu, Sequential, sigmoid } from '../../../src/nn/index.ts'
import { characters, recognize } from '../../../src/reader/classifier.ts'
import { glyphSize, normalizeGlyph } from '../../../src/reader/glyph.ts'
import { featureCount, glyphFeatures } from '../../../src/reader/glyph-features.ts'
import { Reader } from '../../../src/reader/reader.node.ts'
import { loadRecognizer } from '../../../src/reader/recognizer.node.ts'
import { Recognizer } from '../../../src/reader/recognizer.ts'
import { readRecognizer, writeRecognizer } from '../../../src/reader/recognizer-file.ts'

const pixels = glyphSize * glyphSize
const weightsFile = fileURLToPath(new URL('../../../assets/reader/recognizer.safetensors', import.meta.url))

beforeAll(() => init())

function networkWith(outputs: number, seed = 1): Sequential {
  const random = new Random(seed)
  const hidden = new Linear({ inputs: featureCount, outputs: 9, random })
  hidden.bias!.write(Float32Array.from({ length: 9 }, () => random.normal()))
  return new Sequential(hidden, relu, new Linear({ inputs: 9, outputs, random }))
}

function randomGlyphs(count: number, seed = 2): Float32Array {
  const random = new Random(seed)
  return Float32Array.from({ length: count * pixels }, () => Math.max(0, random.uniform(-1, 1)))
}

/** softmax((relu(x W1 + b1) W2 + b2) / temperature) in f64. */
async function plainProbabilities(network: Sequential, glyphs: Float32Array, temperature: number): Promise<number[][]> {
  const [first, second] = [...network.children.values()].filter((layer) => layer instanceof Linear)
  const apply = async (layer: Linear, x: readonly number[]): Promise<number[]> => {
    const [weight, bias] = [await layer.weight.data(), await layer.bias!.data()]
    return Array.from({ length: layer.outputs }, (_, j) =>
      x.reduce((sum, value, i) => sum + value * weight[i * layer.outputs + j]!, bias[j]!),
    )
  }
  const rows: number[][] = []
  for (let i = 0; i < glyphs.length / pixels; i++) {
    const features = Array.from(glyphFeatures(glyphs.subarray(i * pixels, (i + 1) * pixels), 1))
    const active = (await apply(first!, features)).map((value) => Math.max(0, value))
    const exponentials = (await apply(second!, active)).map((value) => Math.exp(value / temperature))
    const sum = exponentials.reduce((total, value) => total + value, 0)
    rows.push(exponentials.map((value) => value / sum))
  }
  return rows
}

describe('Recognizer', () => {
  it.each([
    [36, 1],
    [37, 1.7],
  ])('gives the softmax of %i logits at temperature %d', async (outputs, temperature) => {
    const network = networkWith(outputs)
    const glyphs = randomGlyphs(3)
    const found = new Recognizer({ network, temperature }).classify(glyphs, 3)
    const expected = await plainProbabilities(network, glyphs, temperature)
    expect(found.length).toBe(3 * 36)
    expected.forEach((row, i) => {
      for (let k = 0; k < 36; k++) expect(found[i * 36 + k]).toBeCloseTo(row[k]!, 5)
    })
  })

  it('gives a glyph the same probabilities alone and among many, in any block', () => {
    const recognizer = new Recognizer({ network: networkWith(36) })
    const glyphs = randomGlyphs(131)
    const together = recognizer.classify(glyphs, 131)
    for (const i of [0, 63, 64, 130]) {
      const alone = recognizer.classify(glyphs.slice(i * pixels, (i + 1) * pixels), 1)
      expect(together.slice(i * 36, (i + 1) * 36)).toEqual(alone)
    }
    expect(recognizer.classify(new Float32Array(0), 0)).toEqual(new Float32Array(0))
  })

  it('refuses batches, networks and temperatures that make no sense', () => {
    const recognizer = new Recognizer({ network: networkWith(36) })
    expect(() => recognizer.classify(new Float32Array(pixels), 2)).toThrow(ShapeError)
    expect(() => recognizer.classify(new Float32Array(0), -1)).toThrow(ShapeError)
    expect(() => new Recognizer({ network: networkWith(35) }).classify(randomGlyphs(1), 1)).toThrow(UsageError)
    for (const temperature of [0, -1, Number.NaN, Infinity]) {
      expect(() => new Recognizer({ network: networkWith(36), temperature })).toThrow(UsageError)
    }
  })
})

describe('the file of a recognizer', () => {
  it('keeps every weight to half a step of its output, and biases and temperature exactly', async () => {
    const network = networkWith(37)
    const read = readRecognizer(await writeRecognizer({ network, temperature: 1.21 }))
    expect(read.temperature).toBe(1.21)
    const layers = (module: typeof read.network): Linear[] =>
      [...module.children.values()].filter((layer) => layer instanceof Linear)
    for (const [i, before] of layers(network).entries()) {
      const after = layers(read.network)[i]!
      expect(await after.bias!.data()).toEqual(await before.bias!.data())
      const from = Float32Array.from(await before.weight.data())
      const to = await after.weight.data()
      for (let column = 0; column < before.outputs; column++) {
        const ofColumn = from.filter((_, k) => k % before.outputs === column)
        const step = ofColumn.reduce((most: number, value) => Math.max(most, Math.abs(value)), 0) / 127
        for (let k = column; k < from.length; k += before.outputs) {
          expect(Math.abs(to[k]! - from[k]!)).toBeLessThanOrEqual(step / 2 + 1e-7)
        }
      }
    }
  })

  it('is the same for the network that was read from it', async () => {
    const bytes = await writeRecognizer({ network: networkWith(36), temperature: 1 })
    expect(await writeRecognizer(readRecognizer(bytes))).toEqual(bytes)
  })

  it('keeps an output without weights', async () => {
    const network = new Sequential(new Linear({ inputs: featureCount, outputs: 36 }))
    const [layer] = [...network.children.values()] as Linear[]
    layer!.weight.write(new Float32Array(featureCount * 36))
    const read = readRecognizer(await writeRecognizer({ network, temperature: 1 }))
    const found = new Recognizer(read).classify(randomGlyphs(1), 1)
    expect(found.every((p) => Math.abs(p - 1 / 36) < 1e-6)).toBe(true)
  })

  it('is not written for networks that it cannot hold', async () => {
    const withoutBias = new Sequential(new Linear({ inputs: featureCount, outputs: 36, bias: false }))
    await expect(writeRecognizer({ network: withoutBias, temperature: 1 })).rejects.toThrow(UsageError)
    const none = new Sequential(sigmoid)
    await expect(writeRecognizer({ network: none, temperature: 1 })).rejects.toThrow(UsageError)
  })

  it('is refused with the reason where it is damaged or something else', async () => {
    const bytes = await writeRecognizer({ network: networkWith(36), temperature: 1 })
    const { tensors, metadata } = readSafetensors(bytes)
    const changed = (change: (tensors: Map<string, HostTensor>) => unknown): Uint8Array => {
      const copy = new Map(tensors)
      change(copy)
      return writeSafetensors(copy, metadata)
    }
    const read = (file: Uint8Array) => () => Recognizer.fromBytes(file, { file: 'r.safetensors' })
    expect(read(bytes.slice(0, -1))).toThrow(FormatError)
    expect(read(new Uint8Array(0))).toThrow(/r\.safetensors/)
    expect(read(writeSafetensors(tensors, {}))).toThrow('holds no recognizer')
    expect(read(writeSafetensors(tensors, { ...metadata, version: '2' }))).toThrow('version 2')
    expect(read(writeSafetensors(tensors, { ...metadata, temperature: 'warm' }))).toThrow('temperature')
    expect(read(changed((copy) => copy.delete('layers.1.scale')))).toThrow('layers.1.scale')
    expect(read(changed((copy) => copy.delete('layers.0.weight')))).toThrow(FormatError)
    const scale = tensors.get('layers.0.scale')!
    expect(
      read(changed((copy) => copy.set('layers.0.scale', { ...scale, shape: [8], data: scale.data.slice(1) }))),
    ).toThrow('layers.0')
    expect(read(changed((copy) => copy.set('more', scale)))).toThrow('more')
  })
})

describe('the shipped recognizer', () => {
  it('takes at most a megabyte', async () => {
    expect((await stat(weightsFile)).size).toBeLessThanOrEqual(1_000_000)
  })

  it('reads at least 97 % of the embedded characters of hands that it has not seen, letter or digit known', async () => {
    const recognizer = await loadRecognizer()
    const { test } = await loadCharacters()
    const { data } = test.inputs
    const batch = new Float32Array(test.length * pixels)
    for (let i = 0; i < test.length; i++) {
      const crop = { width: glyphSize, height: glyphSize, data: data.slice(i * pixels, (i + 1) * pixels) }
      batch.set(normalizeGlyph(crop), i * pixels)
    }
    const probabilities = recognizer.classify(batch, test.length)
    let right = 0
    for (const [i, label] of test.labels.entries()) {
      const [from, to] = label < 26 ? [0, 26] : [26, 36]
      const row = probabilities.subarray(i * 36 + from, i * 36 + to)
      if (from + row.indexOf(Math.max(...row)) === label) right++
    }
    expect(right / test.length).toBeGreaterThanOrEqual(0.97)
  })

  it('doubts what is no character more than a character', async () => {
    const recognizer = await loadRecognizer()
    const sum = (mask: readonly string[]): number => {
      const data = Uint8Array.from([...mask.join('')], (pixel) => Number(pixel === '#'))
      const glyph = normalizeGlyph({ width: mask[0]!.length, height: mask.length, data })
      return recognizer.classify(glyph, 1).reduce((total, p) => total + p, 0)
    }
    const letter = ['##....##', '##....##', '##....##', '########', '########', '##....##', '##....##', '##....##']
    const pair = letter.map((row) => `${row}.${row}`)
    expect(sum(letter)).toBeGreaterThan(0.9)
    expect(sum(pair)).toBeLessThan(0.5 * sum(letter))
  })

  it('is what Reader.load reads with', async () => {
    const reader = await Reader.load()
    const blank = { kind: 'gray' as const, width: 40, height: 30, data: new Uint8Array(1200).fill(250) }
    expect(reader.read(blank).text).toBe('')
  })

  it('serves the reader that takes logarithms', async () => {
    const recognizer = await loadRecognizer()
    const bar = { width: 2, height: 12, data: new Uint8Array(24).fill(1) }
    const shape = { box: [0, 0, 12, 2], mask: { kind: 'binary', ...bar }, area: 24, darkness: 255 } as const
    const [logits] = recognize([shape], recognizer)
    const read = characters[logits!.indexOf(Math.max(...logits!))]
    expect(['I', '1', 'L']).toContain(read)
  })

  it('says which file is missing', async () => {
    await expect(loadRecognizer('/nowhere/recognizer.safetensors')).rejects.toThrow(OcellusError)
    await expect(loadRecognizer('/nowhere/recognizer.safetensors')).rejects.toThrow('/nowhere/recognizer.safetensors')
  })
})
