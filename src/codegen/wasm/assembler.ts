// Puts functions together into a WebAssembly module: the binary format's sections, in their order.

import { ByteWriter } from './byte-writer.ts'
import type { FunctionBody, Signature } from './function-body.ts'
import { valueTypes } from './opcodes.ts'

export interface WasmFunction {
  readonly body: FunctionBody
  /** Name under which the module exports it; not exported when absent. */
  readonly exported?: string
  /** Name that profilers and stack traces show. */
  readonly name?: string
}

/** Limits of the imported memory; the memory passed in must have the same `shared` and a maximum not above this one. */
export interface MemoryImport {
  readonly shared: boolean
  /** Pages of 64 KiB, at most 65,536. */
  readonly maximumPages: number
}

export interface WasmModule {
  /** Imported as `env.memory` when present. */
  readonly memory?: MemoryImport
  readonly functions: readonly WasmFunction[]
}

const section = { custom: 0, type: 1, import: 2, function: 3, export: 7, code: 10 } as const
const functionType = 0x60
const externalKind = { function: 0, memory: 2 } as const
const functionNames = 1

/** The module's bytes. Functions are numbered in the order given. */
export function assemble(module: WasmModule): Uint8Array<ArrayBuffer> {
  const { functions, memory } = module
  const signatures = new Map<string, number>()
  const types: ByteWriter[] = []
  const typeOf = ({ parameters, results }: Signature): number => {
    const key = `${parameters}:${results}`
    const known = signatures.get(key)
    if (known !== undefined) return known
    const entry = new ByteWriter().byte(functionType)
    for (const list of [parameters, results]) {
      entry.unsigned(list.length)
      for (const type of list) entry.byte(valueTypes[type])
    }
    signatures.set(key, types.length)
    return types.push(entry) - 1
  }
  const declared = functions.map(({ body }) => new ByteWriter().unsigned(typeOf(body.signature)))
  const exported = functions.flatMap(({ exported: name }, index) =>
    name === undefined ? [] : [new ByteWriter().name(name).byte(externalKind.function).unsigned(index)],
  )
  const named = functions.flatMap(({ name }, index) =>
    name === undefined ? [] : [new ByteWriter().unsigned(index).name(name)],
  )

  const out = new ByteWriter().bytes([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
  const write = (id: number, entries: readonly ByteWriter[]): void => {
    if (entries.length > 0) out.byte(id).sized(vector(entries))
  }
  write(section.type, types)
  if (memory !== undefined) write(section.import, [memoryImport(memory)])
  write(section.function, declared)
  write(section.export, exported)
  write(
    section.code,
    functions.map(({ body }) => new ByteWriter().sized(body.encode())),
  )
  if (named.length > 0) {
    out.byte(section.custom).sized(new ByteWriter().name('name').byte(functionNames).sized(vector(named)))
  }
  return out.finish()
}

function memoryImport({ shared, maximumPages }: MemoryImport): ByteWriter {
  const hasMaximum = 1
  const isShared = shared ? 2 : 0
  return new ByteWriter()
    .name('env')
    .name('memory')
    .byte(externalKind.memory)
    .byte(hasMaximum | isShared)
    .unsigned(0)
    .unsigned(maximumPages)
}

/** The format's vec: a count, then the entries. */
function vector(entries: readonly ByteWriter[]): ByteWriter {
  const writer = new ByteWriter().unsigned(entries.length)
  for (const entry of entries) writer.bytes(entry.view())
  return writer
}
