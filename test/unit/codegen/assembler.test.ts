// The assembler against known bytes and against the engine's own validation.

import { describe, expect, test } from 'vitest'
import { assemble } from '../../../src/codegen/wasm/assembler.ts'
import { ByteWriter } from '../../../src/codegen/wasm/byte-writer.ts'
import { probeWasmFeatures } from '../../../src/codegen/wasm/features.ts'
import { FunctionBody } from '../../../src/codegen/wasm/function-body.ts'
import {
  type LaneOpcode,
  laneOpcodes,
  type MemoryLaneOpcode,
  type MemoryOpcode,
  memoryLaneOpcodes,
  memoryOpcodes,
  type PlainOpcode,
  plainOpcodes,
  type ValueType,
} from '../../../src/codegen/wasm/opcodes.ts'
import { measurePeak } from '../../../src/codegen/wasm/peak.ts'

const features = probeWasmFeatures()

describe('LEB128', () => {
  // Examples of the DWARF standard, appendix C, and the ends of the 32-bit range.
  test.each([
    [2, [2]],
    [127, [127]],
    [128, [0x80, 1]],
    [129, [0x81, 1]],
    [12857, [0xb9, 0x64]],
    [624485, [0xe5, 0x8e, 0x26]],
    [0xffffffff, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('unsigned %i', (value, bytes) => {
    expect([...new ByteWriter().unsigned(value).finish()]).toEqual(bytes)
  })

  test.each([
    [2, [2]],
    [-2, [0x7e]],
    [63, [63]],
    [64, [0xc0, 0]],
    [-64, [0x40]],
    [-65, [0xbf, 0x7f]],
    [127, [0xff, 0]],
    [-127, [0x81, 0x7f]],
    [128, [0x80, 1]],
    [-128, [0x80, 0x7f]],
    [-123456, [0xc0, 0xbb, 0x78]],
    [2 ** 31 - 1, [0xff, 0xff, 0xff, 0xff, 0x07]],
    [-(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x78]],
  ])('signed %i', (value, bytes) => {
    expect([...new ByteWriter().signed(value).finish()]).toEqual(bytes)
  })
})

test('a byte writer keeps what it holds when it grows', () => {
  const writer = new ByteWriter()
  for (let value = 0; value < 1000; value++) writer.byte(value & 255)
  writer.bytes(new Uint8Array(3000).fill(7))
  expect(writer.length).toBe(4000)
  expect([...writer.finish().subarray(998, 1002)]).toEqual([998 & 255, 999 & 255, 7, 7])
})

test('a module is the binary format, byte by byte', () => {
  const body = new FunctionBody({ parameters: ['i32', 'i32'], results: ['i32'] })
  body.get(0).get(1).op('i32.add')
  const bytes = assemble({ functions: [{ body, exported: 'add' }] })
  const expected = [
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x07, 0x01, 0x60, 0x02, 0x7f, 0x7f, 0x01, 0x7f],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x07, 0x07, 0x01, 0x03, 0x61, 0x64, 0x64, 0x00, 0x00],
    ...[0x0a, 0x09, 0x01, 0x07, 0x00, 0x20, 0x00, 0x20, 0x01, 0x6a, 0x0b],
  ]
  expect([...bytes]).toEqual(expected)
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  expect((exports.add as (a: number, b: number) => number)(40, 2)).toBe(42)
})

test.each([
  { shared: false, flags: 1 },
  { shared: true, flags: 3 },
])('memory is imported as env.memory: $shared', ({ shared, flags }) => {
  const bytes = assemble({ memory: { shared, maximumPages: 256 }, functions: [] })
  const entry = [
    0x02,
    0x11,
    0x01,
    0x03,
    0x65,
    0x6e,
    0x76,
    0x06,
    0x6d,
    0x65,
    0x6d,
    0x6f,
    0x72,
    0x79,
    0x02,
    flags,
    0x00,
    0x80,
    0x02,
  ]
  expect([...bytes.subarray(8)]).toEqual(entry)
  const imports = (maximum: number): WebAssembly.Imports => ({
    env: { memory: new WebAssembly.Memory({ initial: 1, maximum, shared }) },
  })
  const module = new WebAssembly.Module(bytes)
  expect(() => new WebAssembly.Instance(module, imports(256))).not.toThrow()
  expect(() => new WebAssembly.Instance(module, imports(257))).toThrow(WebAssembly.LinkError)
})

/** Operand and result types of each instruction without immediates, in the specification's notation. */
const signatures: readonly (readonly [pattern: RegExp, operands: readonly ValueType[], result: ValueType])[] = [
  [/^i32\.eqz$/, ['i32'], 'i32'],
  [/^i32\./, ['i32', 'i32'], 'i32'],
  [/^i32x4\.splat$/, ['i32'], 'v128'],
  [/^f32x4\.splat$/, ['f32'], 'v128'],
  [/^f64x2\.splat$/, ['f64'], 'v128'],
  [/(shl|shr_s|shr_u)$/, ['v128', 'i32'], 'v128'],
  [/(bitselect|relaxed_madd|relaxed_laneselect)$/, ['v128', 'v128', 'v128'], 'v128'],
  [/(demote|promote|extend|trunc|convert|ceil|floor|nearest|abs|neg|sqrt)/, ['v128'], 'v128'],
  [/^(v128|[if]\d+x\d+)\./, ['v128', 'v128'], 'v128'],
]

test.each(Object.keys(plainOpcodes) as PlainOpcode[])('%s has the type of its name', (name) => {
  const [, operands, result] = signatures.find(([pattern]) => pattern.test(name))!
  if (name.includes('relaxed') && !features.relaxedMadd) return
  const body = new FunctionBody({ parameters: operands, results: [result] })
  for (const index of operands.keys()) body.get(index)
  body.op(name)
  expect(WebAssembly.validate(assemble({ functions: [{ body }] }))).toBe(true)
})

const memory = { shared: false, maximumPages: 1 }

/** Whether a function (address: i32, value: v128) of these instructions validates. */
function validates(result: ValueType | undefined, write: (body: FunctionBody) => void): boolean {
  const body = new FunctionBody({ parameters: ['i32', 'v128'], results: result === undefined ? [] : [result] })
  write(body)
  return WebAssembly.validate(assemble({ memory, functions: [{ body }] }))
}

test.each(Object.keys(memoryOpcodes) as MemoryOpcode[])('%s takes any offset of 32 bits', (name) => {
  const [result, operands] = name.includes('store')
    ? [undefined, 2]
    : ([name.startsWith('i32') ? 'i32' : 'v128', 1] as const)
  const write = (body: FunctionBody): void => {
    for (let operand = 0; operand < operands; operand++) body.get(operand)
    body.memory(name, 2 ** 32 - 1)
  }
  expect(validates(result, write)).toBe(true)
})

test.each(Object.keys(memoryLaneOpcodes) as MemoryLaneOpcode[])('%s takes the lanes of its width', (name) => {
  const lanes = 128 / Number(name.match(/\d+(?=_lane)/)?.[0])
  const result = name.includes('load') ? 'v128' : undefined
  const valid = (lane: number) => validates(result, (body) => body.get(0).get(1).memoryLane(name, 300, lane))
  expect([valid(0), valid(lanes - 1), valid(lanes)]).toEqual([true, true, false])
})

test.each(Object.keys(laneOpcodes) as LaneOpcode[])('%s takes the lanes of its width', (name) => {
  const lanes = Number(name.match(/x(\d+)/)?.[1])
  const valid = (lane: number) =>
    validates(name.startsWith('f') ? 'f32' : 'i32', (body) => body.get(1).lane(name, lane))
  expect([valid(0), valid(lanes - 1), valid(lanes)]).toEqual([true, true, false])
})

test('the peak is that of a machine', () => {
  const peak = measurePeak({ relaxedMadd: features.relaxedMadd, duration: 20 })
  expect(peak).toBeGreaterThan(1)
  expect(peak).toBeLessThan(1000)
})
