// MATLAB files: against SciPy's files and values, and what is said about files that are wrong.

import { unzlibSync, zlibSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../../../src/core/errors.ts'
import { matlabNumbers, readMatlab } from '../../../src/data/formats/matlab.ts'
import type { MatlabNumeric } from '../../../src/data/formats/matlab-types.ts'
import { writeMatlab } from '../../../src/data/formats/matlab-writer.ts'
import { expected, fixture, toNumbers } from './fixture.ts'

const values = (array: ArrayLike<number>) => Array.from(array)

/** The message of the FormatError that `read` throws. */
function problem(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof FormatError) return error.message
    throw error
  }
  throw new Error('nothing was thrown')
}

describe.each(['plain.mat', 'compressed.mat'])('%s, written by SciPy', (name) => {
  const contents = readMatlab(fixture(name), { file: name })

  it.each(Object.entries(expected.matlab.numbers))('holds %s as SciPy wrote it', (variable, array) => {
    const read = matlabNumbers(contents, variable, name)
    expect(read.class).toBe(array.class)
    expect(read.shape).toEqual(array.shape)
    expect(values(read.data)).toEqual(toNumbers(array.data))
    expect(read.imaginary === undefined ? undefined : values(read.imaginary)).toEqual(array.imaginary)
  })

  it.each(Object.entries(expected.matlab.texts))('holds the text %s', (variable, rows) => {
    expect(contents.variables.get(variable)).toMatchObject({ class: 'char', rows })
  })

  it('names what it skipped, and says so when that is asked for', () => {
    expect(Object.fromEntries(contents.skipped)).toEqual(expected.matlab.skipped)
    expect(problem(() => matlabNumbers(contents, 'a_cell', name))).toBe(
      `${name}: variable a_cell is a cell array, but numbers are expected`,
    )
    expect(problem(() => matlabNumbers(contents, 'images', name))).toMatch(
      /variable images is missing, the file holds int8/,
    )
  })

  it('rounds doubles to f32 on request, and reads only what is wanted', () => {
    const read = readMatlab(fixture(name), { doubles: 'f32', only: (variable) => variable === 'doubles' })
    const { data } = expected.matlab.numbers.doubles as { data: number[] }
    expect([...read.variables.keys()]).toEqual(['doubles'])
    expect(matlabNumbers(read, 'doubles', name).data).toEqual(Float32Array.from(data))
  })
})

describe.each(['big-endian.mat', 'big-endian-compressed.mat', 'compact.mat'])('%s, as MATLAB stores', (name) => {
  it('holds doubles and singles in smaller types', () => {
    const contents = readMatlab(fixture(name))
    const twelve = Array.from({ length: 12 }, (_, i) => 250 + i)
    expect(matlabNumbers(contents, 'as_double', name)).toEqual({
      class: 'double',
      shape: [4, 3],
      data: Float64Array.from(twelve),
    })
    expect(matlabNumbers(contents, 'as_uint16', name).data).toEqual(Float64Array.from(twelve))
    expect(matlabNumbers(contents, 'as_uint8', name).data).toEqual(Float64Array.of(1, 2, 255))
    expect(matlabNumbers(contents, 'single_as_int8', name).data).toEqual(Float32Array.of(-3, -2, -1, 0, 1, 2))
    expect(contents.variables.get('text')).toEqual({ class: 'char', shape: [1, 4], rows: ['Iris'] })
    expect(contents.variables.get('arrow')).toEqual({ class: 'char', shape: [1, 5], rows: ['Iris→'] })
  })
})

describe('writeMatlab', () => {
  const arrays = readMatlab(fixture('written.mat')).variables as ReadonlyMap<string, MatlabNumeric>

  it('writes the bytes that SciPy writes, after the header text', () => {
    expect(writeMatlab(Object.fromEntries(arrays), { compress: false }).subarray(124)).toEqual(
      fixture('written.mat').subarray(124),
    )
  })

  it.each([true, false])('writes what reading gives back, compressed: %s', (compress) => {
    expect(readMatlab(writeMatlab(Object.fromEntries(arrays), { compress })).variables).toEqual(arrays)
  })

  it('reads back arrays that are larger than one step of inflation', () => {
    const data = Float64Array.from({ length: 60_000 }, (_, i) => Math.sin(i))
    const bytes = writeMatlab({ wave: { class: 'double', shape: [300, 200], data } })
    expect(matlabNumbers(readMatlab(bytes), 'wave', 'wave.mat').data).toEqual(data)
  })

  it('refuses names, shapes and data that do not fit', () => {
    const data = Float64Array.of(1, 2)
    expect(problem(() => writeMatlab({ '2x': { class: 'double', shape: [1, 2], data } }))).toMatch(/letters, digits/)
    expect(problem(() => writeMatlab({ x: { class: 'double', shape: [2], data } }))).toMatch(/two extents/)
    expect(problem(() => writeMatlab({ x: { class: 'double', shape: [3, 1], data } }))).toMatch(/2 elements do not fit/)
    expect(problem(() => writeMatlab({ x: { class: 'single', shape: [1, 2], data } }))).toMatch(/Float64Array/)
    expect(problem(() => writeMatlab({ x: { class: 'uint64', shape: [1, 1], data: Float64Array.of(-1) } }))).toMatch(
      /-1/,
    )
  })
})

