// Image files: what comes out of good ones (values by Pillow), and what is said of bad ones.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { FormatError, OcellusError } from '../../../src/core/errors.ts'
import {
  binaryImage,
  decodeGray,
  decodeRgb,
  encodePng,
  grayImage,
  readImageHeader,
  rgbImage,
  rotate,
  toGray,
  writePng,
} from '../../../src/image/index.node.ts'
import { fixtures, largestError, reference, rgbOf, valuesOf } from '../../reference/image/reference.ts'

const folder = mkdtempSync(join(tmpdir(), 'ocellus-image-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const pathOf = (name: string): string => new URL(name, fixtures).pathname
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(pathOf(name)))
const smooth = rgbOf(reference.files.rgb)

describe('good files', () => {
  it.each(['rgb.png', 'rgb.webp', 'rgb.tiff'])('%s is decoded without loss, from path and from bytes', async (name) => {
    expect(await decodeRgb(pathOf(name))).toEqual(smooth)
    expect(await decodeRgb(bytesOf(name))).toEqual(smooth)
    expect(await decodeGray(pathOf(name))).toEqual(toGray(smooth))
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i is applied', async (orientation) => {
    const path = pathOf(`orientation-${orientation}.jpg`)
    const upright = rgbOf(reference.files.upright[orientation - 1]!)
    const decoded = await decodeRgb(path)
    expect([decoded.width, decoded.height]).toEqual([upright.width, upright.height])
    // Two JPEG decoders may round differently.
    expect(largestError(decoded.data, upright.data)).toBeLessThanOrEqual(2)
    expect(largestError((await decodeGray(path)).data, toGray(upright).data)).toBeLessThanOrEqual(2)
    const header = await readImageHeader(path)
    expect(header).toEqual({ format: 'jpeg', width: upright.width, height: upright.height, orientation })
  })

  it('a large JPEG is turned whole, and refused when cut', async () => {
    const [width, height] = [1300, 900]
    const pixels = Uint8Array.from(
      { length: width * height },
      (_, i) => ((i % width) * 7 + Math.floor(i / width) * 3) % 251,
    )
    const lying = sharp(pixels, { raw: { width, height, channels: 1 } }).toColourspace('b-w')
    const jpeg = new Uint8Array(await lying.clone().jpeg({ quality: 90 }).withMetadata({ orientation: 6 }).toBuffer())
    const plain = new Uint8Array(await lying.clone().jpeg({ quality: 90 }).toBuffer())
    const upright = await decodeGray(jpeg)
    expect([upright.width, upright.height]).toEqual([height, width])
    // Orientation 6 is a quarter turn clockwise.
    const turned = rotate(await decodeGray(plain), { degrees: -90, expand: true })
    expect(largestError(upright.data, turned.data)).toBe(0)
    await expect(decodeGray(jpeg.subarray(0, jpeg.length - 2000), { name: 'cut.jpg' })).rejects.toThrow(
      /cut\.jpg is a damaged/,
    )
  })

  it('gray, 16-bit, two-level, palette, progressive and CMYK files', async () => {
    const red = smooth.data.filter((_, i) => i % 3 === 0)
    expect((await decodeGray(pathOf('gray.png'))).data).toEqual(red)
    expect((await decodeRgb(pathOf('gray.png'))).data).toEqual(
      Uint8Array.from(smooth.data, (_, i) => red[Math.floor(i / 3)]!),
    )
    expect((await decodeGray(pathOf('gray16.png'))).data).toEqual(red)
    expect((await decodeGray(pathOf('bilevel.png'))).data).toEqual(red.map((value) => (value > 120 ? 255 : 0)))
    expect((await decodeRgb(pathOf('palette.png'))).data).toEqual(valuesOf(reference.files.palette))
    expect(
      largestError((await decodeGray(pathOf('gray.jpg'))).data, valuesOf(reference.files.grayJpeg)),
    ).toBeLessThanOrEqual(2)
    expect(largestError((await decodeRgb(pathOf('progressive.jpg'))).data, smooth.data)).toBeLessThanOrEqual(24)
    const cmyk = await decodeRgb(pathOf('cmyk.tiff'))
    expect([cmyk.width, cmyk.height]).toEqual([40, 24])
  })

  it('transparent pixels lie on white', async () => {
    const { data } = await decodeRgb(pathOf('alpha.png'))
    for (let y = 0; y < 24; y++) {
      for (let x = 0; x < 40; x++) {
        const at = 3 * (y * 40 + x)
        expect(Array.from(data.subarray(at, at + 3))).toEqual(
          x < 20 ? Array.from(smooth.data.subarray(at, at + 3)) : [255, 255, 255],
        )
      }
    }
  })

  it('what is written as PNG is read back the same', async () => {
    const path = join(folder, 'written.png')
    await writePng(path, smooth)
    expect(await decodeRgb(path)).toEqual(smooth)
    const gray = grayImage(3, 2, Uint8Array.from([0, 1, 127, 128, 254, 255]))
    expect(await decodeGray(await encodePng(gray))).toEqual(gray)
    const floats = grayImage(3, 1, Float32Array.from([-0.2, 0.5, 1.7]))
    expect((await decodeGray(await encodePng(floats))).data).toEqual(Uint8Array.from([0, 128, 255]))
    const binary = binaryImage(3, 1, Uint8Array.from([0, 1, 0]))
    expect((await decodeGray(await encodePng(binary))).data).toEqual(Uint8Array.from([255, 0, 255]))
    await expect(writePng(join(folder, 'no such folder', 'a.png'), rgbImage(1, 1))).rejects.toThrow(OcellusError)
  })
})

describe('bad files get one sentence that names them', () => {
  const bad = async (name: string, bytes: Uint8Array, message: RegExp): Promise<void> => {
    const path = join(folder, name)
    writeFileSync(path, bytes)
    for (const decode of [decodeGray, decodeRgb]) {
      const fromPath = await decode(path).catch((error: unknown) => error)
      expect(fromPath, name).toBeInstanceOf(FormatError)
      const text = fromPath instanceof Error ? fromPath.message : ''
      expect(text).toMatch(message)
      expect(text).toContain(path)
      expect(text).not.toContain('\n')
      await expect(decode(bytes, { name })).rejects.toThrow(name)
    }
  }

  it('missing, or a folder', async () => {
    await expect(decodeGray(join(folder, 'nowhere.jpg'))).rejects.toThrow(/nowhere\.jpg does not exist/)
    await expect(decodeGray(folder)).rejects.toThrow(/is a folder/)
  })

  it('empty, or no image', async () => {
    await bad('empty.jpg', new Uint8Array(0), /is empty/)
    await bad(
      'text.png',
      new TextEncoder().encode('This is a letter, not a picture of one.'),
      /not an image that can be read/,
    )
    await bad(
      'drawing.svg',
      new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      /JPEG, PNG, WebP and TIFF/,
    )
    await bad('one-byte.png', Uint8Array.of(0x89), /not an image/)
  })

  it.each(['orientation-1.jpg', 'progressive.jpg', 'gray.jpg', 'rgb.png', 'gray16.png', 'rgb.webp', 'rgb.tiff'])(
    '%s, cut short',
    async (name) => {
      const whole = bytesOf(name)
      for (const share of [0.1, 0.3, 0.5, 0.7, 0.85]) {
        await bad(
          `cut-${share}-${name}`,
          whole.slice(0, Math.max(16, Math.floor(share * whole.length))),
          /damaged or truncated/,
        )
      }
    },
  )

  it('0 x 0 pixels', async () => {
    await bad('zero.png', png(0, 0), /zero\.png/)
    await bad('zero-width.png', png(0, 10), /zero-width\.png/)
    await bad('zero.jpg', withJpegSize(bytesOf('orientation-1.jpg'), 0, 0), /zero\.jpg/)
  })

  it('100,000 x 100,000 pixels, without taking memory for them', async () => {
    const before = process.memoryUsage().rss
    await bad('bomb.png', png(100_000, 100_000), /claims 100000x100000 pixels, more than the limit of 200 megapixels/)
    await bad('bomb.jpg', withJpegSize(bytesOf('orientation-1.jpg'), 65_000, 65_000), /more than the limit/)
    await bad('bomb.tiff', tiff(100_000, 100_000), /more than the limit/)
    expect(process.memoryUsage().rss - before).toBeLessThan(64e6)
  })

  it('the limit can be chosen', async () => {
    await expect(decodeGray(pathOf('rgb.png'), { maxMegapixels: 0.0009 })).rejects.toThrow(/limit of 0.0009 megapixels/)
    await expect(decodeGray(pathOf('rgb.png'), { maxMegapixels: 0.001 })).resolves.toMatchObject({ width: 40 })
  })

  it('any damage gives a picture or a FormatError, never anything else', async () => {
    const names = ['orientation-6.jpg', 'rgb.png', 'rgb.webp', 'rgb.tiff', 'palette.png']
    const damage = fc.record({
      name: fc.constantFrom(...names),
      places: fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { minLength: 1, maxLength: 6 }),
    })
    await fc.assert(
      fc.asyncProperty(damage, async ({ name, places }) => {
        const bytes = bytesOf(name)
        for (const [at, value] of places) bytes[at % bytes.length] = value
        const result = await decodeGray(bytes, { name }).catch((error: unknown) => error)
        if (result instanceof Error) expect(result).toBeInstanceOf(FormatError)
        else expect(result).toMatchObject({ kind: 'gray' })
      }),
      { numRuns: 150, seed: 7 },
    )
  })
})

