// `ocellus read`: texts, JSON, pictures with boxes, and one sentence for each file that cannot be read.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32, deflateSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeRgb, readImageHeader } from '../../../src/image/index.node.ts'
import { ocellus, temporaryFolder } from './command-line.ts'

const folder = temporaryFolder()
const sample = fileURLToPath(new URL('../../../assets/pages/sample.jpg', import.meta.url))
const text = readFileSync(new URL('../../../assets/pages/sample.txt', import.meta.url), 'utf8').trimEnd()
const network = ['--model', 'small']

/** A network that has seen ten letters of each class a few times, enough to read a clean page for the most part. */
beforeAll(async () => {
  const flags = ['--limit', '360', '--epochs', '8', '--optimizer', 'adamw', '--hidden', '64', '--activation', 'relu']
  const { code, stderr } = await ocellus(['train', ...flags, '--out', 'small'], { folder })
  expect(code, stderr).toBe(0)
})

function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(12 + data.length)
  chunk.writeUInt32BE(data.length, 0)
  chunk.write(type, 4, 'latin1')
  chunk.set(data, 8)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length)
  return chunk
}

/** A PNG file that claims a size, with next to no pixels in it. */
function pngOfSize(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(new Uint8Array(100))),
    pngChunk('IEND', new Uint8Array(0)),
  ])
}

describe('a page', () => {
  it('as text has its lines, and most of its letters right', async () => {
    const { code, stdout } = await ocellus(['read', sample, ...network], { folder })
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line) => line.length)).toEqual(text.split('\n').map((line) => line.length))
    const right = [...stdout].filter((character, i) => character !== ' ' && character === [...text][i]).length
    expect(right / text.replace(/\s/g, '').length).toBeGreaterThan(0.5)
  })

  it('is read whole with the weights of the package', async () => {
    expect(await ocellus(['read', sample], { folder })).toEqual({ code: 0, stdout: `${text}\n`, stderr: '' })
  })

  it('as JSON is page > lines > words > glyphs, each box inside the one around it, and its text made of theirs', async () => {
    const { stdout } = await ocellus(['read', sample, ...network, '--format', 'json', '--boxes', 'boxes.png'], {
      folder,
    })
    const page = JSON.parse(stdout)
    const { width, height } = await readImageHeader(sample)
    expect([page.file, page.width, page.height]).toEqual([sample, width, height])
    const inside = (inner: number[], outer: number[]): boolean =>
      inner[0]! >= outer[0]! && inner[1]! >= outer[1]! && inner[2]! <= outer[2]! && inner[3]! <= outer[3]!
    const textsOf = (parts: { text: string }[], separator: string): string =>
      parts.map((part) => part.text).join(separator)
    expect(page.text).toBe(textsOf(page.lines, '\n'))
    expect(inside(page.box, [0, 0, height, width])).toBe(true)
    for (const line of page.lines) {
      expect(line.text).toBe(textsOf(line.words, ' '))
      expect(inside(line.box, page.box)).toBe(true)
      for (const word of line.words) {
        expect(word.text).toBe(textsOf(word.glyphs, ''))
        expect(inside(word.box, line.box)).toBe(true)
        for (const glyph of word.glyphs) {
          expect(inside(glyph.box, word.box)).toBe(true)
          expect(glyph.confidence >= 0 && glyph.confidence <= 1).toBe(true)
        }
      }
    }
    const overlay = await decodeRgb(join(folder, 'boxes.png'))
    expect([overlay.width, overlay.height]).toEqual([width, height])
    const original = await decodeRgb(sample)
    const [top, left] = page.lines[0].words[0].glyphs[0].box
    const pixel = (picture: Uint8Array): number[] => [0, 1, 2].map((i) => picture[3 * ((top - 1) * width + left) + i]!)
    expect(pixel(overlay.data)).not.toEqual(pixel(original.data))
  })

  it('without writing gives no text and a note', async () => {
    const { default: sharp } = await import('sharp')
    await sharp({ create: { width: 300, height: 200, channels: 3, background: '#eeeeee' } })
      .png()
      .toFile(join(folder, 'blank.png'))
    const { code, stdout, stderr } = await ocellus(['read', 'blank.png', ...network], { folder })
    expect([code, stdout, stderr]).toEqual([0, '', 'ocellus: blank.png: no writing was found\n'])
  })
})

describe('files that cannot be read', () => {
  beforeAll(() => {
    mkdirSync(join(folder, 'a-folder'))
    writeFileSync(join(folder, 'empty.jpg'), '')
    writeFileSync(join(folder, 'text.png'), 'This is no picture.')
    writeFileSync(join(folder, 'cut.jpg'), readFileSync(sample).subarray(0, 60_000))
    writeFileSync(join(folder, 'zero.png'), pngOfSize(0, 0))
    writeFileSync(join(folder, 'huge.png'), pngOfSize(100_000, 100_000))
  })

  it('are one sentence each; the others are read all the same', async () => {
    const files = ['missing.jpg', 'a-folder', 'empty.jpg', 'text.png', 'cut.jpg', 'zero.png', 'huge.png']
    const { code, stdout, stderr } = await ocellus(['read', ...files, sample, ...network], { folder })
    expect(code).toBe(1)
    const sentences = stderr.trimEnd().split('\n')
    expect(sentences).toHaveLength(files.length)
    for (const [i, file] of files.entries()) expect(sentences[i]).toMatch(new RegExp(`^ocellus: ${file} `))
    expect(sentences.slice(0, 4)).toEqual([
      'ocellus: missing.jpg does not exist',
      'ocellus: a-folder is a folder, not an image file',
      'ocellus: empty.jpg is empty',
      'ocellus: text.png is not an image that can be read; the formats are JPEG, PNG, WebP and TIFF',
    ])
    expect(sentences[4]).toMatch(/damaged or truncated JPEG/)
    expect(sentences[6]).toMatch(/claims 100000x100000 pixels, more than the limit of 200 megapixels/)
    expect(stdout.startsWith(`\n==> ${sample} <==\n`)).toBe(true)
  })

  it('leave an array of the others as JSON', async () => {
    const { code, stdout } = await ocellus(['read', 'empty.jpg', sample, ...network, '--format', 'json'], { folder })
    expect(code).toBe(1)
    expect(JSON.parse(stdout).map(({ file }: { file: string }) => file)).toEqual([sample])
  })

  it('models and places for pictures that do not work are one sentence', async () => {
    const sentences = [
      [1, ['--model', 'text.png'], /^ocellus: text\.png: .*safetensors/],
      [1, ['--model', 'nothing'], /^ocellus: .*nothing/],
      [1, [...network, '--boxes', 'empty.jpg/boxes.png'], /^ocellus: empty\.jpg\/boxes\.png cannot be written/],
      [
        2,
        ['text.png', ...network, '--boxes', 'one.png'],
        /^ocellus: --boxes one\.png is one file, but there are 2 images/,
      ],
    ] as const
    for (const [exitCode, flags, sentence] of sentences) {
      const { code, stderr } = await ocellus(['read', sample, ...flags], { folder })
      expect(code).toBe(exitCode)
      expect(stderr).toMatch(sentence)
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    }
  })

  it('nothing but what was asked for has been written', () => {
    const made = ['a-folder', 'blank.png', 'cut.jpg', 'empty.jpg', 'huge.png', 'text.png', 'zero.png']
    expect(readdirSync(folder).sort()).toEqual([...made, 'boxes.png', 'small'].sort())
  })
})
