// ZIP archives with every kind of lie: sizes, names, positions, checksums. Python's zipfile and NumPy wrote those that are honest.

import { deflateSync, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { ZipArchive } from '../../../src/io/zip.ts'
import { archiveOf, crcOf } from './archive.ts'
import { fixture } from './fixture.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const open = (archive: Uint8Array): ZipArchive => new ZipArchive(archive, 'a.zip')

/** Two files, the first stored, the second deflated. */
const honest = (): Uint8Array =>
  zipSync({ 'one.txt': [bytes('the first'), { level: 0 }], 'two.txt': [bytes('second '.repeat(40)), { level: 9 }] })

/** An archive with some bytes of its n-th directory record replaced. */
function forged(at: number, values: readonly number[], record = 0, archive = honest()): Uint8Array {
  const signature = [0x50, 0x4b, 0x01, 0x02]
  const records = Array.from(archive.keys()).filter((i) => signature.every((byte, j) => archive[i + j] === byte))
  archive.set(values, records[record]! + at)
  return archive
}

describe('honest archives', () => {
  it('are read, stored and deflated', () => {
    const archive = open(honest())
    expect(archive.names).toEqual(['one.txt', 'two.txt'])
    expect(new TextDecoder().decode(archive.read('one.txt'))).toBe('the first')
    expect(new TextDecoder().decode(archive.read('two.txt'))).toBe('second '.repeat(40))
  })

  it('may have ZIP64 records, as those of PyTorch do', () => {
    const archive = open(fixture('decoder.pth'))
    expect(new TextDecoder().decode(archive.read('decoder/byteorder'))).toBe('little')
    expect(archive.has('decoder/nothing')).toBe(false)
    expect(() => archive.read('decoder/nothing')).toThrow('a.zip: decoder/nothing: the archive has no such file')
  })

  it('may be empty', () => {
    expect(open(zipSync({})).names).toEqual([])
  })
})

describe('refused', () => {
  it.each([
    ['../evil.npy', '../evil.npy'],
    ['a/../../evil.npy', 'a/../../evil.npy'],
    ['/etc/evil.npy', '/etc/evil.npy'],
    ['C:/evil.npy', 'C:/evil.npy'],
    ['..\\evil.npy', '..\\\\evil.npy'],
  ])('a name that leads out of the archive: %s', (name, quoted) => {
    expect(() => open(zipSync({ [name]: bytes('x') }))).toThrow(`a.zip: name "${quoted}": it leads out of the archive`)
  })

  it('a name that occurs twice', () => {
    expect(() => open(forged(46, [...bytes('one')], 1))).toThrow('a.zip: one.txt: the name occurs twice')
  })

  it.each([
    ['encryption', forged(8, [1]), 'one.txt: it is encrypted'],
    ['another method', forged(10, [12]), 'one.txt: compression method 12 is not read'],
    ['a stored size that differs', forged(24, [1, 0, 0, 0]), 'one.txt: 9 bytes cannot hold the 1 bytes'],
    ['an absurd size', forged(24, [0, 0, 0, 0x7f], 1), 'bytes cannot hold the 2130706432 bytes that are announced'],
    [
      'a ZIP64 size that is missing',
      forged(24, [255, 255, 255, 255], 1),
      'two.txt: 12 bytes cannot hold the 4294967295 bytes',
    ],
    ['a content beyond the archive', forged(20, [0, 0, 1, 0], 1), 'reach beyond the contents'],
    ['a content elsewhere', forged(42, [3], 0), 'one.txt: its content should begin at byte 3, but does not'],
    ['contents that overlap', forged(42, [0, 0], 1), 'its content overlaps that of another file'],
    ['a record that is too long', forged(28, [255, 255], 1), 'is longer than the directory'],
    ['something else', bytes('PK is how it begins, no more than that'), 'directory: its end is missing'],
  ])('%s', (_, archive, message) => {
    expect(() => open(archive)).toThrow(message)
    expect(() => open(archive)).toThrow('a.zip: ')
  })

  it('archives that were cut off, at every length', () => {
    const whole = honest()
    for (let length = 0; length < whole.length; length++)
      expect(() => open(whole.subarray(0, length))).toThrow('a.zip: ')
  })

  it('contents that are not what their checksum and size say', () => {
    expect(() => open(forged(16, [0, 0, 0, 0])).read('one.txt')).toThrow('one.txt: its checksum is wrong')
    expect(() => open(forged(24, [24, 1, 0, 0], 1)).read('two.txt')).not.toThrow()
    expect(() => open(forged(24, [25, 1, 0, 0], 1)).read('two.txt')).toThrow('281 bytes are announced, but 280 come')
    expect(() => open(forged(24, [9, 0, 0, 0], 1)).read('two.txt')).toThrow('9 bytes are announced, but more come')
  })

  it('bombs, before anything is inflated', () => {
    const megabyte = new Uint8Array(2 ** 20)
    const packed = { bytes: deflateSync(megabyte), method: 8, size: megabyte.length, crc: crcOf(megabyte) }
    const layers = (count: number) =>
      archiveOf(Array.from({ length: count }, (_, i) => ({ name: `${i}.npy`, ...packed })))
    expect(open(layers(3)).read('2.npy')).toEqual(megabyte)
    const bomb = layers(300)
    const start = performance.now()
    expect(() => open(bomb)).toThrow(
      /a\.zip: directory: its \d+ bytes would inflate to 314572800, as no honest file does/,
    )
    expect(performance.now() - start).toBeLessThan(1000)
  })
})
