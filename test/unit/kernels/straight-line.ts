// Runs a straight line of arithmetic operations for one lane, with and without fused multiply-add: the oracle of the macros' tests.

import type { Op, Reg, Statement } from '../../../src/codegen/loop-program.ts'
import { Builder } from '../../../src/kernels/builder.ts'

const bytes = new DataView(new ArrayBuffer(8))

/** a * 2^-exponent as an integer: every finite double is such a pair. */
function integerParts(a: number): { integer: bigint; exponent: number } {
  bytes.setFloat64(0, a)
  const bits = bytes.getBigUint64(0)
  const stored = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const magnitude = stored === 0 ? fraction : fraction | 0x10000000000000n
  return { integer: a < 0 ? -magnitude : magnitude, exponent: Math.max(stored, 1) - 1075 }
}

/**
 * a * b + c rounded once, in integers: Number() rounds them to nearest even. A subnormal result is rounded twice.
 */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  if (!Number.isFinite(a) || !Number.isFinite(b) || !Number.isFinite(c) || a === 0 || b === 0) return a * b + c
  const [x, y, z] = [integerParts(a), integerParts(b), integerParts(c)]
  let exponent = Math.min(x.exponent + y.exponent, z.exponent)
  const product = (x.integer * y.integer) << BigInt(x.exponent + y.exponent - exponent)
  const sum = product + (z.integer << BigInt(z.exponent - exponent))
  if (sum === 0n) return 0
  // 64 leading bits and whether anything follows them decide the rounding.
  let magnitude = sum < 0n ? -sum : sum
  const excess = magnitude.toString(16).length * 4 - 64
  if (excess > 0) {
    const kept = magnitude >> BigInt(excess)
    magnitude = kept << BigInt(excess) === magnitude ? kept : kept | 1n
    exponent += excess
  }
  // 2^exponent alone may lie outside the range of doubles.
  const half = Math.trunc(exponent / 2)
  return Number(sum < 0n ? -magnitude : magnitude) * 2 ** half * 2 ** (exponent - half)
}

function bitwise(op: 'and' | 'or' | 'xor', a: number, b: number): number {
  if (op === 'and') return a & b
  return op === 'or' ? a | b : a ^ b
}

type Cell = number
type Step = (registers: Cell[]) => void

function toFloat32(bits: number): number {
  bytes.setInt32(0, bits)
  return bytes.getFloat32(0)
}

function toBits32(value: number): number {
  bytes.setFloat32(0, value)
  return bytes.getInt32(0)
}

function logic(type: string, op: 'and' | 'or' | 'xor', a: number, b: number): number {
  if (type === 'i32') return bitwise(op, a, b)
  if (type === 'f32') return toFloat32(bitwise(op, toBits32(a), toBits32(b)))
  bytes.setFloat64(0, a)
  const [high, low] = [bytes.getInt32(0), bytes.getInt32(4)]
  bytes.setFloat64(0, b)
  bytes.setInt32(0, bitwise(op, high, bytes.getInt32(0)))
  bytes.setInt32(4, bitwise(op, low, bytes.getInt32(4)))
  return bytes.getFloat64(0)
}

function shifted(op: string, a: number, by: number): number {
  if (op === 'left') return a << by
  if (op === 'right') return a >> by
  if (op === 'rightUnsigned') return (a >>> by) | 0
  bytes.setFloat64(0, a)
  const bits = bytes.getBigUint64(0)
  bytes.setBigUint64(0, BigInt.asUintN(64, op === 'left64' ? bits << BigInt(by) : bits >> BigInt(by)))
  return bytes.getFloat64(0)
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  less: (a, b) => a < b,
  lessEqual: (a, b) => a <= b,
  equal: (a, b) => a === b,
  notEqual: (a, b) => a !== b,
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  min: (a, b) => (a < b ? a : b),
  max: (a, b) => (a > b ? a : b),
}

const unaries: Readonly<Record<string, (a: number) => number>> = {
  negate: (a) => -a,
  abs: Math.abs,
  sqrt: Math.sqrt,
  trunc: Math.trunc,
  floor: Math.floor,
  ceil: Math.ceil,
}

function known<T>(table: Readonly<Record<string, T>>, key: string): T {
  const found = table[key]
  if (found === undefined) throw new Error(`the straight line has no '${key}'`)
  return found
}

function stepOf(op: Op, types: readonly string[], fused: boolean): Step {
  if (!('to' in op)) throw new Error(`the straight line has no '${op.kind}'`)
  const { to } = op
  const round = types[to] === 'f32' ? Math.fround : (value: number): number => value
  switch (op.kind) {
    case 'constant': {
      const value = round(op.value)
      return (r) => {
        r[to] = value
      }
    }
    case 'unary': {
      const apply = known(unaries, op.op)
      return (r) => {
        r[to] = round(apply(r[op.a]!))
      }
    }
    case 'binary': {
      const { op: name, a, b } = op
      if (name === 'and' || name === 'or' || name === 'xor') {
        const type = types[to] as string
        return (r) => {
          r[to] = logic(type, name, r[a]!, r[b]!)
        }
      }
      const apply = known(arithmetic, name)
      return (r) => {
        r[to] = round(apply(r[a]!, r[b]!))
      }
    }
    case 'fma': {
      // In f32 the product is exact in a double; the sum is then rounded twice, which almost never matters.
      const apply = types[to] === 'f32' ? (a: number, b: number, c: number): number => a * b + c : fusedMultiplyAdd
      const { a, b, c } = op
      return fused
        ? (r) => {
            r[to] = round(apply(r[a]!, r[b]!, r[c]!))
          }
        : (r) => {
            r[to] = round(round(r[a]! * r[b]!) + r[c]!)
          }
    }
    case 'shift':
      return (r) => {
        r[to] = shifted(op.op, r[op.a]!, op.by)
      }
    case 'select': {
      const compare = known(comparisons, op.compare)
      return (r) => {
        r[to] = compare(r[op.a]!, r[op.b]!) ? r[op.x]! : r[op.y]!
      }
    }
    case 'reinterpret': {
      const apply = types[to] === 'i32' ? toBits32 : toFloat32
      return (r) => {
        r[to] = apply(r[op.from]!)
      }
    }
    default:
      throw new Error(`the straight line has no '${op.kind}'`)
  }
}

export interface StraightLine {
  /** Operations that cost time: all but constants and reinterpretations. */
  readonly operations: number
  evaluate(...inputs: number[]): number
}

/** The function that `write` emits for `inputs` registers of `type`. */
export function straightLine(
  type: 'f32' | 'f64',
  inputs: number,
  write: (b: Builder, ...registers: Reg[]) => Reg,
  options: { readonly fused: boolean },
): StraightLine {
  const b = new Builder(1)
  const registers = Array.from({ length: inputs }, () => b.register(type))
  const result = write(b, ...registers)
  const program = b.finish('straight line')
  const ops = program.body.filter((statement: Statement): statement is Op => statement.kind !== 'loop')
  const steps = ops.map((op) => stepOf(op, program.registers, options.fused))
  const cells: Cell[] = new Array<number>(program.registers.length).fill(0)
  return {
    operations: ops.filter((op) => op.kind !== 'constant' && op.kind !== 'reinterpret').length,
    evaluate(...values) {
      registers.forEach((register, i) => {
        cells[register] = values[i] as number
      })
      for (const step of steps) step(cells)
      return cells[result] as number
    },
  }
}
