// CIFAR, SVHN and IDX pictures: what comes out of files in the layouts that their authors describe, and what is said of damaged ones.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { FormatError, UsageError } from '../../../src/core/errors.ts'
import { readCifar } from '../../../src/data/cifar.ts'
import { readCifarPython } from '../../../src/data/cifar-python.ts'
import { cifar10, cifar100, cifar100Groups, emnistByClass, emnistMerged } from '../../../src/data/class-names.ts'
import { Dataset } from '../../../src/data/dataset.ts'
import { writeIdx } from '../../../src/data/formats/idx.ts'
import { writeMatlab } from '../../../src/data/formats/matlab-writer.ts'
import { readIdxImages } from '../../../src/data/idx-images.ts'
import { readSvhn } from '../../../src/data/svhn.ts'
import { fixture } from './fixture.ts'
import { cifarRecords, pixelOf, svhnFile } from './pictures.ts'

describe('CIFAR', () => {
  it('has its planes turned into pixels, plain and gzip', () => {
    const bytes = cifarRecords([3, 0, 9])
    for (const file of [bytes, gzipSync(bytes)]) {
      const set = readCifar(file, { classes: cifar10 })
      expect(set.inputs.shape).toEqual([3, 32, 32, 3])
      expect([...set.labels]).toEqual([3, 0, 9])
      for (const [n, y, x, c] of [
        [0, 0, 0, 0],
        [1, 5, 9, 1],
        [2, 31, 31, 2],
      ] as const) {
        expect(set.inputs.data[((n * 32 + y) * 32 + x) * 3 + c]).toBe(pixelOf(n, y, x, c))
      }
    }
  })

  it('100 has two labels, of which the fine one counts unless the coarse one is asked for', () => {
    const bytes = cifarRecords([99, 7], [19, 2])
    expect([...readCifar(bytes, { classes: cifar100, labelBytes: 2 }).labels]).toEqual([99, 7])
    const coarse = readCifar(bytes, { classes: cifar100Groups, labelBytes: 2, label: 0 })
    expect([...coarse.labels]).toEqual([19, 2])
    expect(coarse.inputs.data[3]).toBe(pixelOf(0, 0, 1, 0))
  })

  it.each([
    [
      cifarRecords([1]).subarray(0, 3000),
      'records: expected a whole number of records of 3073 bytes, found 3000 bytes',
    ],
    [new Uint8Array(0), 'records: expected a whole number of records of 3073 bytes, found 0 bytes'],
    [cifarRecords([1, 10]), 'label of record 1: expected 0 to 9, found 10'],
    [gzipSync(cifarRecords([1])).subarray(0, 500), 'gzip: the compressed data are damaged or cut off'],
  ])('names file and field of what is wrong (%#)', (bytes, message) => {
    expect(() => readCifar(bytes, { classes: cifar10, file: 'batch.bin' })).toThrow(FormatError)
    expect(() => readCifar(bytes, { classes: cifar10, file: 'batch.bin' })).toThrow(`batch.bin: ${message}`)
  })

  it('has as many classes as its authors say', () => {
    expect([cifar10.length, cifar100.length, cifar100Groups.length]).toEqual([10, 100, 20])
    expect([new Set(cifar100).size, emnistByClass.length, emnistMerged.length]).toEqual([100, 62, 47])
  })
})

