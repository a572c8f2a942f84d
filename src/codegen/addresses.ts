// Addressing of one kernel, the same for every target: addresses that differ only by a constant share one pointer, advanced at the end of
// each loop that moves it. The pointer holds the smallest offset of its group, because WebAssembly takes only unsigned offsets.

import { bytesOf, type DType } from '../core/dtype.ts'
import { OcellusError } from '../core/errors.ts'
import type { Address, Loop, LoopProgram, LoopVar, Op, Statement } from './loop-program.ts'

/** A pointer of the kernel. Strides and base are in bytes. */
export interface Pointer {
  /** Row of the argument table that the address starts from. */
  readonly arg: number
  /** By how much one iteration of each loop moves the pointer; loops that do not move it are absent. */
  readonly strides: ReadonlyMap<LoopVar, number>
  /** The smallest constant offset of its addresses. */
  readonly base: number
}

/** An address as pointer and unsigned offset in bytes. */
export interface Place {
  readonly pointer: Pointer
  readonly offset: number
}

/** What the emitter must know of a program's addresses and loop variables before it writes the first instruction. */
export interface Addressing {
  place(address: Address): Place
  /** Pointers to be set before this statement, which stands outside all loops. */
  startingAt(statement: Statement): readonly Pointer[]
  /** Pointers that the loop's body uses. */
  within(loop: Loop): readonly Pointer[]
  /** Terms without the loops that run once, whose variable is always 0. */
  liveTerms(terms: Address['terms']): Address['terms']
  /** Whether the variable counts slabs, from the function's first to its last. */
  isRange(variable: LoopVar): boolean
  /** Whether an `index` reads the variable. */
  isRead(variable: LoopVar): boolean
}

interface MutablePointer extends Pointer {
  base: number
}

const nothing: readonly Pointer[] = []

/** Bytes per element of the address's argument. */
function elementBytes(program: LoopProgram, address: Address): number {
  return bytesOf(argumentType(program, address))
}

export function argumentType(program: LoopProgram, { arg }: Address): DType {
  const dtype = program.argumentTypes[arg]
  if (dtype === undefined)
    throw invalid(program, `argument ${arg} has no dtype; declare the row's dtype in argumentTypes`)
  return dtype
}

export function invalid(program: LoopProgram, problem: string): OcellusError {
  return new OcellusError(`kernel ${program.name}: ${problem}`)
}

/** `prefetches`: the addresses of prefetches get pointers too, for emitters that write them. */
export function analyzeAddresses(
  program: LoopProgram,
  { prefetches = false }: { readonly prefetches?: boolean } = {},
): Addressing {
  const pointers = new Map<string, MutablePointer>()
  const owners = new Map<Address, Pointer>()
  const starts = new Map<Statement, Pointer[]>()
  const users = new Map<Loop, Set<Pointer>>()
  const extents = new Map<LoopVar, number | 'range'>()
  const read = new Set<LoopVar>()
  const open = new Set<LoopVar>()

  const liveTerms = (terms: Address['terms']): Address['terms'] =>
    terms.filter(([variable, stride]) => stride !== 0 && extents.get(variable) !== 1)

  // Gathers have pointers of their own: theirs may lie outside the buffer before the index is added.
  const keyOf = ({ arg, terms, index }: Address): string => {
    let key = index === undefined ? `${arg}` : `${arg} gather`
    // In the order of the variables; there are too few to sort them.
    for (let next = following(terms, -1); next !== undefined; next = following(terms, next[0])) {
      if (next[1] !== 0 && extents.get(next[0]) !== 1) key += `;${next[0]},${next[1]}`
    }
    return key
  }

  const checkTerms = (terms: Address['terms']): void => {
    terms.forEach(([variable], i) => {
      if (!open.has(variable)) throw invalid(program, `variable ${variable} is used outside its loop`)
      if (terms.findIndex(([other]) => other === variable) < i) {
        throw invalid(program, 'an address names one variable twice; add its strides')
      }
    })
  }

  const visitOperation = (op: Op, loops: readonly Loop[]): void => {
    if (op.kind === 'index') {
      checkTerms(op.terms)
      for (const [variable] of liveTerms(op.terms)) read.add(variable)
    }
    if (!('address' in op) || (op.kind === 'prefetch' && !prefetches)) return
    const { address } = op
    checkTerms(address.terms)
    const bytes = elementBytes(program, address)
    const smallest = (address.offset + Math.min(0, reach(op, program.lanes))) * bytes
    const key = keyOf(address)
    let pointer = pointers.get(key)
    if (pointer === undefined) {
      const strides = new Map(liveTerms(address.terms).map(([variable, stride]) => [variable, stride * bytes]))
      pointer = { arg: address.arg, strides, base: smallest }
      pointers.set(key, pointer)
      const start = loops[0] ?? op
      starts.set(start, [...(starts.get(start) ?? []), pointer])
    }
    pointer.base = Math.min(pointer.base, smallest)
    owners.set(address, pointer)
    for (const loop of loops) users.get(loop)?.add(pointer)
  }

  const visit = (statements: readonly Statement[], loops: readonly Loop[]): void => {
    for (const statement of statements) {
      if (statement.kind !== 'loop') visitOperation(statement, loops)
      else {
        const { variable, extent, body } = statement
        if (extents.has(variable)) throw invalid(program, `variable ${variable} belongs to two loops`)
        if (extent === 'range' && loops.length > 0) throw invalid(program, 'the range loop must be outermost')
        extents.set(variable, extent)
        if (extent === 0) continue
        open.add(variable)
        if (extent === 1) visit(body, loops)
        else {
          users.set(statement, new Set())
          visit(body, [...loops, statement])
        }
        open.delete(variable)
      }
    }
  }
  visit(program.body, [])
  if ([...extents.values()].filter((extent) => extent === 'range').length > 1) {
    throw invalid(program, 'only one loop may run over the range')
  }

  const places = new Map<Address, Place>()
  const placeOf = (address: Address): Place => {
    const pointer = owners.get(address) ?? pointers.get(keyOf(address))
    if (pointer === undefined) throw invalid(program, 'an address appeared after the analysis')
    return { pointer, offset: address.offset * elementBytes(program, address) - pointer.base }
  }

  return {
    place: (address) => {
      let place = places.get(address)
      if (place === undefined) {
        place = placeOf(address)
        places.set(address, place)
      }
      return place
    },
    startingAt: (statement) => starts.get(statement) ?? nothing,
    within: (loop) => [...(users.get(loop) ?? nothing)],
    liveTerms,
    isRange: (variable) => extents.get(variable) === 'range',
    isRead: (variable) => read.has(variable),
  }
}

/** The term with the smallest variable above `variable`. */
function following(terms: Address['terms'], variable: LoopVar): Address['terms'][number] | undefined {
  let found: Address['terms'][number] | undefined
  for (let i = 0; i < terms.length; i++) {
    const term = terms[i] as Address['terms'][number]
    if (term[0] > variable && (found === undefined || term[0] < found[0])) found = term
  }
  return found
}

/** Elements from the address to that of the last lane an operation touches one by one; 0 for a contiguous one. */
function reach(op: Op, programLanes: number): number {
  if (op.kind !== 'load' && op.kind !== 'store') return 0
  return Math.max(0, (op.lanes ?? programLanes) - 1) * (op.step ?? 1)
}
