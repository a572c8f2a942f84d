// `ocellus data`: downloads from a server on this machine, which breaks off, lies and is not there; and what is listed.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { byteBar, showBytes } from '../../../src/cli/data/byte-progress.ts'
import { describeAll, describeOne } from '../../../src/cli/data/describe.ts'
import { download } from '../../../src/cli/data/download.ts'
import { getDataset } from '../../../src/cli/data/get.ts'
import { FormatError, OcellusError, UsageError } from '../../../src/core/errors.ts'
import { nist26, type PublishedSet, publishedSets } from '../../../src/data/published.ts'
import { cifar100 } from '../../../src/data/published-cifar.ts'
import { tarOf } from '../data/tar.ts'

const root = mkdtempSync(join(tmpdir(), 'ocellus-get-'))
const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 9)) & 255))
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

type Answer = (request: IncomingMessage, response: ServerResponse) => void
let answer: Answer
let requests: string[] = []
let server: Server
let base = ''

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.headers.range ?? 'all')
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(root, { recursive: true })
})

let folder = ''
beforeEach(() => {
  requests = []
  answer = serve(content)
  folder = mkdtempSync(join(root, 'data-'))
})

/** Serves bytes, from a range on where that is asked for; at most `most` of them, then breaks the connection. */
function serve(bytes: Uint8Array, most = Infinity): Answer {
  return (request, response) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const rest = bytes.subarray(from)
    const headers = {
      'Content-Length': rest.length,
      'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    }
    response.writeHead(from > 0 ? 206 : 200, headers)
    if (rest.length <= most) response.end(rest)
    else response.write(rest.subarray(0, most), () => setTimeout(() => response.destroy(), 30))
  }
}

function get(options: Partial<Parameters<typeof download>[0]> = {}): Promise<void> {
  return download({
    url: `${base}/file.bin`,
    path: join(folder, 'set', 'file.bin'),
    bytes: content.length,
    md5: md5(content),
    signal: new AbortController().signal,
    progress: () => {},
    ...options,
  })
}

const whole = (): boolean => readFileSync(join(folder, 'set', 'file.bin')).equals(content)

describe('a download', () => {
  it('puts the file in its place, tells its progress, and does nothing the second time', async () => {
    const told: number[] = []
    await get({ progress: (bytes) => told.push(bytes) })
    expect(whole()).toBe(true)
    expect(told.at(-1)).toBe(content.length)
    expect(readdirSync(join(folder, 'set'))).toEqual(['file.bin'])
    await get()
    expect(requests).toEqual(['all'])
  })

  it('goes on by itself where the connection broke', async () => {
    answer = serve(content, 120_000)
    await get()
    expect(whole()).toBe(true)
    expect(requests).toEqual(['all', 'bytes=120000-', 'bytes=240000-'])
  })

  it('goes on in a later call, from what came before', async () => {
    let count = 0
    answer = (request, response) => {
      if (count++ === 0) serve(content, 100_000)(request, response)
      else response.destroy()
    }
    await expect(get()).rejects.toThrow(
      /the connection broke after 100000 of 300000 bytes \(.+\); the same command goes on from there/,
    )
    expect(readdirSync(join(folder, 'set'))).toEqual(['file.bin.part'])
    answer = serve(content)
    await get()
    expect(whole()).toBe(true)
    expect(requests.at(-1)).toBe('bytes=100000-')
  })

  it('begins anew where the server knows no ranges, or has another file by now', async () => {
    mkdirSync(join(folder, 'set'))
    writeFileSync(join(folder, 'set', 'file.bin.part'), content.subarray(0, 1000))
    answer = (_, response) => response.end(content)
    await get()
    expect(whole()).toBe(true)
    rmSync(join(folder, 'set', 'file.bin'))
    writeFileSync(join(folder, 'set', 'file.bin.part'), Buffer.alloc(content.length + 5))
    await get()
    expect(whole()).toBe(true)
  })

  it('is refused where the checksum is wrong, and nothing of it is left', async () => {
    const wrong = Buffer.from(content)
    wrong[5] = 0
    answer = serve(wrong)
    await expect(get()).rejects.toThrow(
      new OcellusError(
        `${base}/file.bin is not what was published: its MD5 checksum should be ${md5(content)}; what came was removed, try again later`,
      ),
    )
    expect(readdirSync(join(folder, 'set'))).toEqual([])
  })

  it('is stopped where more comes than was published', async () => {
    await expect(get({ bytes: 1000 })).rejects.toThrow('more than the 1000 bytes that it should have come')
  })

  it.each([
    [404, 'Not Found'],
    [500, 'Internal Server Error'],
  ])('says that the server answers %i', async (status, text) => {
    answer = (_, response) => {
      response.writeHead(status)
      response.end('no')
    }
    await expect(get()).rejects.toThrow(
      new OcellusError(`${base}/file.bin cannot be downloaded: the server answers ${status} ${text}`),
    )
    expect(requests).toHaveLength(1)
  })

  it('says what to do where there is no network', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    await expect(get({ url: `http://127.0.0.1:${port}/file.bin` })).rejects.toThrow(
      new OcellusError(
        `http://127.0.0.1:${port}/file.bin cannot be reached (ECONNREFUSED): try again with a network, or download it elsewhere, ` +
          `put it into ${join(folder, 'set')} as file.bin, and give the same command`,
      ),
    )
  })

  it('takes a file that was put there, unless it is another', async () => {
    mkdirSync(join(folder, 'set'))
    writeFileSync(join(folder, 'set', 'file.bin'), content)
    await get()
    writeFileSync(join(folder, 'set', 'file.bin'), 'another')
    await expect(get()).rejects.toThrow('is not the file that was published (its checksum is wrong); remove it')
    expect(requests).toEqual([])
  })

  it('stops on a signal, and keeps what has come', async () => {
    const controller = new AbortController()
    answer = (_, response) => {
      response.writeHead(200, { 'Content-Length': content.length })
      response.write(content.subarray(0, 50_000))
    }
    const getting = get({ signal: controller.signal, progress: (bytes) => bytes === 50_000 && controller.abort() })
    await expect(getting).rejects.toThrow('This operation was aborted')
    expect(readFileSync(join(folder, 'set', 'file.bin.part'))).toHaveLength(50_000)
    answer = serve(content)
    await get()
    expect(whole()).toBe(true)
  })
})