describe('CIFAR for Python', () => {
  it('of Python 2 and 3 gives the same pictures', () => {
    const two = readCifarPython(fixture('cifar-python2.pickle.gz'), { classes: cifar10 })
    expect([two.inputs.shape, [...two.labels]]).toEqual([
      [3, 32, 32, 3],
      [6, 9, 4],
    ])
    expect(two.inputs.data[((2 * 32 + 30) * 32 + 7) * 3 + 1]).toBe(pixelOf(2, 30, 7, 1))
    expect(two.inputs).toEqual(readCifar(cifarRecords([6, 9, 4]), { classes: cifar10 }).inputs)
    const three = fixture('cifar-python3.pickle.gz')
    const fine = readCifarPython(gunzipSync(three), { classes: cifar100, labels: 'fine_labels' })
    expect([fine.inputs, [...fine.labels]]).toEqual([two.inputs, [99, 0, 50]])
    const coarse = readCifarPython(three, { classes: cifar100Groups, labels: 'coarse_labels' })
    expect([...coarse.labels]).toEqual([1, 2, 19])
  })

  const pickle = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

  it.each([
    // os.system('true'), as the manual of Python warns of.
    [
      pickle('\x80\x02cos\nsystem\nX\x04\0\0\0true\x85R.'),
      '"os.system" is nothing that a CIFAR batch has; it is not run',
    ],
    [pickle('\x80\x02c__builtin__\neval\n.'), '"__builtin__.eval" is nothing that a CIFAR batch has'],
    [pickle('\x80\x02]q\x01.'), 'expected a dictionary, found a list'],
    [pickle('\x80\x02}q\x01.'), 'data: it is missing, the batch holds nothing'],
    [pickle('\x80\x02}q\x01U\x04dataK\x01s.'), 'data: expected an array [N, 3072] of bytes, found a number'],
    [gunzipSync(fixture('cifar-python2.pickle.gz')).subarray(0, 5000), 'pickle: at byte'],
    [pickle('no pickle'), 'pickle: at byte 0'],
  ])('runs nothing, and names file and field of what is wrong (%#)', (bytes, message) => {
    expect(() => readCifarPython(bytes, { classes: cifar10, file: 'data_batch_1' })).toThrow(FormatError)
    expect(() => readCifarPython(bytes, { classes: cifar10, file: 'data_batch_1' })).toThrow(/^data_batch_1: /)
    expect(() => readCifarPython(bytes, { classes: cifar10, file: 'data_batch_1' })).toThrow(message)
  })

  it('needs as many labels as pictures, of classes there are', () => {
    const bytes = fixture('cifar-python2.pickle.gz')
    expect(() => readCifarPython(bytes, { classes: ['a'], file: 'f' })).toThrow(
      'f: labels: label 0 is no class, expected 0 to 0',
    )
    expect(() => readCifarPython(bytes, { classes: cifar10, labels: 'fine_labels', file: 'f' })).toThrow(
      'f: fine_labels: it is missing, the batch holds batch_label, labels, data, filenames',
    )
    expect(() => readCifarPython(bytes, { classes: cifar10, labels: 'batch_label', file: 'f' })).toThrow(
      'f: batch_label: expected 3 labels, one per picture, found a text',
    )
  })
})

describe('SVHN', () => {
  it('is turned from columns to rows, and its 10 is the digit 0', () => {
    const { inputs, labels } = readSvhn(svhnFile([10, 1, 9]))
    expect(inputs.shape).toEqual([3, 4, 5, 3])
    expect([...labels]).toEqual([0, 1, 9])
    expect(inputs.data[((2 * 4 + 3) * 5 + 1) * 3 + 2]).toBe(pixelOf(2, 3, 1, 2))
  })

  it.each([
    [svhnFile([1, 11, 2]), 'variable y: label 1 should be from 1 to 10, it is 11'],
    [svhnFile([1, 2]), 'variable y: expected 3 labels, one per picture, found [2, 1]'],
    [
      writeMatlab({ X: { class: 'double', shape: [4, 5, 3, 1], data: new Float64Array(60) } }),
      'variable X: expected uint8 pictures [H, W, 3, N], found double [4, 5, 3, 1]',
    ],
    [writeMatlab({ y: { class: 'uint8', shape: [1, 1], data: new Uint8Array(1) } }), 'variable X is missing'],
  ])('names file and field of what is wrong (%#)', (bytes, message) => {
    expect(() => readSvhn(bytes, { file: 'train.mat' })).toThrow(`train.mat: ${message}`)
  })
})

