// A hostile pickle runs nothing: whatever opcode or name it tries, it is an error that names it.

import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../../../src/core/errors.ts'
import type { PickleValue } from '../../../src/data/formats/pickle-values.ts'
import { unpickle } from '../../../src/data/formats/unpickler.ts'
import { pytorchGlobal } from '../../../src/io/pytorch/globals.ts'
import { readPytorch } from '../../../src/io/pytorch/read-pytorch.ts'
import { fixture } from './fixture.ts'

/** Bytes of a pickle: texts are themselves, numbers are bytes. */
function pickle(...parts: readonly (string | number)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === 'number' ? [part] : [...new TextEncoder().encode(part)])),
  )
}

function run(bytes: Uint8Array): PickleValue {
  return unpickle(bytes, 0, { file: 'a.pth', field: 'data.pkl', global: pytorchGlobal, persistent: () => undefined })
    .value
}

const call = (module: string, name: string) =>
  pickle(0x80, 2, `c${module}\n${name}\n`, 'X', 1, 0, 0, 0, 'a', 0x85, 'R.')

describe('code', () => {
  it.each(['hostile.pth', 'hostile-legacy.th'])('%s, which PyTorch saved, runs nothing', (name) => {
    expect(() => readPytorch(fixture(name), { file: name })).toThrow(/"posix\.system" is no name that builds tensors/)
    expect(existsSync('/tmp/ocellus-was-here')).toBe(false)
  })

  it.each([
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['builtins', 'exec'],
    ['builtins', 'getattr'],
    ['__builtin__', 'eval'],
    ['subprocess', 'Popen'],
    ['torch', 'load'],
    ['torch.hub', 'load'],
    ['torch.utils._config_module', 'ConfigModule'],
    ['numpy.core.multiarray', '_reconstruct'],
    ['_codecs', 'decode'],
    ['collections', 'defaultdict'],
    ['torch._utils', '_rebuild_sparse_tensor'],
    ['torch._utils', '__class__'],
    ['__proto__', 'constructor'],
    ['', ''],
  ])('%s.%s is no name that is known', (module, name) => {
    expect(() => run(call(module, name))).toThrow(`a.pth: data.pkl: at byte 2: "${module}.${name}" is no name`)
    const stacked = pickle(0x80, 4, 0x8c, module.length, module, 0x8c, name.length, name, 0x93, ')R.')
    expect(() => run(stacked)).toThrow(`"${module}.${name}" is no name that builds tensors`)
  })

  it.each([
    ['INST', pickle("(S'ls'\nios\nsystem\n."), 'STRING'],
    ['INST', pickle('(ios\nsystem\n.'), 'INST'],
    ['OBJ', pickle('(o.'), 'OBJ'],
    ['EXT1', pickle(0x82, 1, '.'), 'EXT1'],
    ['NEWOBJ_EX', pickle(0x92, '.'), 'NEWOBJ_EX'],
    ['PERSID', pickle('P1\n.'), 'PERSID'],
    ['NEXT_BUFFER', pickle(0x97, '.'), 'NEXT_BUFFER'],
    ['nothing of the kind', pickle(0xff), '0xff'],
  ])('the opcode %s is not run', (_, bytes, name) => {
    expect(() => run(bytes)).toThrow(`opcode ${name} builds no tensors and is not run`)
  })

  it('what is known can be called only as it is meant, and nothing else can be called or given a state', () => {
    expect(() => run(pickle('ctorch\nFloatStorage\n)R.'))).toThrow(
      'torch.FloatStorage is called, which nothing is run for',
    )
    expect(() => run(pickle('Nq\x00)R.'))).toThrow('None is called')
    expect(() => run(pickle('ctorch\nSize\n)R.'))).toThrow('torch.Size is called with arguments that it does not take')
    expect(() => run(pickle('ctorch._utils\n_rebuild_tensor_v2\n(NK\x00))N', 0x89, 'NtR.'))).toThrow('does not take')
    expect(() => run(pickle('ctorch\nSize\n}b.'))).toThrow('a state is given to torch.Size')
    expect(() => run(pickle(']}b.'))).toThrow('a state is given to a list')
    expect(() => run(pickle('NQ.'))).toThrow('an identifier of something outside the pickle is no storage')
  })

  it('keys named like parts of JavaScript objects are keys', () => {
    const value = run(pickle('}X', 9, 0, 0, 0, '__proto__', '}s.'))
    expect(value).toEqual(new Map([['__proto__', new Map()]]))
    expect(Object.prototype).not.toHaveProperty('polluted')
  })
})

describe('damage', () => {
  it.each([
    ['nothing', pickle(), 'the pickle is cut off: 1 bytes more are needed'],
    ['no end', pickle('}'), 'the pickle is cut off'],
    ['absurd text', pickle('X', 255, 255, 255, 255, 'a.'), 'the pickle is cut off: 4294967295 bytes more are needed'],
    ['absurd long text', pickle(0x8d, 255, 255, 255, 255, 255, 255, 255, 255), 'the pickle is cut off'],
    ['absurd integer', pickle(0x8b, 255, 255, 0, 0, '.'), 'an integer of 65535 bytes makes no sense'],
    ['empty stack', pickle('.'), 'a value is missing on the stack'],
    ['no mark', pickle('t.'), 'a mark is missing on the stack'],
    ['no values', pickle('N', 0x87, '.'), 'values are missing on the stack'],
    ['unknown memo', pickle('h', 7, '.'), 'the value 7 is used before it was kept'],
    ['protocol', pickle(0x80, 6, 'N.'), 'protocol 6 is not read'],
    ['items of nothing', pickle('NNa.'), 'items are appended to None'],
    ['pairs of nothing', pickle('NNNs.'), 'items are set in None'],
    ['half a pair', pickle('}(Nu.'), 'a key of a dictionary comes without a value'],
    ['a key twice', pickle('}(K', 1, 'NK', 1, 'Nu.'), 'the name "1" occurs twice in a dictionary'],
    ['no UTF-8', pickle('X', 1, 0, 0, 0, 255, '.'), 'a text is no valid UTF-8'],
    ['an endless name', pickle('ctorch'), 'a name is cut off'],
  ])('%s', (_, bytes, message) => {
    expect(() => run(bytes)).toThrow(FormatError)
    expect(() => run(bytes)).toThrow(message)
  })

  it('dictionaries within themselves, and doubled a hundred times, end soon', () => {
    const doubled = pickle(']', ...Array.from({ length: 100 }, () => ['2', 0x86]).flat(), '.')
    expect(run(doubled)).toBeDefined()
    const circle = pickle('}q\x00X', 5, 0, 0, 0, 'modelh\x00s.')
    expect(run(circle)).toBeInstanceOf(Map)
  })
})