describe('a file that is wrong', () => {
  const small: MatlabNumeric = { class: 'double', shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) }
  const plain = () => writeMatlab({ x: small }, { compress: false })
  const read = (bytes: Uint8Array) => problem(() => readMatlab(bytes, { file: 'a.mat' }))
  /** Byte positions in the plain file: tag of x 128, flags 136, dimensions 152, name 168 (small), data 176. */
  const altered = (at: number, ...bytes: number[]) => {
    const file = plain()
    file.set(bytes, at)
    return file
  }
  const recompressed = (element: Uint8Array) => {
    const packed = zlibSync(element)
    const file = new Uint8Array(136 + packed.length)
    file.set(plain().subarray(0, 128))
    new DataView(file.buffer).setUint32(128, 15, true)
    new DataView(file.buffer).setUint32(132, packed.length, true)
    file.set(packed, 136)
    return file
  }

  it('is told apart: v7.3, v4, empty, something else', () => {
    const hdf5 = new Uint8Array(1024)
    hdf5.set(new TextEncoder().encode('MATLAB 7.3 MAT-file'))
    expect(read(hdf5)).toMatch(/^a\.mat: header: this is a v7\.3 file \(HDF5\).*'-v7'/)
    expect(read(Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10))).toMatch(/v7\.3/)
    expect(read(new Uint8Array(0))).toBe(
      "a.mat: header: expected a MATLAB v5 file, but it is only 0 bytes long; save it with save(..., '-v7')",
    )
    expect(read(new Uint8Array(200))).toMatch(/no byte order mark/)
    expect(read(altered(124, 0, 2))).toMatch(/version 1/)
  })

  it('is refused wherever it is cut off, and the message names the file', () => {
    for (const file of [plain(), writeMatlab({ x: small })]) {
      for (let length = 129; length < file.length; length++) {
        expect(read(file.subarray(0, length))).toMatch(/^a\.mat: variable (1|x)/)
      }
    }
  })

  it('is refused where sizes disagree', () => {
    expect(read(altered(132, 0xff, 0xff, 0xff, 0x7f))).toMatch(
      /variable 1: 2147483647 bytes are claimed, but only 96 are left/,
    )
    expect(read(altered(160, 3))).toMatch(/variable x: its data take 48 bytes, which does not fit its shape \[3, 3\]/)
    expect(read(altered(160, 0xff, 0xff, 0xff, 0xff))).toMatch(/\[-1, 3\] are not the extents/)
    expect(read(altered(180, 0xf8, 0xff, 0xff, 0x7f))).toMatch(/variable x: 2147483640 bytes are claimed/)
    expect(read(altered(128, 99))).toMatch(/expected an array \(element type 14\), found element type 99/)
    expect(read(altered(144, 42))).toMatch(/array class 42 is unknown/)
    expect(read(altered(176, 14))).toMatch(/element type 14 does not hold numbers/)
  })

  it('is refused where compressed data are damaged, or their content goes on', () => {
    const file = writeMatlab({ x: small })
    const damaged = file.slice()
    damaged[file.length - 1] = (file.at(-1) as number) ^ 1
    expect(read(damaged)).toMatch(/variable 1: the compressed data are damaged or cut off \(its checksum is wrong\)/)
    const element = plain().subarray(128)
    expect(read(recompressed(Uint8Array.of(...element, 0, 0)))).toMatch(/more data follow/)
    expect(unzlibSync(file.subarray(136))).toEqual(element)
  })

  it('may claim any size without taking the memory for it', () => {
    const element = plain().slice(128)
    const view = new DataView(element.buffer)
    const [rows, columns] = [2 ** 23, 31]
    view.setUint32(4, 2 ** 31, true)
    view.setInt32(32, rows, true)
    view.setInt32(36, columns, true)
    view.setUint32(52, rows * columns * 8, true)
    const before = process.memoryUsage().arrayBuffers
    expect(read(recompressed(element))).toMatch(/variable x: the data are cut off/)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 22)
  })

  it('is refused where a value does not fit the class', () => {
    const integers = plain()
    integers[144] = 9
    expect(matlabNumbers(readMatlab(integers), 'x', 'a.mat').data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6))
    new DataView(integers.buffer).setFloat64(184, 300, true)
    expect(read(integers)).toMatch(/variable x: element 0 is 300, which u8 cannot hold exactly/)
    const large = writeMatlab({ x: { class: 'int64', shape: [1, 1], data: Float64Array.of(1) } }, { compress: false })
    new DataView(large.buffer).setBigInt64(184, 2n ** 53n + 1n, true)
    expect(read(large)).toMatch(/element 0 is 9007199254740993, which f64 cannot hold exactly/)
  })
})