/** A PNG file whose header claims the size; its data are one row of ten pixels. */
function png(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 0, 0, 0, 0], 8)
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const frame = Buffer.alloc(4)
    frame.writeUInt32BE(data.length)
    const check = Buffer.alloc(4)
    check.writeUInt32BE(crc32(body))
    return Buffer.concat([frame, body, check])
  }
  return new Uint8Array(
    Buffer.concat([
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(new Uint8Array(11))),
      chunk('IEND', new Uint8Array(0)),
    ]),
  )
}

/** The JPEG file with another size in its frame header (marker FFC0). */
function withJpegSize(jpeg: Uint8Array, width: number, height: number): Uint8Array {
  const bytes = Buffer.from(jpeg)
  const frame = bytes.indexOf(Uint8Array.of(0xff, 0xc0))
  bytes.writeUInt16BE(height, frame + 5)
  bytes.writeUInt16BE(width, frame + 7)
  return new Uint8Array(bytes)
}

/** A TIFF file, gray, one strip of four bytes, whose directory claims the size. */
function tiff(width: number, height: number): Uint8Array {
  const long = 4
  const entries: [tag: number, value: number][] = [
    [256, width],
    [257, height],
    [258, 8],
    [259, 1],
    [262, 1],
    [273, 8],
    [277, 1],
    [278, height],
    [279, 4],
  ]
  const bytes = Buffer.alloc(12 + 2 + entries.length * 12 + 4)
  bytes.write('II', 'latin1')
  bytes.writeUInt16LE(42, 2)
  bytes.writeUInt32LE(12, 4)
  bytes.writeUInt16LE(entries.length, 12)
  entries.forEach(([tag, value], i) => {
    const at = 14 + i * 12
    bytes.writeUInt16LE(tag, at)
    bytes.writeUInt16LE(long, at + 2)
    bytes.writeUInt32LE(1, at + 4)
    bytes.writeUInt32LE(value, at + 8)
  })
  return new Uint8Array(bytes)
}
