// An independent, slow reading of LoopProgram: lane by lane in plain numbers, the truth that emitted code is compared with.

import type { Address, LoopProgram, LoopVar, Op, Reg, Statement } from '../../../src/codegen/loop-program.ts'
import { bytesOf } from '../../../src/core/dtype.ts'
import { fusedMultiplyAdd32, fusedMultiplyAdd64 } from './fused.ts'
import { binary, bits, compare, fromBits, rounded, shift, Undetermined, unary } from './lane-arithmetic.ts'

/** A lane that the program's rules leave open (beyond a partial load, never written). */
type Lane = number | undefined

export interface Run {
  readonly program: LoopProgram
  /** The whole memory; read and written. */
  readonly memory: ArrayBuffer
  /** Address of each argument row. */
  readonly bases: readonly number[]
  readonly first: number
  readonly last: number
  /** fma rounds once. */
  readonly fused: boolean
}

export function interpret({ program, memory, bases, first, last, fused }: Run): void {
  const { lanes } = program
  const view = new DataView(memory)
  const registers: Lane[][] = program.registers.map(() => Array<Lane>(lanes).fill(undefined))
  const variables = new Map<LoopVar, number>()
  const read = (reg: Reg): Lane[] => registers[reg] as Lane[]

  const elementAddress = ({ arg, offset, terms }: Address, element: number): number => {
    let position = offset + element
    for (const [variable, stride] of terms) position += (variables.get(variable) as number) * stride
    return (bases[arg] as number) + position * bytesOf(program.argumentTypes[arg]!)
  }
  const laneElement = (address: Address, lane: number, step: number): number => {
    if (address.index === undefined) return lane * step
    return determined(read(address.index.reg)[lane]) * address.index.stride
  }
  const loadElement = (address: Address, element: number): number => {
    const at = elementAddress(address, element)
    switch (program.argumentTypes[address.arg]!) {
      case 'f32':
        return view.getFloat32(at, true)
      case 'f64':
        return view.getFloat64(at, true)
      case 'i32':
      case 'u32':
        return view.getInt32(at, true)
      case 'u8':
      case 'bool':
        return view.getUint8(at)
    }
  }
  const storeElement = (address: Address, element: number, value: number): void => {
    const at = elementAddress(address, element)
    const dtype = program.argumentTypes[address.arg]
    if (dtype === 'f32') view.setFloat32(at, value, true)
    else if (dtype === 'f64') view.setFloat64(at, value, true)
    else if (dtype === 'u8') view.setUint8(at, value & 255)
    else if (dtype === 'bool') view.setUint8(at, value === 0 ? 0 : 1)
    else view.setInt32(at, value, true)
  }
  const each = (to: Reg, lane: (lane: number) => Lane): void => {
    registers[to] = Array.from({ length: lanes }, (_, index) => lane(index))
  }
  /** Lane by lane on operands; undefined where one of them is. */
  const map = (to: Reg, operands: readonly Reg[], compute: (...values: number[]) => number): void => {
    each(to, (lane) => {
      const values = operands.map((reg) => read(reg)[lane])
      return values.some((value) => value === undefined) ? undefined : compute(...(values as number[]))
    })
  }

  const operation = (op: Op): void => {
    switch (op.kind) {
      case 'load': {
        const count = op.lanes ?? lanes
        const values = Array.from({ length: count }, (_, lane) =>
          loadElement(op.address, laneElement(op.address, lane, op.step ?? 1)),
        )
        each(op.to, (lane) => values[lane])
        break
      }
      case 'splat': {
        const value = loadElement(op.address, 0)
        each(op.to, () => value)
        break
      }
      case 'store':
        for (let lane = 0; lane < (op.lanes ?? lanes); lane++) {
          storeElement(op.address, laneElement(op.address, lane, op.step ?? 1), determined(read(op.from)[lane]))
        }
        break
      case 'constant': {
        const type = program.registers[op.to]
        const value = type === 'f32' ? Math.fround(op.value) : type === 'i32' ? op.value | 0 : op.value
        each(op.to, () => value)
        break
      }
      case 'index': {
        let value = op.offset
        for (const [variable, stride] of op.terms) value += (variables.get(variable) as number) * stride
        each(op.to, (lane) => (value + lane * op.step) | 0)
        break
      }
      case 'move':
        map(op.to, [op.from], (value) => value)
        break
      case 'unary': {
        const type = program.registers[op.a]!
        map(op.to, [op.a], (a) => rounded(type, unary(op.op, a)))
        break
      }
      case 'binary': {
        const type = program.registers[op.a]!
        map(op.to, [op.a, op.b], (a, b) => binary(type, op.op, a, b))
        break
      }
      case 'fma': {
        const type = program.registers[op.a]!
        map(op.to, [op.a, op.b, op.c], (a, b, c) => {
          if (!fused) return rounded(type, rounded(type, a * b) + c)
          return type === 'f32' ? fusedMultiplyAdd32(a, b, c) : fusedMultiplyAdd64(a, b, c)
        })
        break
      }
      case 'shift':
        map(op.to, [op.a], (a) => shift(op.op, a, op.by))
        break
      case 'select':
        map(op.to, [op.a, op.b, op.x, op.y], (a, b, x, y) => (compare(op.compare, a, b) ? x : y))
        break
      case 'lanes': {
        const [a, b] = [read(op.a), read(op.b)]
        each(op.to, (lane) => (lane < op.n ? a[lane] : b[lane]))
        break
      }
      case 'fold': {
        const type = program.registers[op.to]!
        let values = op.parts.flatMap((part) => read(part))
        while (values.length > 1) {
          const half = values.length / 2
          values = Array.from({ length: half }, (_, lane) => {
            const [a, b] = [values[lane], values[lane + half]]
            return a === undefined || b === undefined ? undefined : binary(type, op.op, a, b)
          })
        }
        each(op.to, () => values[0])
        break
      }
      case 'convert': {
        const type = program.registers[op.to]!
        map(op.to, [op.from], (value) => {
          if (type !== 'i32') return rounded(type, value)
          if (Number.isNaN(value)) return 0
          return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(value))) | 0
        })
        break
      }
      case 'reinterpret': {
        const [from, to] = [program.registers[op.from]!, program.registers[op.to]!]
        map(op.to, [op.from], (value) => {
          return from === to ? value : fromBits(to, bits(from, value))
        })
        break
      }
      case 'prefetch':
      case 'fence':
        break
    }
  }

  const run = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      if (statement.kind !== 'loop') operation(statement)
      else {
        const [from, to] = statement.extent === 'range' ? [first, last] : [0, statement.extent]
        for (let value = from; value < to; value++) {
          variables.set(statement.variable, value)
          run(statement.body)
        }
      }
    }
  }
  run(program.body)
}

function determined(lane: Lane): number {
  if (lane === undefined) throw new Undetermined('an undefined lane is used')
  return lane
}
