// Loaders: the same batches for any number of workers, a bounded queue, damaged samples, clean ends.

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { FormatError, OcellusError, UsageError } from '../../../src/core/errors.ts'
import { Batches } from '../../../src/data/batches.ts'
import { type Batch, Dataset } from '../../../src/data/dataset.ts'
import { type ImageFolder, openImageFolder } from '../../../src/data/image-folder.node.ts'
import { DataLoader, type DataLoaderOptions } from '../../../src/data/loader.node.ts'
import { DataLoader as CoreLoader } from '../../../src/data/loader.ts'
import type { BatchJob } from '../../../src/data/make-batch.ts'
import { makeBatch } from '../../../src/data/make-batch.ts'
import type { SampleSource } from '../../../src/data/sample-source.ts'
import { horizontalFlip, normalize, randomCrop, resize, type Transform } from '../../../src/data/transforms/index.ts'
import { encodePng } from '../../../src/image/encode.node.ts'
import { rgbImage } from '../../../src/image/image.ts'

const folder = mkdtempSync(join(tmpdir(), 'ocellus-loader-'))
const opened: CoreLoader[] = []
afterEach(() => {
  for (const loader of opened.splice(0)) loader.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

const pictures = new Dataset({
  inputs: { data: Uint8Array.from({ length: 50 * 8 * 8 * 3 }, (_, i) => (i * 31) & 255), shape: [50, 8, 8, 3] },
  labels: Int32Array.from({ length: 50 }, (_, i) => i % 5),
  classes: [...'abcde'],
})

const transforms = [randomCrop({ size: 8, padding: 2 }), horizontalFlip(), normalize({ mean: 0.5, deviation: 0.2 })]

function loaderOf(source: SampleSource, options: DataLoaderOptions): DataLoader {
  const loader = new DataLoader(source, options)
  opened.push(loader)
  return loader
}

async function taken(batches: AsyncIterable<Batch>): Promise<string> {
  const all: unknown[] = []
  for await (const { inputs, labels } of batches) all.push([inputs.shape, [...inputs.data], [...labels]])
  return JSON.stringify(all)
}

async function allOf(batches: AsyncIterable<Batch>): Promise<Batch[]> {
  const all: Batch[] = []
  for await (const batch of batches) all.push(batch)
  return all
}

describe('the batches', () => {
  it('are the same for any number of workers and any queue', async () => {
    const options = { batchSize: 16, seed: 4, epochs: 2 }
    const here = await taken(loaderOf(pictures, { transforms, seed: 1 }).batches(options))
    for (const more of [{ prefetch: 3 }, { workers: 1 }, { workers: 3, prefetch: 5 }]) {
      expect(await taken(loaderOf(pictures, { transforms, seed: 1, ...more }).batches(options))).toBe(here)
    }
    expect(await taken(loaderOf(pictures, { transforms, seed: 2 }).batches(options))).not.toBe(here)
  })

  it('hold each sample once per epoch, with its label, and differ between epochs', async () => {
    const loader = loaderOf(pictures, { transforms })
    const firsts: string[] = []
    for (const epoch of [0, 1]) {
      const labels: number[] = []
      for await (const batch of loader.batches({ batchSize: 12, epoch, order: 'sequential' })) {
        labels.push(...batch.labels)
        if (labels.length === 12) firsts.push(batch.inputs.data.join())
      }
      expect(labels).toEqual([...pictures.labels])
    }
    expect(firsts[0]).not.toBe(firsts[1])
  })

  it('go on from any position as if those before had been taken', async () => {
    const loader = loaderOf(pictures, { transforms, workers: 2 })
    const from = async (epoch: number, batch: number): Promise<string> => {
      const order = new Batches(50, { batchSize: 16, seed: 9 })
      order.seek({ epoch, batch })
      const count = 8 - epoch * 4 - batch
      const stream = loader.stream(order, { count })
      const found: string[] = []
      for (let i = 0; i < count; i++) found.push((await stream.next()).inputs.data.join())
      return found.slice(-3).join('\n')
    }
    expect(await from(1, 1)).toBe(await from(0, 0))
  })

  it('without transforms are those of the data set, bytes from 0 to 1', async () => {
    const [batch] = await allOf(loaderOf(pictures, {}).batches({ batchSize: 50, order: 'sequential' }))
    expect(batch?.inputs).toEqual(pictures.batch(Int32Array.from({ length: 50 }, (_, i) => i)).inputs)
  })

  it('carry targets that are no classes', async () => {
    const source = new Dataset({
      inputs: { data: new Float32Array(24), shape: [6, 2, 2, 1] },
      targets: { data: Float32Array.from({ length: 12 }, (_, i) => i), shape: [6, 2] },
    })
    const [batch] = await allOf(loaderOf(source, {}).batches({ batchSize: 2, order: 'sequential' }))
    expect(batch?.targets).toEqual({ data: Float32Array.of(0, 1, 2, 3), shape: [2, 2] })
  })

  it('take transforms of a module of one’s own into workers', async () => {
    const module = join(folder, 'own.mjs')
    writeFileSync(
      module,
      `export const halve = ({ by }) => ({ name: 'halve', options: { by }, module: import.meta.url,
        apply: (image) => ({ ...image, data: Float32Array.from(image.data, (value) => value / by) }) })`,
    )
    const { halve }: { halve(options: { by: number }): Transform } = await import(module)
    const options = { batchSize: 20 }
    const here = await taken(loaderOf(pictures, { transforms: [halve({ by: 2 })] }).batches(options))
    expect(await taken(loaderOf(pictures, { transforms: [halve({ by: 2 })], workers: 1 }).batches(options))).toBe(here)
  })
})

describe('the queue', () => {
  it('is bounded, begins nothing beyond the count, and nothing after the stream was closed', async () => {
    const begun: BatchJob[] = []
    class Counting extends CoreLoader {
      protected override createMaker() {
        const recipe = { source: pictures, transforms: [], seed: 0 }
        return {
          make: (job: BatchJob) => {
            begun.push(job)
            return makeBatch(recipe, job)
          },
          hold: () => () => {},
          close: () => {},
        }
      }
    }
    const stream = new Counting(pictures, { prefetch: 3 }).stream(new Batches(50, { batchSize: 5 }), { count: 6 })
    expect(begun).toHaveLength(0)
    await stream.next()
    expect(begun).toHaveLength(4)
    await stream.next()
    expect(begun).toHaveLength(5)
    await stream.next()
    await stream.next()
    expect(begun).toHaveLength(6)
    stream.close()
    await expect(stream.next()).rejects.toThrow('there are no more batches')
    expect(begun).toHaveLength(6)
  })

  it('ends with the reason of an abort signal, at once', async () => {
    const slow: SampleSource = {
      ...sourceParts(pictures),
      read: () => new Promise(() => {}),
    }
    const controller = new AbortController()
    const stream = new CoreLoader(slow).stream(new Batches(50, { batchSize: 5 }), {
      count: 1,
      signal: controller.signal,
    })
    const waiting = stream.next()
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(stream.next()).rejects.toThrow('enough')
  })
})

function sourceParts({ length, classes, labels, fingerprint }: Dataset) {
  return { length, classes, labels, fingerprint }
}

describe('damaged samples', () => {
  let files: ImageFolder

  /** 12 files in 2 classes, of which 2 are damaged. */
  async function damagedFolder(): Promise<ImageFolder> {
    const place = join(folder, 'damaged')
    for (const name of ['cat', 'dog']) {
      mkdirSync(join(place, name), { recursive: true })
      for (let i = 0; i < 6; i++) {
        const image = rgbImage(10, 6 + i, new Uint8Array(10 * (6 + i) * 3).fill(20 * i))
        writeFileSync(join(place, name, `${i}.png`), await encodePng(image))
      }
    }
    writeFileSync(join(place, 'cat', '3.png'), 'this is no picture')
    writeFileSync(join(place, 'dog', '5.png'), (await encodePng(rgbImage(40, 40))).subarray(0, 60))
    return openImageFolder(place)
  }

  it.each([0, 2])('are left out and named by their paths, with %i workers', async (workers) => {
    files ??= await damagedFolder()
    const loader = loaderOf(files, { transforms: [resize({ size: 8 })], onError: 'skip', workers })
    const labels: number[] = []
    const messages: string[] = []
    for await (const batch of loader.batches({ batchSize: 4, order: 'sequential' })) {
      expect(batch.inputs.shape).toEqual([batch.labels.length, 8, 8, 3])
      labels.push(...batch.labels)
      messages.push(...(batch.problems ?? []).map(({ message }) => message))
    }
    expect(labels).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    expect(messages).toHaveLength(2)
    expect(messages[0]).toBe(
      `${join(folder, 'damaged', 'cat', '3.png')} is not an image that can be read; the formats are JPEG, PNG, WebP and TIFF`,
    )
    expect(messages[1]).toContain(`${join(folder, 'damaged', 'dog', '5.png')} is a damaged or truncated PNG file`)
    expect(loader.problems.map(({ index }) => index)).toEqual([3, 11])
  })

  it.each([0, 2])('end the loading where that was chosen, with %i workers', async (workers) => {
    files ??= await damagedFolder()
    const loader = loaderOf(files, { transforms: [resize({ size: 8 })], workers })
    const loading = taken(loader.batches({ batchSize: 4, order: 'sequential' }))
    await expect(loading).rejects.toThrow(FormatError)
    await expect(loading).rejects.toThrow(
      /cat.3\.png is not an image that can be read.*; onError: 'skip' leaves such samples out/,
    )
  })

  it.each([0, 1])('are not what pictures of different sizes are, with %i workers', async (workers) => {
    files ??= await damagedFolder()
    const loader = loaderOf(files, { onError: 'skip', workers })
    await expect(taken(loader.batches({ batchSize: 4, order: 'sequential' }))).rejects.toThrow(
      new UsageError(
        'sample 1 has 7x10 pixels of 3 channels, others of its batch 6x10 of 3; add a transform that gives all one size, such as resize({ size: 224 })',
      ),
    )
  })

  it('a batch of nothing but damaged samples is empty', async () => {
    files ??= await damagedFolder()
    const loader = loaderOf(files.subset([3]), { transforms: [resize({ size: 8 })], onError: 'skip' })
    const [batch] = await allOf(loader.batches({ batchSize: 4 }))
    expect([batch?.labels.length, batch?.problems?.length]).toEqual([0, 1])
  })
})

describe('ends', () => {
  const script = (body: string) => `
    import { DataLoader, Dataset, horizontalFlip } from ${JSON.stringify(new URL('../../../src/data/index.node.ts', import.meta.url).href)}
    const data = new Dataset({ inputs: { data: new Uint8Array(64 * 12), shape: [64, 2, 2, 3] }, labels: new Int32Array(64), classes: ['a'] })
    const loader = new DataLoader(data, { workers: 2, transforms: [horizontalFlip()] })
    let seen = 0
    ${body}
    console.log('seen', seen)`

  async function run(name: string, body: string): Promise<{ code: number; output: string; milliseconds: number }> {
    const file = join(folder, `${name}.mts`)
    writeFileSync(file, script(body))
    const tsx = fileURLToPath(new URL('../../../node_modules/tsx/dist/loader.mjs', import.meta.url))
    const start = performance.now()
    const ran = promisify(execFile)(process.execPath, ['--import', tsx, file], { timeout: 50_000 })
    const { stdout, stderr, code } = await ran.then(
      ({ stdout, stderr }) => ({ stdout, stderr, code: 0 }),
      (error: { stdout: string; stderr: string; code: number }) => error,
    )
    return { code, output: stdout + stderr, milliseconds: performance.now() - start }
  }

  it('a process ends by itself after all batches, after a loop that was left, and after an error', async () => {
    const [all, left, failed] = await Promise.all([
      run('all', 'for await (const { labels } of loader.batches({ batchSize: 8, epochs: 2 })) seen += labels.length'),
      run('left', 'for await (const { labels } of loader.batches({ batchSize: 8 })) { seen += labels.length; break }'),
      run('failed', "for await (const _ of loader.batches({ batchSize: 8 })) throw new Error('somewhere else')"),
    ])
    expect([all.output.trim(), all.code]).toEqual(['seen 128', 0])
    expect([left.output.trim(), left.code]).toEqual(['seen 8', 0])
    expect(failed.output).toContain('somewhere else')
    expect(failed.code).toBe(1)
    // Sooner than idle threads would end by themselves.
    for (const { milliseconds } of [all, left, failed]) expect(milliseconds).toBeLessThan(9_500)
  })

  it('closing while batches are made rejects them, and a closed loader starts again', async () => {
    const loader = loaderOf(pictures, { transforms, workers: 1 })
    const stream = loader.stream(new Batches(50, { batchSize: 10 }), { count: 5 })
    const waiting = stream.next()
    loader.close()
    await expect(waiting).rejects.toThrow('the loader was closed while batches were being made')
    expect(await taken(loader.batches({ batchSize: 50 }))).toContain('[50,8,8,3]')
  })
})

describe('a worker', () => {
  it('that ends, or cannot make a transform, is an error of the batch; the next batches are made by new ones', async () => {
    const module = join(folder, 'ending.mjs')
    writeFileSync(
      module,
      `import { existsSync, writeFileSync } from 'node:fs'
      export const ending = ({ mark }) => ({ name: 'ending', options: { mark }, module: import.meta.url, apply: (image) => {
        if (!existsSync(mark)) { writeFileSync(mark, ''); process.exit(3) }
        return image
      } })`,
    )
    const { ending }: { ending(options: { mark: string }): Transform } = await import(module)
    const loader = loaderOf(pictures, { transforms: [ending({ mark: join(folder, 'mark') })], workers: 1 })
    await expect(taken(loader.batches({ batchSize: 10 }))).rejects.toThrow(
      new OcellusError('a thread that loads data has ended (exit code 3); use fewer workers, or 0 to see where'),
    )
    expect(await taken(loader.batches({ batchSize: 50 }))).toContain('[50,8,8,3]')
    const own: Transform = { name: 'own', options: {}, apply: (image) => image }
    await expect(
      taken(loaderOf(pictures, { transforms: [own], workers: 1 }).batches({ batchSize: 10 })),
    ).rejects.toThrow("the transform 'own' is none of this package")
    const lost: Transform = { ...own, name: 'lost', module: pathToFileURL(join(folder, 'lost.mjs')).href }
    await expect(
      taken(loaderOf(pictures, { transforms: [lost], workers: 1 }).batches({ batchSize: 10 })),
    ).rejects.toThrow(
      /^the transform 'lost' cannot be loaded from file:.*lost\.mjs: .*; workers run JavaScript as it is/,
    )
  })
})

describe('options that make no sense', () => {
  it.each([
    [() => new DataLoader(pictures, { workers: -1 }), 'workers must be a whole number from 0 to 64, not -1'],
    [() => new DataLoader(pictures, { prefetch: 0.5 }), 'prefetch must be a whole number of 0 or more, not 0.5'],
    [() => new DataLoader(pictures, { seed: -1 }), 'seed must be a whole number from 0 to 4294967295, not -1'],
    [
      () => new DataLoader({ ...sourceParts(pictures), read: (index) => pictures.read(index) }, { workers: 1 }),
      'this source of samples cannot be read by other threads (it has no share()); use 0 workers',
    ],
  ])('%s', (make, message) => expect(make).toThrow(new UsageError(message)))

  it('rows of numbers are no pictures', async () => {
    await expect(taken(loaderOf(pictures.flatten(), {}).batches({ batchSize: 5 }))).rejects.toThrow(
      'a loader takes pictures [N, height, width, channels], not samples of shape [192]',
    )
  })
})
