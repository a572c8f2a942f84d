// Folders of images: classes, parts, order, what is passed over, and what is said of folders that are none.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { FormatError, UsageError } from '../../../src/core/errors.ts'
import { openImageFolder, openImageFolderParts } from '../../../src/data/image-folder.node.ts'
import { loadDataset } from '../../../src/data/load.node.ts'
import { loadCodec } from '../../../src/image/codec.node.ts'

const root = mkdtempSync(join(tmpdir(), 'ocellus-folder-'))
afterAll(() => rmSync(root, { recursive: true }))

type Format = 'png' | 'webp' | 'jpeg'

/** One colour, 4 wide and 3 high. */
async function picture(format: Format, shade: number): Promise<Uint8Array> {
  const sharp = await loadCodec()
  const raw = sharp(new Uint8Array(36).fill(shade), { raw: { width: 4, height: 3, channels: 3 } })
  return raw.toFormat(format, format === 'jpeg' ? { quality: 100 } : { lossless: true }).toBuffer()
}

async function put(path: string, shade: number, format: Format = 'png'): Promise<void> {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), await picture(format, shade))
}

describe('a folder per class', () => {
  it('gives classes and files by name, at any depth, in three formats, and passes over all else', async () => {
    await put('plain/dog/b.PNG', 10)
    await put('plain/dog/a.jpg', 20, 'jpeg')
    await put('plain/Cat/deep/er/c.webp', 30, 'webp')
    await put('plain/Cat/.hidden.png', 40)
    writeFileSync(join(root, 'plain/dog/notes.txt'), 'no picture')
    writeFileSync(join(root, 'plain/readme.md'), 'no class')
    const folder = await openImageFolder(join(root, 'plain'))
    expect(folder.classes).toEqual(['Cat', 'dog'])
    expect(folder.paths.map((path) => path.slice(root.length + 7))).toEqual([
      'Cat/deep/er/c.webp',
      'dog/a.jpg',
      'dog/b.PNG',
    ])
    expect([...folder.labels]).toEqual([0, 1, 1])
    const read = await Promise.all([0, 1, 2].map((i) => folder.read(i)))
    for (const { height, width, channels } of read) expect([height, width, channels]).toEqual([3, 4, 3])
    expect(read.map(({ data }) => data[0])).toEqual([30, 20, 10])
    const gray = await openImageFolder(join(root, 'plain'), { channels: 1 })
    expect((await gray.read(0)).data).toEqual(new Uint8Array(12).fill(30))
  })

  it('has numbered classes in the order of their numbers', async () => {
    for (const name of ['10', '9', '0']) await put(`numbers/${name}/x.png`, 1)
    expect((await openImageFolder(join(root, 'numbers'))).classes).toEqual(['0', '9', '10'])
  })

  it('is split and thinned out by class', async () => {
    for (const name of ['a', 'b']) for (let i = 0; i < 8; i++) await put(`many/${name}/${i}.png`, i)
    const folder = await openImageFolder(join(root, 'many'))
    const [train, valid] = folder.split([0.75, 0.25], { seed: 2 })
    expect([train.length, ...valid.labels]).toEqual([12, 0, 0, 1, 1])
    expect(new Set([...train.paths, ...valid.paths]).size).toBe(16)
    expect([...folder.take(4).labels]).toEqual([0, 0, 1, 1])
    expect(folder.fingerprint).not.toEqual(train.fingerprint)
    expect(folder.fingerprint).toEqual((await openImageFolder(join(root, 'many'))).fingerprint)
  })

  it('follows links to images and to classes, but not round in circles', async () => {
    await put('links/real/a.png', 1)
    symlinkSync(join(root, 'links/real'), join(root, 'links/linked'))
    symlinkSync(join(root, 'links/real/a.png'), join(root, 'links/real/b.png'))
    symlinkSync(join(root, 'links'), join(root, 'links/real/circle'))
    symlinkSync(join(root, 'nothing.png'), join(root, 'links/real/c.png'))
    const folder = await openImageFolder(join(root, 'links'))
    expect([folder.classes, folder.length]).toEqual([['linked', 'real'], 6])
    await expect(folder.read(5)).rejects.toThrow(`${join(root, 'links/real/c.png')} does not exist`)
  })

  it('names the file that cannot be decoded', async () => {
    mkdirSync(join(root, 'bad/a'), { recursive: true })
    writeFileSync(join(root, 'bad/a/x.jpg'), (await picture('jpeg', 7)).subarray(0, 100))
    const folder = await openImageFolder(join(root, 'bad'))
    await expect(folder.read(0)).rejects.toThrow(FormatError)
    await expect(folder.read(0)).rejects.toThrow(join(root, 'bad/a/x.jpg'))
    await expect(folder.read(1)).rejects.toThrow('sample 1 does not exist')
  })

  it.each([
    ['nowhere', 'does not exist; give a folder of images'],
    ['plain/readme.md', 'is no folder; give a folder of images'],
    ['plain/dog', 'has no images in folders: put them there as CLASS/image.jpg'],
    ['parts', 'has parts, test, train, val: open it with openImageFolderParts'],
  ])('%s: says what is wrong', async (name, message) => {
    for (const part of ['train/a', 'train/b', 'val/b', 'test/a']) await put(`parts/${part}/x.png`, 1)
    await expect(openImageFolder(join(root, name))).rejects.toThrow(UsageError)
    await expect(openImageFolder(join(root, name))).rejects.toThrow(message)
  })
})

describe('folders of parts', () => {
  it('have the classes of train, also where a part lacks one', async () => {
    for (const part of ['train/a', 'train/b', 'val/b', 'test/a']) await put(`parts/${part}/x.png`, 1)
    const { train, valid, test } = await openImageFolderParts(join(root, 'parts'))
    expect([train.classes, valid?.classes, test?.classes]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ])
    expect([...train.labels, ...(valid?.labels ?? []), ...(test?.labels ?? [])]).toEqual([0, 1, 1, 0])
  })

  it('are refused where a part has a class that train lacks, or there is no train', async () => {
    await put('odd/train/a/x.png', 1)
    await put('odd/test/c/x.png', 1)
    await expect(openImageFolderParts(join(root, 'odd'))).rejects.toThrow(
      `${join(root, 'odd', 'test', 'c')} is a class that ${join(root, 'odd', 'train')} does not have`,
    )
    await expect(openImageFolderParts(join(root, 'plain'))).rejects.toThrow('has no folder train')
  })

  it('flowers17 is loaded as its parts, or split where it has none', async () => {
    for (const part of ['train', 'val', 'test'])
      for (const name of ['0', '1']) await put(`data/flowers17/${part}/${name}/x.png`, 1)
    const parts = await loadDataset('flowers17', { folder: join(root, 'data') })
    expect([parts.train.length, parts.valid.length, parts.test.length]).toEqual([2, 2, 2])
    for (const name of ['0', '1']) for (let i = 0; i < 8; i++) await put(`flat/flowers17/${name}/${i}.png`, 1)
    const split = await loadDataset('flowers17', { folder: join(root, 'flat') })
    expect([split.train.length, split.valid.length, split.test.length]).toEqual([8, 4, 4])
    await expect(loadDataset('flowers17', { folder: root })).rejects.toThrow(
      "the data set 'flowers17' is not there: run: ocellus data get flowers17, or put its folders of images into",
    )
  })
})