/** A set whose downloads come from this server. */
function setOf(archive: Uint8Array, kind: 'tar.gz' | 'zip' | undefined): PublishedSet {
  const unpack = { kind: kind ?? 'zip', files: (path: string) => /^bin\/(\w+[.]bin)$/.exec(path)?.[1] }
  return {
    ...cifar100,
    name: 'test-set',
    folder: 'test-set',
    files: { train: 'train.bin', test: 'test.bin' },
    downloads: [
      {
        url: `${base}/${kind === undefined ? 'train.bin' : `archive.${kind}`}`,
        bytes: archive.length,
        md5: md5(archive),
        ...(kind === undefined ? {} : { unpack }),
      },
    ],
  }
}

async function getSet(set: PublishedSet, keepArchive = false): Promise<string[]> {
  const lines: string[] = []
  const stream = { write: () => {} }
  const { signal } = new AbortController()
  await getDataset(set, { folder, keepArchive, signal, say: (line) => lines.push(line), stream })
  return lines
}

describe('getting a set', () => {
  const files = {
    'bin/train.bin': Buffer.from('train'),
    'bin/test.bin': Buffer.from('test'),
    'bin/readme.html': Buffer.from('no'),
    '../../escaped.bin': Buffer.from('out'),
    '/etc/bin/train.bin': Buffer.from('out'),
  }

  it('unpacks a tar archive, takes the files it wants alone, and removes the archive', async () => {
    const archive = gzipSync(tarOf(files))
    answer = serve(archive)
    const lines = await getSet(setOf(archive, 'tar.gz'))
    expect(readdirSync(join(folder, 'test-set')).sort()).toEqual(['test.bin', 'train.bin'])
    expect(readFileSync(join(folder, 'test-set', 'train.bin'), 'utf8')).toBe('train')
    expect(readdirSync(folder).sort()).toEqual(['downloads', 'test-set'])
    expect(readdirSync(join(folder, 'downloads'))).toEqual([])
    expect(existsSync(join(root, 'escaped.bin'))).toBe(false)
    expect(lines[1]).toBe(`Licence: ${cifar100.licence}`)
    expect(lines.slice(2)).toEqual([
      'archive.tar.gz: 0.2 kB, checksum right',
      '2 files unpacked',
      `test-set is there: ${join(folder, 'test-set')}`,
    ])
    expect(await getSet(setOf(archive, 'tar.gz'))).toEqual([`test-set is there: ${join(folder, 'test-set')}`])
    expect(requests).toHaveLength(1)
  })

  it('unpacks a zip archive into a folder that has some of the files', async () => {
    const archive = Buffer.from(
      zipSync({ 'bin/train.bin': files['bin/train.bin'], 'bin/test.bin': files['bin/test.bin'] }),
    )
    answer = serve(archive)
    mkdirSync(join(folder, 'test-set'))
    writeFileSync(join(folder, 'test-set', 'notes.txt'), 'mine')
    await getSet(setOf(archive, 'zip'), true)
    expect(readdirSync(join(folder, 'test-set')).sort()).toEqual(['notes.txt', 'test.bin', 'train.bin'])
    expect(readdirSync(join(folder, 'downloads'))).toEqual(['archive.zip'])
  })

  it('leaves nothing behind where the archive is damaged, or of something else', async () => {
    const tar = tarOf(files)
    const damaged = gzipSync(tar.subarray(0, 1000))
    answer = serve(damaged)
    await expect(getSet(setOf(damaged, 'tar.gz'))).rejects.toThrow(
      /archive.tar.gz: bin\/train.bin: the data are cut off after 1000 bytes/,
    )
    const other = gzipSync(tarOf({ 'other.bin': Buffer.from('x') }))
    answer = serve(other)
    rmSync(join(folder, 'downloads'), { recursive: true })
    await expect(getSet(setOf(other, 'tar.gz'))).rejects.toThrow(
      new FormatError(`${join(folder, 'downloads', 'archive.tar.gz')}: none of the data set's files is in the archive`),
    )
    expect(readdirSync(folder)).toEqual(['downloads'])
  })

  it('says where the files of a set belong that nobody offers', async () => {
    await expect(getSet(nist26)).rejects.toThrow(
      new UsageError(
        `nist26 cannot be downloaded; its files ${nist26.source}; put nist26_valid.mat into ${join(folder, 'nist26')}`,
      ),
    )
  })
})

