// Loading by name: from small files made here, what is said when files are missing, and the real sets where OCELLUS_DATA is set.

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'fflate'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { FormatError, UsageError } from '../../../src/core/errors.ts'
import type { Dataset } from '../../../src/data/dataset.ts'
import { readBytes } from '../../../src/data/find-files.node.ts'
import { dataFolder } from '../../../src/data/folder.node.ts'
import { writeIdx } from '../../../src/data/formats/idx.ts'
import { writeMatlab } from '../../../src/data/formats/matlab-writer.ts'
import { type DatasetName, loadDataset } from '../../../src/data/load.node.ts'
import { DataLoader } from '../../../src/data/loader.node.ts'
import { centerCrop, resize } from '../../../src/data/transforms/index.ts'
import { fixture } from './fixture.ts'
import { cifarRecords, svhnFile } from './pictures.ts'

const folder = mkdtempSync(join(tmpdir(), 'ocellus-data-'))
afterAll(() => rmSync(folder, { recursive: true }))

function put(path: string, bytes: Uint8Array): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), bytes)
}

/** `count` images of 2x2, image i being i, i+1, i+2, i+3 as stored. */
function putImages(prefix: string, count: number, firstLabel: number, ending = '.gz'): void {
  const pixels = Uint8Array.from({ length: 4 * count }, (_, i) => Math.floor(i / 4) + (i % 4))
  const labels = Uint8Array.from({ length: count }, (_, i) => firstLabel + (i % 2))
  const compress = ending === '.gz'
  put(
    `${prefix}-images-idx3-ubyte${ending}`,
    writeIdx({ type: 'u8', shape: [count, 2, 2], data: pixels }, { compress }),
  )
  put(`${prefix}-labels-idx1-ubyte${ending}`, writeIdx({ type: 'u8', shape: [count], data: labels }, { compress }))
}

function putNist(path: string, part: string, classes: number): void {
  const labels = new Uint8Array(2 * classes)
  labels[0] = 1
  labels[3] = 1
  put(
    path,
    writeMatlab({
      [`${part}_data`]: {
        class: 'double',
        shape: [2, 1024],
        data: Float64Array.from({ length: 2048 }, (_, i) => i % 2),
      },
      [`${part}_labels`]: { class: 'uint8', shape: [2, classes], data: labels },
    }),
  )
}

