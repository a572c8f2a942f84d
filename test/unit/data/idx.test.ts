// IDX files of every type, plain and gzip, against NumPy's values, and what is said about files that are wrong.

import { gzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../../../src/core/errors.ts'
import { type IdxArray, readIdx, writeIdx } from '../../../src/data/formats/idx.ts'
import { expected, fixture } from './fixture.ts'

describe('readIdx', () => {
  it.each(Object.entries(expected.idx))('reads %s as NumPy wrote it', (type, { shape, data }) => {
    const read = readIdx(fixture(`${type}.idx`))
    expect(read.type).toBe(type)
    expect(read.shape).toEqual(shape)
    expect(Array.from(read.data)).toEqual(data)
  })

  it('reads gzip files, with every optional field of the header too', () => {
    expect(readIdx(fixture('u8.idx.gz'))).toEqual(readIdx(fixture('u8.idx')))
    expect(readIdx(fixture('u8-all-fields.idx.gz'))).toEqual(readIdx(fixture('u8.idx')))
    expect(readIdx(fixture('f64.idx.gz'))).toEqual(readIdx(fixture('f64.idx')))
  })
})

describe('writeIdx', () => {
  it.each(Object.keys(expected.idx))('writes %s as NumPy does, and compresses it', (type) => {
    const array = readIdx(fixture(`${type}.idx`))
    expect(writeIdx(array)).toEqual(new Uint8Array(fixture(`${type}.idx`)))
    expect(readIdx(writeIdx(array, { compress: true }))).toEqual(array)
  })

  it('reads back what is larger than one step of inflation', () => {
    const data = Int32Array.from({ length: 100_000 }, (_, i) => Math.imul(i, 2654435761))
    const array: IdxArray = { type: 'i32', shape: [100, 1000], data }
    expect(readIdx(writeIdx(array, { compress: true }))).toEqual(array)
  })

  it('refuses arrays whose parts do not agree', () => {
    const data = Uint8Array.of(1, 2, 3)
    expect(() => writeIdx({ type: 'u8', shape: [4], data })).toThrow(
      'a Uint8Array of 3 elements is no u8 array of shape [4]',
    )
    expect(() => writeIdx({ type: 'f32', shape: [3], data })).toThrow(FormatError)
    expect(() => writeIdx({ type: 'u8', shape: [], data })).toThrow('1 to 255 extents')
  })
})

describe('a file that is wrong', () => {
  const file = { file: 'digits.gz' }
  const header = (...dimensions: number[]) => {
    const bytes = new Uint8Array(4 + 4 * dimensions.length)
    bytes.set([0, 0, 8, dimensions.length])
    for (const [axis, extent] of dimensions.entries()) new DataView(bytes.buffer).setUint32(4 + 4 * axis, extent)
    return bytes
  }

  it('is told apart by its first bytes', () => {
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a)
    expect(() => readIdx(png, file)).toThrow(
      new FormatError(
        'digits.gz: magic number: expected an IDX file (00 00, type 08 to 0e, dimensions), found 89 50 4e 47',
      ),
    )
    expect(() => readIdx(Uint8Array.of(0, 0, 7, 1, 0, 0, 0, 0), file)).toThrow('found 00 00 07 01')
    expect(() => readIdx(new Uint8Array(0), file)).toThrow(
      'digits.gz: magic number: the data are cut off after 0 bytes',
    )
  })

  it('is refused wherever it is cut off', () => {
    for (const name of ['u8.idx', 'f64.idx.gz']) {
      const whole = fixture(name)
      for (let length = 0; length < whole.length; length++) {
        expect(() => readIdx(whole.subarray(0, length), file)).toThrow(FormatError)
      }
    }
  })

  it('is refused where sizes disagree', () => {
    expect(() => readIdx(header(2, 3), file)).toThrow('[2, 3] of u8 need 18 bytes, but the file has 12')
    expect(() => readIdx(Uint8Array.of(...header(1), 1, 2), file)).toThrow(
      '[1] of u8 need 9 bytes, but the file has 10',
    )
    expect(() => readIdx(gzipSync(Uint8Array.of(...header(1), 1, 2)), file)).toThrow(
      'gzip: more data follow after the 9 bytes',
    )
  })

  it('is refused where a byte of the compressed data changed', () => {
    const whole = fixture('u8.idx.gz')
    whole[30] = (whole[30] as number) ^ 1
    expect(() => readIdx(whole, file)).toThrow(FormatError)
    const trailer = fixture('u8.idx.gz')
    trailer[trailer.length - 8] = (trailer.at(-8) as number) ^ 1
    expect(() => readIdx(trailer, file)).toThrow('its checksum is wrong')
  })

  it('may claim any size without taking the memory for it', () => {
    const before = process.memoryUsage().arrayBuffers
    expect(() => readIdx(gzipSync(header(2 ** 31 - 1)), file)).toThrow(
      'digits.gz: data: the data are cut off after 8 bytes',
    )
    expect(() => readIdx(gzipSync(header(2 ** 32 - 1, 2)), file)).toThrow('are claimed')
    expect(() => readIdx(gzipSync(header(...Array(40).fill(2 ** 32 - 1), 0)), file)).toThrow('no extents')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22)
  })
})