describe('the known sets', () => {
  it('have addresses, sizes and checksums that can be right', () => {
    for (const { name, downloads, files, homepage } of publishedSets) {
      expect(homepage, name).toMatch(/^https?:\/\//)
      for (const { url, bytes, md5, unpack } of downloads) {
        expect(url, name).toMatch(/^https?:\/\//)
        expect(md5, name).toMatch(/^[0-9a-f]{32}$/)
        expect(bytes, name).toBeGreaterThan(4000)
        if (unpack === undefined) expect(Object.values(files), name).toContain(url.slice(url.lastIndexOf('/') + 1))
        for (const path of ['../x.bin', '/etc/x.bin', 'cifar-10-batches-bin/../x.bin', 'jpg/../image_0001.jpg']) {
          expect(unpack?.files(path), `${name} ${path}`).toBeUndefined()
        }
      }
    }
  })

  it('find their files in the archives as these are published', () => {
    const find = (name: string, path: string): string | undefined =>
      publishedSets.find((set) => set.name === name)?.downloads[0]?.unpack?.files(path)
    expect(find('cifar10', 'cifar-10-batches-bin/data_batch_5.bin')).toBe('data_batch_5.bin')
    expect(find('cifar100', 'cifar-100-binary/test.bin')).toBe('test.bin')
    expect(find('emnist-letters', 'gzip/emnist-letters-test-images-idx3-ubyte.gz')).toBe(
      'emnist-letters-test-images-idx3-ubyte.gz',
    )
    expect(find('emnist-letters', 'gzip/emnist-digits-test-images-idx3-ubyte.gz')).toBeUndefined()
    expect([find('flowers17', 'jpg/image_0080.jpg'), find('flowers17', 'jpg/image_0081.jpg')]).toEqual([
      '0/image_0080.jpg',
      '1/image_0081.jpg',
    ])
    expect(find('flowers17', 'jpg/image_1360.jpg')).toBe('16/image_1360.jpg')
  })

  it('are listed and described with what is there', async () => {
    mkdirSync(join(folder, 'mnist'))
    writeFileSync(join(folder, 'mnist', 'train-images-idx3-ubyte'), 'x')
    const list = await describeAll({ folder, format: 'text' })
    expect(list).toMatch(/^characters +with the package +letters and digits/m)
    expect(list).toMatch(/^mnist +partly there +60,000 and 10,000 handwritten digits/m)
    expect(list).toMatch(/^cifar10 +not there/m)
    expect(list).toMatch(/^name +state +contents$/m)
    const narrow = (await describeAll({ folder, format: 'text' }, 80)).split('\n')
    expect(narrow.slice(0, narrow.indexOf('')).filter((line) => line.length > 80)).toEqual([])
    const info = await describeOne('mnist', { folder, format: 'text' })
    expect(info).toMatch(/missing +train-labels-idx1-ubyte.gz/)
    expect(info).not.toMatch(/missing +train-images/)
    expect(info).toMatch(/licence +CC BY-SA 3.0/)
    expect(info).toMatch(/MD5 +f68b3c2dcbeaaa9fbdd348bbdeb94873/)
    const parsed: { sets: { name: string; state: string }[] } = JSON.parse(
      await describeAll({ folder, format: 'json' }),
    )
    expect(parsed.sets.find(({ name }) => name === 'mnist')?.state).toBe('partly')
    await expect(describeOne('minst', { folder, format: 'text' })).rejects.toThrow("there is no data set 'minst'")
  })
})

describe('the bar', () => {
  it('shows how much, how fast and how long, and is no wider than the terminal', () => {
    const state = { name: 'gzip.zip', bytes: 120e6, total: 480e6, rate: 12e6, width: 80 }
    const bar = byteBar(state)
    expect(bar).toMatch(/^gzip\.zip ━+─+ 120 MB of 480 MB {2}12 MB\/s {2}0:30 left$/)
    for (const width of [10, 30, 60, 80, 200]) expect(byteBar({ ...state, width }).length).toBeLessThan(width)
  })

  it('is drawn in a terminal only', () => {
    const written: string[] = []
    const stream = { write: (text: string) => written.push(text), isTTY: true, columns: 80 }
    showBytes({ ...stream, isTTY: false }, 'a', 10).show(5)
    expect(written).toEqual([])
    const bar = showBytes(stream, 'a', 10)
    bar.show(5)
    bar.end()
    expect(written.join('')).toContain('of')
    expect(written.at(-1)).toBe('\r\x1b[2K')
  })
})
