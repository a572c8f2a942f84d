// Emitted programs: several kernels in order, ranges, far addresses, what is folded, and what is refused.

import { describe, expect, test } from 'vitest'
import type { LoopProgram, Op } from '../../../../src/codegen/loop-program.ts'
import { emitX64 } from '../../../../src/codegen/x64/emit.ts'
import { type InstructionSet, targets } from '../../../../src/codegen/x64/target.ts'
import { CodeMemory } from '../../../../src/devices/native/code-memory.node.ts'
import { loadForeign } from '../../../../src/devices/native/foreign.node.ts'
import { nativeSets } from './native-sets.ts'

function programOf(set: InstructionSet, body: LoopProgram['body'], registers: LoopProgram['registers']): LoopProgram {
  const { lanes } = targets[set]
  return { name: 'test', lanes, registers, variables: 2, argumentTypes: ['f32', 'f32'], body }
}

/** out[i] = in[i] * factor for `lanes` elements per slab. */
function scale(set: InstructionSet, factor: number): LoopProgram {
  const { lanes } = targets[set]
  const at = (arg: number) => ({ arg, offset: 0, terms: [[0, lanes]] as const })
  const body: Op[] = [
    { kind: 'load', to: 1, address: at(0) },
    { kind: 'binary', op: 'multiply', a: 1, b: 0, to: 2 },
    { kind: 'store', from: 2, address: at(1) },
  ]
  const loop = { kind: 'loop', variable: 0, extent: 'range', body } as const
  return programOf(set, [{ kind: 'constant', to: 0, value: factor }, loop], ['f32', 'f32', 'f32'])
}

const tableBytes = 64

function prepare(): { memory: WebAssembly.Memory; origin: number } {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true })
  return { memory, origin: Number(loadForeign().addressOf(new Uint8Array(memory.buffer))) }
}

function setRows(memory: WebAssembly.Memory, origin: number, offsets: readonly number[]): void {
  new BigInt64Array(memory.buffer, 0, offsets.length).set(offsets.map((offset) => BigInt(origin + offset)))
}

describe.each(nativeSets)('%s', (set) => {
  const { lanes } = targets[set]

  test('run calls every kernel over all its slabs, in order', () => {
    const { memory, origin } = prepare()
    setRows(memory, origin, [tableBytes, tableBytes])
    const values = new Float32Array(memory.buffer, tableBytes, 4 * lanes)
    values.set(values.map((_, i) => i))
    const emitted = emitX64({
      kernels: [
        { program: scale(set, 2), slabs: 3 },
        { program: scale(set, 0.5), slabs: 1 },
      ],
      set,
    })
    const code = new CodeMemory(emitted.bytes)
    code.functionAt(emitted.run)(origin, 0, 0)
    expect([...values]).toEqual(Array.from(values, (_, i) => (i < lanes || i >= 3 * lanes ? i : 2 * i)))
  })

  test('a kernel runs the slabs that it is given, and none when there are none', () => {
    const { memory, origin } = prepare()
    setRows(memory, origin, [tableBytes, tableBytes])
    const values = new Float32Array(memory.buffer, tableBytes, 4 * lanes).fill(1)
    const emitted = emitX64({ kernels: [{ program: scale(set, 3), slabs: 4 }], set })
    const code = new CodeMemory(emitted.bytes)
    const kernel = code.functionAt(emitted.kernels[0] as number)
    kernel(origin, 2, 2)
    expect(new Set(values)).toEqual(new Set([1]))
    kernel(origin, 1, 3)
    expect([...values]).toEqual(Array.from(values, (_, i) => (i >= lanes && i < 3 * lanes ? 3 : 1)))
  })

  test('displacements and strides of more than 2 GiB', (context) => {
    const { memory, origin } = prepare()
    const far = 2.5 * 2 ** 30
    try {
      memory.grow(far / 65536 + 1)
    } catch {
      context.skip('the system refuses 2.5 GiB of address space')
    }
    expect(Number(loadForeign().addressOf(new Uint8Array(memory.buffer)))).toBe(origin)
    setRows(memory, origin, [tableBytes, tableBytes])
    const near = new Float32Array(memory.buffer, tableBytes, lanes).fill(5)
    const distant = new Float32Array(memory.buffer, tableBytes + far, lanes).fill(7)
    const at = (offset: number) => ({ arg: 0, offset, terms: [] })
    const moving = { arg: 1, offset: 0, terms: [[0, far / 4]] as const }
    const program = programOf(
      set,
      [
        { kind: 'load', to: 0, address: at(0) },
        { kind: 'load', to: 1, address: at(far / 4) },
        { kind: 'binary', op: 'subtract', a: 1, b: 0, to: 2 },
        { kind: 'store', from: 2, address: at(far / 4) },
        {
          kind: 'loop',
          variable: 0,
          extent: 2,
          body: [
            { kind: 'load', to: 3, address: moving },
            { kind: 'binary', op: 'add', a: 3, b: 3, to: 3 },
            { kind: 'store', from: 3, address: moving },
          ],
        },
      ],
      ['f32', 'f32', 'f32', 'f32'],
    )
    for (const integers of [12, 1]) {
      near.fill(5)
      distant.fill(7)
      const emitted = emitX64({ kernels: [{ program, slabs: 1 }], set, limits: { integers } })
      const code = new CodeMemory(emitted.bytes)
      code.functionAt(emitted.run)(origin, 0, 0)
      expect(new Set(near)).toEqual(new Set([10]))
      expect(new Set(distant)).toEqual(new Set([4]))
    }
  })
})