describe('loadDataset', () => {
  it('reads MNIST, decompressed files too, and splits a tenth off for validation', async () => {
    putImages('mnist/train', 40, 0, '')
    putImages('mnist/t10k', 3, 0)
    const { train, valid, test } = await loadDataset('mnist', { folder })
    expect([train.length, valid.length, test.length]).toEqual([36, 4, 3])
    expect(test.inputs).toEqual({ data: Uint8Array.of(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5), shape: [3, 2, 2, 1] })
    expect(test.labels).toEqual(Int32Array.of(0, 1, 0))
    expect([...valid.labels].sort()).toEqual([0, 0, 1, 1])
    const again = await loadDataset('mnist', { folder, seed: 1 })
    expect(again.valid.inputs.data).not.toEqual(valid.inputs.data)
  })

  it('turns the images of EMNIST, which are stored column by column, and counts labels from A', async () => {
    putImages('emnist-letters/emnist-letters-train', 40, 1)
    putImages('emnist-letters/emnist-letters-test', 2, 1)
    const { test } = await loadDataset('emnist-letters', { folder })
    expect(test.inputs.data).toEqual(Uint8Array.of(0, 2, 1, 3, 1, 3, 2, 4))
    expect([...test.labels].map((label) => test.classes[label])).toEqual(['A', 'B'])
  })

  it('reads the NIST sets', async () => {
    for (const part of ['train', 'valid', 'test']) {
      putNist(`nist36/nist36_${part}.mat`, part, 36)
      putNist(`nist36-standin/nist36_standin_${part}.mat`, part, 36)
    }
    putNist('nist26/nist26_valid.mat', 'valid', 26)
    const read: Dataset[] = []
    for (const name of ['nist36', 'nist36-standin'] as const)
      read.push(...Object.values(await loadDataset(name, { folder })))
    read.push((await loadDataset('nist26', { folder })).valid)
    expect(read).toHaveLength(7)
    for (const { inputs, labels } of read) {
      expect(inputs.data).toEqual(Float32Array.from({ length: 2048 }, (_, i) => Math.floor(i / 1024)))
      expect(labels).toEqual(Int32Array.of(0, 1))
    }
  })

  it('reads the other sets in the form of MNIST, with their classes', async () => {
    const expected = {
      'fashion-mnist': 'T-shirt/top',
      'emnist-digits': '0',
      'emnist-balanced': '0',
      'emnist-byclass': '0',
      'emnist-bymerge': '0',
      'emnist-mnist': '0',
    } as const
    for (const [name, first] of Object.entries(expected)) {
      const prefix = name === 'fashion-mnist' ? ['train', 't10k'] : [`${name}-train`, `${name}-test`]
      for (const part of prefix) putImages(`${name}/${part}`, 20, 0)
      const { train, test } = await loadDataset(name as keyof typeof expected, { folder })
      expect([train.length, test.length, test.classes[0]]).toEqual([18, 20, first])
      // EMNIST is stored column by column.
      expect([...test.inputs.data.slice(0, 4)]).toEqual(name === 'fashion-mnist' ? [0, 1, 2, 3] : [0, 2, 1, 3])
    }
  })

  it('reads CIFAR-10 from the batches that are there, and says which are not', async () => {
    const labels = Array.from({ length: 20 }, (_, i) => i % 10)
    put('cifar-10-batches-bin/data_batch_2.bin.gz', gzipSync(cifarRecords(labels)))
    put('cifar-10-batches-bin/data_batch_4.bin', cifarRecords(labels))
    await expect(loadDataset('cifar10', { folder })).rejects.toThrow(
      /the data set 'cifar10' is not there: run: ocellus data get cifar10, or put data_batch_1.bin, .*, test_batch.bin into/,
    )
    put('cifar-10-batches-bin/test_batch.bin', cifarRecords([5]))
    const notices: string[] = []
    const { train, valid, test } = await loadDataset('cifar10', { folder, notice: (message) => notices.push(message) })
    expect([train.length, valid.length, test.length]).toEqual([36, 4, 1])
    expect(notices).toEqual([
      'cifar10: 2 of 5 training batches are there, without data_batch_1.bin, data_batch_3.bin, data_batch_5.bin',
    ])
  })

  it('reads CIFAR-100 and SVHN', async () => {
    const labels = Array.from({ length: 20 }, (_, i) => i % 10)
    put('cifar-100-binary/train.bin', cifarRecords(labels, labels))
    put('cifar-100-binary/test.bin.gz', gzipSync(cifarRecords([99], [1])))
    const cifar = await loadDataset('cifar100', { folder })
    expect([cifar.train.length, cifar.valid.length, cifar.test.classes[cifar.test.labels[0] ?? 0]]).toEqual([
      18,
      2,
      'worm',
    ])
    const python = fixture('cifar-python3.pickle.gz')
    put('python/cifar-100-python/train.gz', python)
    put('python/cifar-100-python/test', gunzipSync(python))
    const batches = await loadDataset('cifar100', { folder: join(folder, 'python') })
    expect([...batches.test.labels]).toEqual([99, 0, 50])
    put('python/cifar-10-batches-py/data_batch_3.gz', fixture('cifar-python2.pickle.gz'))
    put('python/cifar-10-batches-py/test_batch.gz', fixture('cifar-python2.pickle.gz'))
    const notice = (): void => {}
    const ten = await loadDataset('cifar10', { folder: join(folder, 'python'), notice })
    expect([...ten.test.labels]).toEqual([6, 9, 4])
    put('svhn/train_32x32.mat', svhnFile([1, 2, 10]))
    put('svhn/test_32x32.mat', svhnFile([3, 4, 5]))
    const { test } = await loadDataset('svhn', { folder })
    expect([...test.labels]).toEqual([3, 4, 5])
  })

  it('says in one sentence which files belong where', async () => {
    const empty = join(folder, 'nothing')
    await expect(loadDataset('mnist', { folder: empty })).rejects.toThrow(
      new UsageError(
        "the data set 'mnist' is not there: run: ocellus data get mnist, or put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, " +
          `t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz into ${join(empty, 'mnist')}, or set OCELLUS_DATA to ` +
          'the folder that holds mnist/ (the files are published at https://ossci-datasets.s3.amazonaws.com/mnist/)',
      ),
    )
    await expect(loadDataset('digits' as DatasetName, { folder })).rejects.toThrow(
      "there is no data set 'digits', the names are",
    )
  })

  it('says which file is wrong, and how', async () => {
    const other = join('other', 'mnist')
    putImages(join(other, 'train'), 4, 0)
    putImages(join(other, 't10k'), 4, 9)
    const load = () => loadDataset('mnist', { folder: join(folder, 'other') })
    const labelsPath = join(folder, other, 't10k-labels-idx1-ubyte.gz')
    await expect(load()).rejects.toThrow(new FormatError(`${labelsPath}: label 1 is 10, expected 0 to 9`))
    putImages(join(other, 't10k'), 4, 0)
    put(join(other, 't10k-labels-idx1-ubyte.gz'), writeIdx({ type: 'u8', shape: [3], data: new Uint8Array(3) }))
    await expect(load()).rejects.toThrow(`${labelsPath}: expected labels [4] of u8, one per image, found [3] of u8`)
    put(join(other, 't10k-images-idx3-ubyte.gz'), writeIdx({ type: 'u8', shape: [4], data: new Uint8Array(4) }))
    await expect(load()).rejects.toThrow('expected images [N, H, W] of u8, found [4] of u8')
  })
})

