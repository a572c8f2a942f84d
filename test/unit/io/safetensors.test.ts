// safetensors: against files of the reference implementation, and every rule by which it validates a header.

import { describe, expect, it } from 'vitest'
import { DTypeError, FormatError, ShapeError } from '../../../src/core/errors.ts'
import { type HostTensor, hostTensor } from '../../../src/core/host-tensor.ts'
import { duplicateKey } from '../../../src/io/json-keys.ts'
import { readSafetensors, writeSafetensors } from '../../../src/io/safetensors.ts'
import { expected, fixture, toNumbers } from '../data/fixture.ts'

/** A file with the given header text and so many bytes of data. */
function file(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header
  const bytes = new Uint8Array(8 + text.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

const entry = (type: string, shape: unknown, offsets: unknown) => ({ dtype: type, shape, data_offsets: offsets })
const read = (bytes: Uint8Array) => () => readSafetensors(bytes, { file: 'w.safetensors' })

describe('readSafetensors', () => {
  it.each(['native.safetensors', 'converted.safetensors'])('reads %s as PyTorch wrote it', (name) => {
    const { tensors } = readSafetensors(fixture(name))
    expect(tensors.size).toBe(name.startsWith('native') ? 8 : 5)
    for (const [tensor, { shape, data }] of tensors) {
      const written = expected.safetensors[tensor]
      expect(shape).toEqual(written?.shape)
      expect(Array.from(data)).toEqual(toNumbers(written?.data ?? []))
    }
  })

  it('gives each type the dtype that holds it', () => {
    const dtypes = [...readSafetensors(fixture('native.safetensors')).tensors].map(([name, { dtype }]) => [name, dtype])
    expect(Object.fromEntries(dtypes)).toEqual({
      exact: 'f64',
      'layer.bias': 'f32',
      'layer.weight': 'f32',
      nothing: 'f32',
      'naïve →': 'f32',
      steps: 'i32',
      bytes: 'u8',
      mask: 'bool',
    })
    const converted = [...readSafetensors(fixture('converted.safetensors')).tensors].map(([name, { dtype }]) => [
      name,
      dtype,
    ])
    expect(Object.fromEntries(converted)).toEqual({ f16: 'f32', bf16: 'f32', i64: 'i32', i16: 'i32', i8: 'i32' })
  })

  it('reads metadata, and unaligned data of a file that lies within other bytes', () => {
    const whole = fixture('native.safetensors')
    expect(readSafetensors(whole).metadata).toEqual({ format: 'pt' })
    const shifted = new Uint8Array(whole.length + 3)
    shifted.set(whole, 3)
    expect(readSafetensors(shifted.subarray(3))).toEqual(readSafetensors(whole))
  })

  it('refuses what cannot be held without loss', () => {
    expect(() => readSafetensors(fixture('too-large.safetensors'))).toThrow(
      new FormatError('safetensors file: tensor count: element 1 of I64 is 2147483648, which i32 cannot hold'),
    )
    const mask = file(JSON.stringify({ mask: entry('BOOL', [2], [0, 2]) }), 2)
    mask[mask.length - 1] = 2
    expect(read(mask)).toThrow('w.safetensors: tensor mask: element 1 of BOOL is 2')
    expect(read(file(JSON.stringify({ q: entry('F8_E4M3', [2], [0, 2]) }), 2))).toThrow(
      'tensor q: dtype F8_E4M3 is not read',
    )
    expect(read(file(JSON.stringify({ q: entry('toString', [2], [0, 2]) }), 2))).toThrow('dtype toString is not read')
  })

  it('refuses a header that is too short, too long or no JSON object', () => {
    expect(read(new Uint8Array(7))).toThrow(
      'w.safetensors: header: expected a safetensors file, but it is only 7 bytes long',
    )
    const long = new Uint8Array(16)
    new DataView(long.buffer).setBigUint64(0, 100_000_001n, true)
    expect(read(long)).toThrow('claim a header of 100000001 bytes (at most 100000000)')
    expect(read(new Uint8Array(16).fill(255))).toThrow('(at most 100000000)')
    expect(read(file('{}').subarray(0, 9))).toThrow('2 bytes are claimed, but only 1 follow')
    expect(read(file(''))).toThrow('header begins with {')
    expect(read(file(' {}'))).toThrow('header begins with {')
    expect(read(file('{"a":'))).toThrow('header: it is no valid JSON text')
    expect(read(file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)))).toThrow(
      'header: it is no valid UTF-8 text',
    )
    expect(read(file('{"\\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'))).toThrow(
      'is not valid Unicode text',
    )
    expect(read(file('{}  '))().tensors.size).toBe(0)
  })

  it('refuses names that occur twice, however they are written', () => {
    const twice =
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\\u0061":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}'
    expect(read(file(twice, 2))).toThrow('header: the name "a" occurs twice')
    expect(read(file('{"__metadata__":{"x":"1","x":"2"}}'))).toThrow('the name "x" occurs twice')
    expect(read(file('{"a":{"dtype":"U8","dtype":"I8","shape":[0],"data_offsets":[0,0]}}'))).toThrow(
      '"dtype" occurs twice',
    )
  })

  it('refuses entries of another form', () => {
    for (const bad of [
      1,
      [],
      null,
      {},
      entry('U8', [1.5], [0, 1]),
      entry('U8', [-1], [0, 1]),
      entry('U8', '1', [0, 1]),
      entry('U8', [1], [0, 1, 2]),
      entry('U8', [1], [2 ** 53, 1]),
      { shape: [1], data_offsets: [0, 1] },
    ]) {
      expect(read(file(JSON.stringify({ a: bad }), 1))).toThrow('tensor a: its entry should have')
    }
    expect(read(file('{"__metadata__":{"epoch":1}}'))).toThrow('__metadata__: "epoch" should be a text')
    expect(read(file('{"__metadata__":"x"}'))).toThrow('__metadata__: it should be an object')
  })

  it('refuses holes, overlaps, data without a tensor and sizes that are not the shape’s', () => {
    const pair = (a: number[], b: number[], bytes: number) =>
      read(file(JSON.stringify({ a: entry('U8', [2], a), b: entry('U8', [2], b) }), bytes))
    expect(pair([0, 2], [2, 4], 4)().tensors.size).toBe(2)
    expect([...pair([2, 4], [0, 2], 4)().tensors.keys()]).toEqual(['b', 'a'])
    expect(pair([0, 2], [3, 5], 5)).toThrow('tensor b: its data_offsets [3, 5] should begin at 2')
    expect(pair([0, 2], [1, 3], 3)).toThrow('tensor b: its data_offsets [1, 3] should begin at 2')
    expect(pair([1, 3], [3, 5], 5)).toThrow('tensor a: its data_offsets [1, 3] should begin at 0')
    expect(pair([0, 2], [2, 4], 5)).toThrow('data: the tensors take 4 bytes, but 5 follow the header')
    expect(pair([0, 2], [2, 4], 3)).toThrow('data: the tensors take 4 bytes, but 3 follow the header')
    expect(pair([2, 0], [2, 4], 4)).toThrow('tensor a')
    const one = (shape: number[], bytes: number) =>
      read(file(JSON.stringify({ a: entry('F32', shape, [0, bytes]) }), bytes))
    expect(one([3], 8)).toThrow('tensor a: shape [3] of F32 takes 12 bytes, but its data_offsets give 8')
    expect(one(Array(50).fill(2 ** 50), 8)).toThrow('tensor a: shape')
    expect(one([], 4)().tensors.get('a')?.shape).toEqual([])
  })
})

