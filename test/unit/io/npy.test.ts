// NumPy's files: what NumPy wrote is read, what is written here is what NumPy writes, and everything else is refused with file and field.

import { describe, expect, it } from 'vitest'
import type { HostTensor } from '../../../src/core/host-tensor.ts'
import { readNpy, writeNpy } from '../../../src/io/npy.ts'
import { readNpz, writeNpz } from '../../../src/io/npz.ts'
import { described, expected, fixture } from './fixture.ts'

const text = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes)

/** A .npy file of two f32 values with another header, of the right length. */
function withHeader(header: string, version = 1, data = 8): Uint8Array {
  const length = version === 1 ? [header.length, 0] : [header.length, 0, 0, 0]
  return Uint8Array.of(
    ...[0x93, ...new TextEncoder().encode('NUMPY'), version, 0, ...length],
    ...new TextEncoder().encode(header),
    ...new Uint8Array(data),
  )
}

const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n"

describe('npz', () => {
  it.each(['arrays.npz', 'arrays-deflated.npz'])('%s: every dtype, byte order and order of axes', (name) => {
    const { tensors } = readNpz(fixture(name))
    expect(described(tensors)).toEqual(expected.numpy)
    expect(Object.is(tensors.get('special')?.data[2], -0)).toBe(true)
    expect(tensors.get('big.f2')?.dtype).toBe('f32')
    expect(tensors.get('big.i8')?.dtype).toBe('i32')
    expect(tensors.get('bool')?.dtype).toBe('bool')
  })

  it('is written as it was read, and equal contents give equal files', () => {
    const { tensors } = readNpz(fixture('arrays.npz'))
    const bytes = writeNpz(tensors, 'a note')
    expect(readNpz(bytes)).toEqual({ tensors, comment: 'a note' })
    expect(writeNpz(tensors, 'a note')).toEqual(bytes)
  })

  it('refuses names that lead out of an archive', () => {
    const tensor: HostTensor = { dtype: 'f32', shape: [1], data: new Float32Array(1) }
    for (const name of ['../a', '/a', 'C:/a', 'a\\b', '', 'a/../../b']) {
      expect(() => writeNpz({ [name]: tensor })).toThrow('a tensor cannot be named')
    }
  })
})

describe('npy', () => {
  it.each([1, 2, 3])('version %i', (version) => {
    expect(described(new Map([['little.f4', readNpy(fixture(`version-${version}.npy`))]]))).toEqual({
      'little.f4': expected.numpy['little.f4'],
    })
  })

  it('is written byte for byte as by NumPy', () => {
    const tensors: Record<string, HostTensor> = {
      f4: { dtype: 'f32', shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) },
      f8: { dtype: 'f64', shape: [1], data: Float64Array.of(0.5) },
      i4: { dtype: 'i32', shape: [], data: Int32Array.of(7) },
      u1: { dtype: 'u8', shape: [0, 2], data: new Uint8Array(0) },
      b1: { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) },
    }
    const written = Object.entries(tensors).map(([name, tensor]) => [
      name,
      Buffer.from(writeNpy(tensor)).toString('hex'),
    ])
    expect(Object.fromEntries(written)).toEqual(expected.npy)
    for (const tensor of Object.values(tensors)) expect(readNpy(writeNpy(tensor))).toEqual(tensor)
  })

  it('keys of the header may come in any order, with and without spaces', () => {
    const { shape } = readNpy(withHeader("{'shape':(1,2),'fortran_order':True,'descr':'<f4'}"))
    expect(shape).toEqual([1, 2])
  })

  it.each([
    ['objects.npy', 'descr: the array holds Python objects, which could run code and are not read'],
    ['complex.npy', "descr: elements of type '<c8' are not read, expected one of f8, "],
    ['texts.npy', "descr: elements of type '<U2' are not read"],
    ['records.npy', "descr: elements of type [('x', '<f4'), ('y', '<i4')] are not read"],
    ['dates.npy', "descr: elements of type '<M8[D]' are not read"],
  ])('refuses %s', (name, message) => {
    expect(() => readNpy(fixture(name), { file: name })).toThrow(`${name}: ${message}`)
  })

  it.each([
    ['data', withHeader(header).subarray(0, -1), 'data: shape [2] takes 8 bytes, but 7 follow the header'],
    ['more data', withHeader(header, 1, 9), 'data: shape [2] takes 8 bytes, but 9 follow the header'],
    [
      'magic',
      Uint8Array.from(text(fixture('version-1.npy')).replace('NUMPY', 'NUMPI'), (c) => c.charCodeAt(0)),
      'magic: ',
    ],
    ['version', withHeader(header, 9), 'version: 9 is not read, expected 1, 2 or 3'],
    ['cut within the length', fixture('version-2.npy').subarray(0, 9), 'header: the file is only 9 bytes long'],
    [
      'cut within the header',
      fixture('version-1.npy').subarray(0, 50),
      'header: 118 bytes are claimed, but only 40 follow',
    ],
    [
      'absurd header',
      Uint8Array.of(...fixture('version-2.npy').subarray(0, 8), 255, 255, 255, 255),
      'header: 4294967295 bytes',
    ],
    ['no dictionary', withHeader('[1, 2]'), 'header: expected {'],
    ['absurd shape', withHeader(header.replace('(2,)', '(999999999999, 999999999999)')), 'shape: (999999999999, 99'],
    [
      'large shape',
      withHeader(header.replace('(2,)', '(99999, 99999)')),
      'data: shape [99999, 99999] takes 39999200004 bytes',
    ],
    ['hidden shape', withHeader(header.replace('(2,)', '(0, 99999999999999999999)')), 'shape: (0, 9999'],
    ['a number as shape', withHeader(header.replace('(2,)', '(2)')), 'shape: (2) is no tuple'],
    ['negative shape', withHeader(header.replace('(2,)', '(-2,)')), 'shape: (-2,) is no tuple'],
    ['key missing', withHeader(header.replace("'fortran_order': False, ", '')), "header: 'fortran_order' is missing"],
    ['key twice', withHeader(header.replace("'shape'", "'descr': '<f4', 'shape'")), "header: 'descr' occurs twice"],
    ['order', withHeader(header.replace('False', "'C'")), "fortran_order: it should be True or False, not 'C'"],
    ['code', withHeader(header.replace("'<f4'", 'exit()')), 'header: it cannot be read from'],
  ])('refuses damage: %s', (_, bytes, message) => {
    expect(() => readNpy(bytes, { file: 'a.npy' })).toThrow(`a.npy: ${message}`)
  })

  it('refuses integers that i32 cannot hold, and bytes that are no booleans', () => {
    const wide = withHeader(header.replace('<f4', '<i8').replace('2', '1'))
    wide[wide.length - 1] = 0x7f
    expect(() => readNpy(wide)).toThrow('element 0 of I64 is 9151314442816847872, which i32 cannot hold')
    const bool = withHeader(header.replace('<f4', '|b1').replace('2', '8'))
    bool[bool.length - 1] = 2
    expect(() => readNpy(bool)).toThrow('element 7 of BOOL is 2, which bool cannot hold')
  })
})