describe('IDX pictures', () => {
  const images = writeIdx({ type: 'u8', shape: [2, 2, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) })
  const labels = writeIdx({ type: 'u8', shape: [2], data: Uint8Array.of(2, 1) })

  it('are turned where they are stored column by column', () => {
    const set = readIdxImages(images, labels, { classes: ['a', 'b'], first: 1, transposed: true })
    expect([...set.inputs.data]).toEqual([1, 3, 2, 4, 5, 7, 6, 8])
    expect([...set.labels]).toEqual([1, 0])
  })

  it('need as many labels, of classes there are', () => {
    const options = { classes: ['a', 'b'], imagesFile: 'i', labelsFile: 'l' }
    expect(() => readIdxImages(images, labels, options)).toThrow('l: label 0 is 2, expected 0 to 1')
    const three = writeIdx({ type: 'u8', shape: [3], data: new Uint8Array(3) })
    expect(() => readIdxImages(images, three, options)).toThrow(
      'l: expected labels [2] of u8, one per image, found [3] of u8',
    )
    expect(() => readIdxImages(labels, labels, options)).toThrow('i: expected images [N, H, W] of u8, found [2] of u8')
  })
})

describe('data sets', () => {
  const part = (value: number, classes: readonly string[] = ['a', 'b']): Dataset =>
    new Dataset({
      inputs: { data: new Uint8Array(4).fill(value), shape: [2, 2] },
      labels: Int32Array.of(0, 1),
      classes,
    })

  it('are joined where they are of one kind', () => {
    const joined = Dataset.concatenate([part(1), part(2)])
    expect([joined.inputs, [...joined.labels]]).toEqual([
      { data: Uint8Array.of(1, 1, 1, 1, 2, 2, 2, 2), shape: [4, 2] },
      [0, 1, 0, 1],
    ])
    expect(() => Dataset.concatenate([part(1), part(1, ['a', 'c'])])).toThrow(UsageError)
  })

  it('give a part with the share of every class, and what is no part is refused', () => {
    const labels = Int32Array.from({ length: 100 }, (_, i) => (i < 10 ? 0 : i < 40 ? 1 : 2))
    const set = new Dataset({ inputs: { data: new Uint8Array(100), shape: [100, 1] }, labels, classes: [...'abc'] })
    for (const seed of [0, 1, 2]) {
      const counts = [0, 0, 0]
      for (const label of set.take(20, { seed }).labels) counts[label] = (counts[label] as number) + 1
      expect(counts).toEqual([2, 6, 12])
    }
    expect(set.take(100).labels).toEqual(labels)
    expect(() => set.take(101)).toThrow(
      'take: the count must be a whole number from 1 to the 100 samples there are, not 101',
    )
  })

  it('hold targets of numbers instead of classes', () => {
    const inputs = { data: Float32Array.of(1, 2, 3), shape: [3, 1] }
    const set = new Dataset({ inputs, targets: { data: Uint8Array.of(0, 51, 255, 0, 0, 0), shape: [3, 2] } })
    expect(set.batch([1, 0]).targets).toEqual({ data: Float32Array.of(1, 0, 0, Math.fround(0.2)), shape: [2, 2] })
    expect(set.split([0.67, 0.33])[0].targets?.shape).toEqual([2, 2])
    expect(() => new Dataset({ inputs })).toThrow('every sample needs a class or a target')
    const wrong = { data: Float32Array.of(0, Number.NaN, 0), shape: [3, 1] }
    expect(() => new Dataset({ inputs, targets: wrong })).toThrow('data set: sample 1 has the target NaN')
    expect(() => new Dataset({ inputs, targets: { data: Float32Array.of(1, 2), shape: [2, 1] } })).toThrow(
      'data set: 2 target values of shape [2, 1] do not fit 3 samples',
    )
  })
})

const real = join(process.env.OCELLUS_DATA ?? '', 'cifar-10-batches-bin')

describe.skipIf(!existsSync(real))('the real files', () => {
  it('CIFAR-10: first labels as published, 1,000 of each class in the test batch', () => {
    const path = join(real, 'test_batch.bin.gz')
    const { labels, length } = readCifar(readFileSync(path), { classes: cifar10, file: path })
    expect([length, ...labels.subarray(0, 10)]).toEqual([10000, 3, 8, 8, 0, 6, 6, 1, 6, 3, 1])
    const counts = new Int32Array(10)
    for (const label of labels) counts[label] = (counts[label] as number) + 1
    expect(new Set(counts)).toEqual(new Set([1000]))
  })
})