test('AVX-512 folds a splat that one multiply-add reads; AVX2 loads it first', () => {
  const multiplyAdd = (set: InstructionSet): Uint8Array => {
    const at = (arg: number, offset: number) => ({ arg, offset, terms: [] })
    const program = programOf(
      set,
      [
        { kind: 'load', to: 0, address: at(0, 0) },
        { kind: 'load', to: 1, address: at(0, 64) },
        { kind: 'splat', to: 2, address: at(0, 128) },
        { kind: 'fma', a: 0, b: 2, c: 1, to: 1 },
        // Read twice, the vector stays in its register.
        { kind: 'binary', op: 'add', a: 0, b: 1, to: 1 },
        { kind: 'store', from: 1, address: at(1, 0) },
      ],
      ['f32', 'f32', 'f32'],
    )
    return emitX64({ kernels: [{ program, slabs: 1 }], set }).bytes
  }
  const has = (code: Uint8Array, ...bytes: readonly number[]): boolean =>
    code.some((_, start) => bytes.every((byte, i) => code[start + i] === byte))
  // vbroadcastss ymm: C4 E2 7D 18.
  expect(has(multiplyAdd('avx2'), 0xc4, 0xe2, 0x7d, 0x18)).toBe(true)
  // The same for zmm ends in 48 18; vfmadd213ps or 231 with a broadcast operand in 58 A8 or 58 B8 (P2 and opcode).
  expect(has(multiplyAdd('avx512'), 0x48, 0x18)).toBe(false)
  expect([0xa8, 0xb8, 0x98].some((opcode) => has(multiplyAdd('avx512'), 0x58, opcode))).toBe(true)
})

test('a program that breaks the rules is an error that names it', () => {
  const emit = (body: LoopProgram['body'], registers: LoopProgram['registers'], lanes = 8): void => {
    const program = { ...programOf('avx2', body, registers), lanes }
    emitX64({ kernels: [{ program, slabs: 1 }], set: 'avx2' })
  }
  const address = { arg: 0, offset: 0, terms: [] }
  expect(() => emit([], ['f32'], 4)).toThrow('kernel test: 4 lanes, but its registers ask for 8')
  expect(() => emit([{ kind: 'load', to: 0, address }], ['i32'])).toThrow('meets memory of f32')
  expect(() => emit([{ kind: 'load', to: 0, address, lanes: 9 }], ['f32'])).toThrow('9 lanes of 8')
  expect(() => emit([{ kind: 'shift', op: 'left', a: 0, by: 32, to: 0 }], ['i32'])).toThrow('a shift by 32 of 32 bits')
  expect(() => emit([{ kind: 'binary', op: 'add', a: 0, b: 1, to: 0 }], ['f32', 'i32'])).toThrow('types f32 and i32')
  expect(() => emit([{ kind: 'binary', op: 'divide', a: 0, b: 0, to: 0 }], ['i32'])).toThrow('i32 has no divide')
  expect(() => emit([{ kind: 'loop', variable: 0, extent: -1, body: [] }], ['f32'])).toThrow('a loop of -1 iterations')
  const splat = { kind: 'splat', to: 0, address: { ...address, index: { reg: 1, stride: 1 } } } as const
  expect(() => emit([splat], ['f32', 'i32'])).toThrow('a splat at gathered addresses')
  const program = programOf('avx2', [], [])
  expect(() => emitX64({ kernels: [{ program, slabs: -1 }], set: 'avx2' })).toThrow('kernel test: -1 slabs')
})
