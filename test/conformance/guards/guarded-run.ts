// A graph compiled to machine code and run once with every row of its argument table, the table and the scalars between guard pages.

import { emitX64 } from '../../../src/codegen/x64/emit.ts'
import type { InstructionSet } from '../../../src/codegen/x64/target.ts'
import { bytesOf, type TypedArray, viewArray } from '../../../src/core/dtype.ts'
import { sizeOf } from '../../../src/core/shape.ts'
import { lowerGraph } from '../../../src/devices/compile-program.ts'
import { CodeMemory } from '../../../src/devices/native/code-memory.node.ts'
import { targetHere } from '../../../src/devices/native/features.node.ts'
import type { Graph } from '../../../src/graph/graph.ts'
import { GuardedMemory } from './guarded-memory.ts'

const slotBytes = 8

export interface GuardedRun {
  readonly outputs: readonly TypedArray[]
  /** Values of the variables after the run. */
  readonly variables: readonly TypedArray[]
  readonly violation: string | undefined
}

export interface GuardedArguments {
  readonly inputs: readonly TypedArray[]
  readonly scalars: readonly number[]
  readonly variables: readonly TypedArray[]
}

export function runGuarded(graph: Graph, set: InstructionSet, args: GuardedArguments): GuardedRun {
  const { program, kernels } = lowerGraph(graph, targetHere(set), 2)
  const { rows, table, scalars } = program
  const emitted = emitX64({ kernels, set })
  const code = new CodeMemory(emitted.bytes)
  // Rows of the table that are views of one scalar block share its buffer; the table comes last.
  const [scalarBuffer, tableBuffer] = [rows.length, rows.length + 1]
  const sizes = rows.map((row) => ('bytes' in row ? row.bytes : 0))
  const memory = new GuardedMemory([...sizes, scalars.length * slotBytes, table.length * 8])
  const addressOf = (buffer: number): bigint => (memory.buffers[buffer] as { address: bigint }).address
  const addresses = rows.map((row, i) => addressOf(row.kind === 'scalars' ? scalarBuffer : i))
  memory.write(
    tableBuffer,
    BigInt64Array.from(table, (row) => addresses[row] as bigint),
  )
  const block = new ArrayBuffer(scalars.length * slotBytes)
  for (const [slot, dtype] of scalars.entries())
    viewArray(dtype, block, slot * slotBytes, 1)[0] = args.scalars[slot] as number
  memory.write(scalarBuffer, new Uint8Array(block))
  for (const [i, { row }] of program.inputs.entries()) memory.write(row, args.inputs[i] as TypedArray)
  const variableRow = (index: number): number => rows.findIndex((row) => row.kind === 'variable' && row.index === index)
  for (const [index, values] of args.variables.entries()) memory.write(variableRow(index), values)
  code.functionAt(emitted.run)(addressOf(tableBuffer), 0, 0)
  const result = {
    outputs: program.outputs.map(({ row, dtype, shape }) =>
      viewArray(dtype, memory.read(row).buffer, 0, sizeOf(shape)),
    ),
    variables: graph.variables.map(({ dtype, shape }, index) => {
      const bytes = memory.read(variableRow(index))
      return viewArray(dtype, bytes.buffer, 0, sizeOf(shape)).slice(0, bytes.length / bytesOf(dtype))
    }),
    violation: memory.violation(),
  }
  memory.release()
  return result
}