describe('writeSafetensors', () => {
  const native = () => readSafetensors(fixture('native.safetensors'))

  it('writes the very bytes of the reference implementation', () => {
    const { tensors, metadata } = native()
    expect(writeSafetensors(new Map([...tensors].reverse()), metadata)).toEqual(
      new Uint8Array(fixture('native.safetensors')),
    )
  })

  it('writes an empty file and scalars as the reference implementation does', () => {
    // From the tests of huggingface/safetensors.
    expect([...writeSafetensors({})]).toEqual([8, 0, 0, 0, 0, 0, 0, 0, 123, 125, 32, 32, 32, 32, 32, 32])
    const step = hostTensor('i32', [], Int32Array.of(-5))
    expect(readSafetensors(writeSafetensors({ step })).tensors.get('step')).toEqual(step)
  })

  it('writes equal files for equal contents, whatever their order', () => {
    const one = hostTensor('f32', [1], Float32Array.of(1))
    expect(writeSafetensors({ a: one, b: one }, { x: '1', y: '2' })).toEqual(
      writeSafetensors({ b: one, a: one }, { y: '2', x: '1' }),
    )
  })

  it('writes views of larger arrays', () => {
    const view = hostTensor('f32', [2], Float32Array.of(1, 2, 3, 4).subarray(1, 3))
    expect(readSafetensors(writeSafetensors({ view })).tensors.get('view')?.data).toEqual(Float32Array.of(2, 3))
  })

  it('refuses names and tensors that a file cannot have', () => {
    const tensor = hostTensor('f32', [1], Float32Array.of(1))
    expect(() => writeSafetensors({ __metadata__: tensor })).toThrow(FormatError)
    expect(() => writeSafetensors({ '\ud800': tensor })).toThrow('is not valid Unicode text')
    const wrong: HostTensor = { dtype: 'f32', shape: [2], data: Float32Array.of(1) }
    expect(() => writeSafetensors({ wrong })).toThrow(ShapeError)
    expect(() => writeSafetensors({ wrong: { ...wrong, dtype: 'i32' } })).toThrow(DTypeError)
  })
})

describe('hostTensor', () => {
  it('refuses parts that do not agree', () => {
    expect(() => hostTensor('f32', [2, 2], new Float32Array(3))).toThrow(
      'shape [2, 2] has 4 elements, but the array has 3',
    )
    expect(() => hostTensor('f64', [3], new Float32Array(3))).toThrow(
      'a tensor of dtype f64 cannot keep its values in a Float32Array',
    )
    expect(() => hostTensor('u8', [-1], new Uint8Array(1))).toThrow('whole numbers of 0 or more')
    expect(hostTensor('bool', [2], Uint8Array.of(0, 1)).dtype).toBe('bool')
  })
})

describe('duplicateKey', () => {
  it('compares keys within one object only, and does not mistake texts for keys', () => {
    expect(duplicateKey('{"a":{"a":1},"b":[{"a":1},{"a":2}]}')).toBeUndefined()
    expect(duplicateKey('{"a":"b","b":"a","c":"{\\"c\\":1}","d\\\\":"d:","e":["e","e"]}')).toBeUndefined()
    expect(duplicateKey('{"a":[{"x":1,"y":{"x":1,"x":2}}]}')).toBe('x')
    expect(duplicateKey('{"":1,"":2}')).toBe('')
    expect(duplicateKey(`{"a":"${'x'.repeat(10_000_000)}","a":1}`)).toBe('a')
  })
})