describe('files that are gzip', () => {
  const path = (): string => join(folder, 'packed.gz')

  it('are inflated, also those of few bytes that say little', async () => {
    writeFileSync(path(), gzipSync(new Uint8Array(2 ** 20).fill(7)))
    const found = await readBytes(path())
    expect([found.length, found.every((value) => value === 7)]).toEqual([2 ** 20, true])
  })

  it('are left to the reader of the format where they are made to fill the memory', async () => {
    // 32 MB of zeros in 32 kB: more than any honest file expands.
    const packed = gzipSync(new Uint8Array(2 ** 25), { level: 9 })
    writeFileSync(path(), packed)
    expect((await readBytes(path())).length).toBe(packed.length)
  })
})

describe('dataFolder', () => {
  it('is OCELLUS_DATA, else a folder in the cache of the user', () => {
    vi.stubEnv('OCELLUS_DATA', '/somewhere/data')
    expect(dataFolder()).toBe('/somewhere/data')
    vi.stubEnv('OCELLUS_DATA', '')
    expect(dataFolder()).toMatch(/[/\\]\.cache[/\\]ocellus$/)
    vi.unstubAllEnvs()
  })
})

describe('the real sets', () => {
  beforeEach((context) => {
    const folder = process.env.OCELLUS_DATA || undefined
    context.skip(folder === undefined, 'it reads real data, set OCELLUS_DATA to the folder that holds them')
    const [set] = context.task.name.split(' ')
    context.skip(!existsSync(join(folder ?? '', set ?? '')), `${folder} does not hold ${set}`)
  })
  const perClass = (set: Pick<Dataset, 'labels' | 'classes'>) =>
    set.classes.map((_, label) => set.labels.filter((l) => l === label).length)
  /** Smallest, mean and largest of the first batch's inputs, to 4 digits. */
  const range = ({ data }: { readonly data: Float32Array }) => {
    let [least, sum, most] = [Number.POSITIVE_INFINITY, 0, Number.NEGATIVE_INFINITY]
    for (const value of data) {
      least = Math.min(least, value)
      most = Math.max(most, value)
      sum += value
    }
    return [least, sum / data.length, most].map((value) => Number(value.toFixed(3)))
  }
  const all = (set: Dataset) => set.batch(Int32Array.from({ length: set.length }, (_, i) => i)).inputs

  it('nist36-standin has 300, 100 and 50 characters per class', async () => {
    const { train, valid, test } = await loadDataset('nist36-standin')
    expect([train, valid, test].map((set) => new Set(perClass(set)))).toEqual([
      new Set([300]),
      new Set([100]),
      new Set([50]),
    ])
    expect(train.inputs.shape).toEqual([10800, 32, 32, 1])
  })

  it('nist26 has 50 characters per class, from -0.141 to 1.122, with mean 0.829', async () => {
    const { valid } = await loadDataset('nist26')
    expect(new Set(perClass(valid))).toEqual(new Set([50]))
    expect(range(all(valid))).toEqual([-0.141, 0.829, 1.122])
  })

  it('mnist has the published counts of digits', async () => {
    const { train, valid, test } = await loadDataset('mnist')
    const digits = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    const [trained, validated] = [perClass(train), perClass(valid)]
    expect(trained.map((count, label) => count + (validated[label] as number))).toEqual(digits)
    for (const [label, count] of validated.entries())
      expect(Math.abs(count - (digits[label] as number) / 10)).toBeLessThan(1)
    expect([...test.labels.slice(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
  })

  it('flowers17 has 40, 20 and 20 photographs per class, and the loader makes them one size', async () => {
    const { train, valid, test } = await loadDataset('flowers17')
    for (const [part, count] of [
      [train, 40],
      [valid, 20],
      [test, 20],
    ] as const) {
      expect(part.classes).toEqual(Array.from({ length: 17 }, (_, i) => String(i)))
      expect(new Set(perClass(part))).toEqual(new Set([count]))
    }
    const loader = new DataLoader(valid.take(17), { transforms: [resize({ shorter: 64 }), centerCrop({ size: 56 })] })
    for await (const batch of loader.batches({ batchSize: 17 })) expect(batch.inputs.shape).toEqual([17, 56, 56, 3])
  })

  it('cifar-10-batches-bin has 10,000 pictures per batch, and 1,000 of each class for the test', async () => {
    const { train, valid, test } = await loadDataset('cifar10', { notice: () => {} })
    expect((train.length + valid.length) % 10_000).toBe(0)
    expect(new Set(perClass(test))).toEqual(new Set([1000]))
    expect([...test.labels.subarray(0, 10)]).toEqual([3, 8, 8, 0, 6, 6, 1, 6, 3, 1])
  })

  it('emnist-letters has 4,800 and 800 letters per class', async () => {
    const { train, valid, test } = await loadDataset('emnist-letters')
    expect(new Set(perClass(test))).toEqual(new Set([800]))
    expect(new Set(perClass(valid))).toEqual(new Set([480]))
    expect(train.length).toBe(112320)
  })
})
