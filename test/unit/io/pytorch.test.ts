// What PyTorch 2.13 saved is read to the bit: every dtype, every way to lie in a storage, both formats, checkpoints of all kinds.

import { describe, expect, it } from 'vitest'
import { readPytorch } from '../../../src/io/pytorch/read-pytorch.ts'
import { described, expected, fixture } from './fixture.ts'

describe('tensors', () => {
  it.each(['every-dtype.pth', 'every-dtype-legacy.th', 'protocol-5.pth', 'big-endian.pth'])(
    '%s: every dtype; offsets, strides, shared and expanded storages',
    (name) => {
      const { tensors, notes } = readPytorch(fixture(name))
      expect(described(tensors)).toEqual(expected.pytorch)
      expect([...tensors.keys()]).toEqual(Object.keys(expected.pytorch))
      expect(Object.is(tensors.get('f16')?.data[1], -0)).toBe(true)
      expect(notes).toEqual([])
      const dtypes = Object.fromEntries([...tensors].map(([key, { dtype }]) => [key, dtype]))
      expect(dtypes).toMatchObject({
        f64: 'f64',
        f16: 'f32',
        bf16: 'f32',
        i64: 'i32',
        i8: 'i32',
        u8: 'u8',
        bool: 'bool',
      })
    },
  )

  it('untyped storages', () => {
    expect(described(readPytorch(fixture('untyped-storages.pth')).tensors)).toEqual(expected.unsigned)
  })

  it('tensors that share a storage do not share memory here', () => {
    const { tensors } = readPytorch(fixture('every-dtype.pth'))
    const [whole, part] = [tensors.get('shared.whole')!, tensors.get('shared.offset')!]
    whole.data[5] = 99
    expect(part.data[0]).toBe(5 / 8)
  })
})

describe('checkpoints', () => {
  it.each(['checkpoint.pth', 'checkpoint-legacy.th'])(
    '%s: the state dict among other things, without module.',
    (name) => {
      const { tensors, notes } = readPytorch(fixture(name))
      expect(described(tensors)).toEqual(expected.checkpoint)
      expect(notes).toEqual([
        "the state dict is the one under 'state_dict'; beside it epoch, best, count, accuracy, optimizer, scheduler, arch, flags",
        "took the prefix 'module.' off all 8 names",
      ])
    },
  )

  it('with several state dicts: the usual one, or the one that is asked for', () => {
    expect(readPytorch(fixture('two-models.pth')).notes).toEqual([
      "the state dict is the one under 'model'; beside it model_ema",
    ])
    const ema = readPytorch(fixture('two-models.pth'), { entry: 'model_ema' })
    expect(ema.notes).toEqual(["the state dict is the one under 'model_ema'; beside it model"])
    expect(described(ema.tensors)).toEqual(expected.checkpoint)
    expect(() => readPytorch(fixture('two-models.pth'), { entry: 'teacher' })).toThrow(
      "checkpoint: there is no dictionary of tensors under 'teacher'; it holds model, model_ema",
    )
  })

  it('with several to choose from are refused', () => {
    expect(() => readPytorch(fixture('student-teacher.pth'), { file: 'a.pth' })).toThrow(
      "a.pth: checkpoint: it holds several dictionaries of tensors, choose one by the option 'entry': student, teacher",
    )
  })
})

describe('refused', () => {
  it.each([
    ['too-large.pth', 'tensor count: element 1 of I64 is 2147483648, which i32 cannot hold'],
    [
      'whole-model.pth',
      'whole-model/data.pkl: at byte 2: "torch.nn.modules.linear.Linear" is no name that builds tensors',
    ],
    ['torchscript.pt', 'constants.pkl: it is a TorchScript program; save the weights alone'],
    ['list.pth', 'checkpoint: expected a dictionary of tensors by name, but it holds a list'],
    ['arrays.npz', 'data.pkl: the archive has none, so torch.save did not write it'],
    ['version-1.npy', 'magic: expected a file that torch.save wrote'],
  ])('%s', (name, message) => {
    expect(() => readPytorch(fixture(name), { file: 'a.pth' })).toThrow(`a.pth: ${message}`)
  })

  it('files that were cut off, at every length, with the name of the file', () => {
    for (const name of ['decoder.pth', 'checkpoint-legacy.th']) {
      const whole = fixture(name)
      for (let length = 0; length < whole.length; length += 7) {
        expect(() => readPytorch(whole.subarray(0, length), { file: name }), `${length}`).toThrow(`${name}: `)
      }
    }
  })
})
