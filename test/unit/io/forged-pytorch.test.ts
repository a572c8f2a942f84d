// PyTorch files that lie about their tensors and storages: each lie is an error that names file and field.

import { describe, expect, it } from 'vitest'
import { readPytorch } from '../../../src/io/pytorch/read-pytorch.ts'
import { archiveOf, type Packed } from './archive.ts'

interface Claim {
  readonly name?: string
  readonly key?: string
  readonly storage?: string
  readonly count?: number
  readonly offset?: number
  readonly size?: readonly number[]
  readonly stride?: readonly number[]
}

type Part = string | number | readonly Part[]

const text = (value: string): Part => ['X', value.length, 0, 0, 0, value]

/** A signed integer of 8 bytes. */
const integer = (value: number): Part => [
  0x8a,
  8,
  ...Array.from({ length: 8 }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n)),
]

const tuple = (...items: Part[]): Part => ['(', ...items, 't']

/** A tensor as torch.save pickles it: 2 x 3 elements of a storage of 6 floats. */
function tensor(claim: Claim): Part {
  const { key = '0', storage = 'FloatStorage', count = 6, offset = 0, size = [2, 3], stride = [3, 1] } = claim
  const id = tuple(text('storage'), `ctorch\n${storage}\n`, text(key), text('cpu'), integer(count))
  const [extents, steps] = [tuple(...size.map(integer)), tuple(...stride.map(integer))]
  return ['ctorch._utils\n_rebuild_tensor_v2\n', tuple([id, 'Q'], integer(offset), extents, steps, 0x89, '}'), 'R']
}

function bytes(part: Part): number[] {
  if (typeof part === 'number') return [part]
  return typeof part === 'string' ? [...new TextEncoder().encode(part)] : part.flatMap(bytes)
}

/** A state dict of the claimed tensors, named `weight` unless they say otherwise, in an archive with one storage. */
function read(claims: readonly Claim[], others: readonly Packed[] = []): ReturnType<typeof readPytorch> {
  const items = claims.flatMap((claim) => [text(claim.name ?? 'weight'), tensor(claim)])
  const pickle = Uint8Array.from(bytes([0x80, 2, '}', '(', ...items, 'u.']))
  const storage = new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer)
  const files = [{ name: 'a/data.pkl', bytes: pickle }, { name: 'a/data/0', bytes: storage }, ...others]
  return readPytorch(archiveOf(files), { file: 'a.pth' })
}

it('the honest one is read', () => {
  const [[name, weight] = []] = read([{}]).tensors
  expect([name, weight]).toEqual(['weight', { dtype: 'f32', shape: [2, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) }])
  expect(read([{ size: [], stride: [], offset: 4 }]).tensors.get('weight')?.data).toEqual(Float32Array.of(4))
  expect(read([{ size: [0, 3], offset: 6 }]).tensors.get('weight')?.shape).toEqual([0, 3])
})

describe('refused', () => {
  const most = Number.MAX_SAFE_INTEGER
  it.each<[string, Claim, string]>([
    [
      'beyond the storage',
      { offset: 1 },
      'tensor weight: shape [2, 3] from element 1 on with strides [3, 1] reaches beyond its storage 0',
    ],
    [
      'strides beyond it',
      { stride: [4, 1] },
      'tensor weight: shape [2, 3] from element 0 on with strides [4, 1] reaches',
    ],
    [
      'an absurd shape',
      { size: [most, most] },
      'tensor weight: shape [9007199254740991, 9007199254740991] from element 0',
    ],
    ['an absurd offset', { offset: most }, 'tensor weight: shape [2, 3] from element 9007199254740991'],
    [
      'one element over and over',
      { size: [most, most], stride: [0, 0] },
      'tensor weight: shape [9007199254740991, 9007199254740991] of f32 makes the tensors take more than 16777216 bytes',
    ],
    ['much of nothing', { size: [2 ** 40, 3], stride: [0, 1] }, 'makes the tensors take more than'],
    ['a negative extent', { size: [-1, 3] }, 'data.pkl: at byte'],
    ['a negative stride', { stride: [-3, 1] }, '_rebuild_tensor_v2 is called with arguments that it does not take'],
    ['a negative offset', { offset: -1 }, '_rebuild_tensor_v2 is called with arguments that it does not take'],
    [
      'fewer strides than extents',
      { stride: [1] },
      '_rebuild_tensor_v2 is called with arguments that it does not take',
    ],
    ['another element type', { storage: 'DoubleStorage' }, 'a/data/0: it has 24 bytes, but the pickle announces 48'],
    ['another count', { count: 7 }, 'a/data/0: it has 24 bytes, but the pickle announces 28'],
    ['an absurd count', { count: most }, 'a/data/0: it has 24 bytes, but the pickle announces'],
    ['a negative count', { count: -1 }, 'an identifier of something outside the pickle is no storage'],
    ['no class of a storage', { storage: 'float32' }, 'an identifier of something outside the pickle is no storage'],
    ['a storage that is missing', { key: '7' }, 'a/data/7: the archive has no such storage, though its pickle uses it'],
    ['a storage elsewhere', { key: '../../0' }, 'a/data/../../0: the archive has no such storage'],
  ])('%s', (_, claim, message) => {
    expect(() => read([claim])).toThrow(message)
    expect(() => read([claim])).toThrow('a.pth: ')
  })

  it('a name that occurs twice', () => {
    expect(() => read([{}, {}])).toThrow('the name "weight" occurs twice in a dictionary')
  })

  it('many tensors that claim the same storage over and over', () => {
    const large = { size: [1024, 1024], stride: [0, 0] }
    expect(read([large]).tensors.size).toBe(1)
    const claims = Array.from({ length: 5 }, (_, i) => ({ ...large, name: `t${i}` }))
    expect(() => read(claims)).toThrow('a.pth: tensor t4: shape [1024, 1024] of f32 makes the tensors take more than')
  })

  it('a byte order that is none', () => {
    const order = { name: 'a/byteorder', bytes: new TextEncoder().encode('middle') }
    expect(() => read([{}], [order])).toThrow('a.pth: a/byteorder: it should be little or big, not "middle"')
  })

  it('files in the archive that lead out of it', () => {
    const evil = { name: '../evil', bytes: new Uint8Array(1) }
    expect(() => read([{}], [evil])).toThrow('a.pth: name "../evil": it leads out of the archive')
  })
})
