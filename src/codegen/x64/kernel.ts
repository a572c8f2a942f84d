// One kernel as one x64 function (entries, first, last): its loops, its pointers, and every operation in between.

import { type Addressing, analyzeAddresses, invalid, type Pointer } from '../addresses.ts'
import { entryBytes } from '../control.ts'
import { layOut, type PlacedOperation } from '../layout.ts'
import { findLifetimes, type Lifetimes } from '../lifetimes.ts'
import type { Loop, LoopProgram, LoopVar, Reg, Statement } from '../loop-program.ts'
import { Allocation } from './allocation.ts'
import { loadConstant } from './arithmetic.ts'
import { type Assembler, fitsInt32 } from './assembler.ts'
import type { Label } from './code-buffer.ts'
import { type Folding, findFolding, foldedRead } from './folding.ts'
import { Frame } from './frame.ts'
import { KernelContext } from './kernel-context.ts'
import { integerRegisters, isMemory } from './operands.ts'
import { emitOperation } from './operation.ts'
import { planRegions, type Region } from './regions.ts'
import { type InstructionSet, lanesOf, targets } from './target.ts'

const { rax, rbx, rcx, rdx, rsp, rbp, rsi, rdi, r12, r13, r14, r15 } = integerRegisters
/** Registers that a function gives back as it found them (System V ABI). */
const saved = [rbx, rbp, r12, r13, r14, r15]
const frameAlignment = 64

export interface RegisterLimits {
  /** Vector registers, at least 6: an operation needs several at once. */
  readonly vectors?: number
  /** Integer registers for pointers and counters. */
  readonly integers?: number
}

/** Everything about a program that does not depend on which values have registers. */
interface Analysis {
  readonly program: LoopProgram
  readonly set: InstructionSet
  readonly vectorRegisters: number
  readonly operations: readonly PlacedOperation[]
  readonly addressing: Addressing
  readonly lifetimes: Lifetimes
  readonly folding: Folding
  readonly regions: ReadonlyMap<Loop, Region>
}

/** Writes the function at the assembler's end. */
export function emitKernel(
  code: Assembler,
  program: LoopProgram,
  { set, limits }: { readonly set: InstructionSet; readonly limits: RegisterLimits },
): void {
  const vectorRegisters = limits.vectors ?? targets[set].registers
  const lanes = lanesOf(set, program)
  if (program.lanes !== lanes) throw invalid(program, `${program.lanes} lanes, but its registers ask for ${lanes}`)
  const addressing = analyzeAddresses(program, { prefetches: true })
  const operations = layOut(program)
  const folding = findFolding(program, operations, set)
  const all = findLifetimes(operations)
  const lifetimes = { ...all, values: all.values.filter(({ reg }) => !folding.always.has(reg)) }
  const regions = planRegions(program, addressing, limits.integers)
  const analysis = { program, set, vectorRegisters, operations, addressing, lifetimes, folding, regions }
  const reserved = new Map<number, number>()
  for (;;) {
    const mark = code.mark()
    const shortages = new KernelEmitter(code, analysis, reserved).emit()
    if (shortages.size === 0) return
    for (const [position, count] of shortages) {
      if (count > vectorRegisters) throw invalid(program, `an operation wants ${count} registers at once`)
      reserved.set(position, count)
    }
    code.rewind(mark)
  }
}

class KernelEmitter {
  readonly #analysis: Analysis
  readonly #allocation: Allocation
  readonly #context: KernelContext
  readonly #code: Assembler
  /** Bytes by which a pointer is ahead of where it belongs: left behind by a loop, taken back by the next step outside it. */
  readonly #ahead = new Map<Pointer, number>()
  #position = 0

  constructor(code: Assembler, analysis: Analysis, reserved: ReadonlyMap<number, number>) {
    const { program, set, vectorRegisters, lifetimes, folding, operations, addressing } = analysis
    const light = new Set(folding.whenShort.keys())
    this.#analysis = analysis
    this.#code = code
    this.#allocation = new Allocation({ lifetimes, light, registers: vectorRegisters, reserved })
    const constants = lifetimes.constantValues
    const homeless = new Set<Reg>()
    for (const reg of this.#allocation.spilled) {
      if (!constants.has(reg) && foldedRead(folding, reg) === undefined) homeless.add(reg)
    }
    const [pointers, counters] = this.#homes(program.body)
    this.#context = new KernelContext({
      code,
      program,
      set,
      addressing,
      allocation: this.#allocation,
      folding,
      constants,
      frame: new Frame(pointers, counters, homeless),
      vectorRegisters,
    })
    this.#partialCounts = partialCounts(operations, program.lanes)
  }

  readonly #partialCounts: readonly number[]

  /** Returns the positions at which registers ran short; then the code is of no use. */
  emit(): ReadonlyMap<number, number> {
    const { frame } = this.#context
    for (const register of saved) this.#code.push(register)
    this.#code.move(rax, rsp)
    this.#code.immediate('sub', rsp, frame.bytes)
    this.#code.immediate('and', rsp, -frameAlignment)
    this.#code.store(frame.caller, rax)
    this.#code.store(frame.entries, rdi)
    this.#code.store(frame.first, rsi)
    this.#code.store(frame.last, rdx)
    if (this.#analysis.set === 'avx512') this.#context.prepareLaneMasks(this.#partialCounts)
    this.#statements(this.#analysis.program.body, true)
    this.#code.move(rsp, frame.caller)
    for (const register of [...saved].reverse()) this.#code.pop(register)
    this.#code.zeroUpper()
    this.#code.return()
    return this.#context.shortages
  }

  #homes(body: readonly Statement[]): [Pointer[], LoopVar[]] {
    const pointers = new Set<Pointer>()
    const counters: LoopVar[] = []
    const { addressing } = this.#analysis
    const visit = (statements: readonly Statement[]): void => {
      for (const statement of statements) {
        for (const pointer of addressing.startingAt(statement)) pointers.add(pointer)
        if (statement.kind !== 'loop' || statement.extent === 0) continue
        if (statement.extent !== 1) counters.push(statement.variable)
        visit(statement.body)
      }
    }
    visit(body)
    return [[...pointers], counters]
  }

  /** `outermost`: outside all loops, where constants are brought into their registers. */
  #statements(statements: readonly Statement[], outermost: boolean): void {
    for (const statement of statements) {
      for (const pointer of this.#analysis.addressing.startingAt(statement)) this.#start(pointer)
      const runsOnce = statement.kind === 'loop' && statement.extent === 1
      if (outermost && !runsOnce) this.#loadConstants()
      if (statement.kind === 'loop') this.#loop(statement, outermost)
      else {
        this.#context.begin(this.#position)
        emitOperation(this.#context, statement)
        this.#position++
      }
    }
  }

  /** Constants whose lifetime begins here and that have a register. */
  #loadConstants(): void {
    const { constants, constantValues } = this.#analysis.lifetimes
    for (const { reg, start } of constants) {
      const register = this.#allocation.register(reg)
      if (start !== 2 * this.#position || register === undefined) continue
      loadConstant(this.#context, register, this.#context.typeOf(reg), constantValues.get(reg) ?? 0)
    }
  }

  #loop(loop: Loop, outermost: boolean): void {
    const { extent, body } = loop
    if (extent === 0) return
    if (extent === 1) {
      this.#statements(body, outermost)
      return
    }
    if (extent !== 'range' && (!Number.isInteger(extent) || extent < 0)) {
      throw this.#context.invalid(`a loop of ${extent} iterations`)
    }
    this.#position++
    const context = this.#context
    const pointers = this.#analysis.addressing.within(loop)
    for (const pointer of pointers) this.#advance(pointer, 0)
    const region = context.region === undefined ? this.#analysis.regions.get(loop) : undefined
    if (region !== undefined) {
      for (const [pointer, register] of region.pointers) this.#code.move(register, context.frame.pointer(pointer))
      context.region = region
    }
    if (extent === 'range') this.#rangeLoop(loop, pointers)
    else this.#countedLoop(loop, extent, pointers)
    for (const pointer of pointers) {
      const left = extent === 'range' ? 0 : (pointer.strides.get(loop.variable) ?? 0) * extent
      // A pointer in a register of this region is dropped; its home still says where the loop began.
      this.#ahead.set(pointer, region?.pointers.has(pointer) === true ? 0 : left)
    }
    if (region !== undefined) context.region = undefined
    context.forgetPointer()
    this.#position++
  }

  /** Counts down to 0, or up where an `index` reads the variable. */
  #countedLoop(loop: Loop, extent: number, pointers: readonly Pointer[]): void {
    const code = this.#code
    const up = this.#analysis.addressing.isRead(loop.variable)
    this.#setCounter(loop.variable, up ? 0 : extent)
    const head: Label = { position: undefined }
    code.bind(head)
    this.#body(loop, pointers)
    const counter = this.#context.counter(loop.variable)
    code.immediate(up ? 'add' : 'sub', counter, 1)
    if (up) code.immediate('cmp', counter, extent)
    code.jump('notEqual', head)
  }

  #setCounter(variable: LoopVar, value: number): void {
    const counter = this.#context.counter(variable)
    if (!isMemory(counter)) this.#code.moveImmediate(counter, value)
    else {
      this.#code.moveImmediate(rcx, value)
      this.#code.store(counter, rcx)
    }
  }

  /** Runs from the function's `first` up to `last`; a pointer that it moves is used nowhere else, so nothing is taken back. */
  #rangeLoop(loop: Loop, pointers: readonly Pointer[]): void {
    const code = this.#code
    const { frame } = this.#context
    const counter = this.#context.counter(loop.variable)
    const end: Label = { position: undefined }
    const head: Label = { position: undefined }
    code.move(rcx, frame.first)
    if (isMemory(counter)) code.store(counter, rcx)
    else code.move(counter, rcx)
    code.compare(rcx, frame.last)
    code.jump('greaterOrEqual', end)
    code.bind(head)
    this.#body(loop, pointers)
    code.immediate('add', counter, 1)
    code.move(rcx, counter)
    code.compare(rcx, frame.last)
    code.jump('less', head)
    code.bind(end)
  }

  /** The statements, and at the end of an iteration the loop's stride, less what inner loops left, in one addition. */
  #body(loop: Loop, pointers: readonly Pointer[]): void {
    this.#context.forgetPointer()
    this.#statements(loop.body, false)
    for (const pointer of pointers) this.#advance(pointer, pointer.strides.get(loop.variable) ?? 0)
  }

  #advance(pointer: Pointer, stride: number): void {
    const bytes = stride - (this.#ahead.get(pointer) ?? 0)
    this.#ahead.set(pointer, 0)
    if (bytes === 0) return
    const place = this.#context.pointerPlace(pointer)
    if (fitsInt32(bytes)) this.#code.immediate('add', place, bytes)
    else {
      this.#code.moveImmediate(rcx, bytes)
      this.#code.add(rcx, place)
      if (isMemory(place)) this.#code.store(place, rcx)
      else this.#code.move(place, rcx)
    }
  }

  /** entries[arg] + base + first * stride of the range loop. */
  #start(pointer: Pointer): void {
    const code = this.#code
    const { frame } = this.#context
    this.#context.forgetPointer()
    code.move(rax, frame.entries)
    code.move(rax, { base: rax, displacement: pointer.arg * entryBytes })
    if (pointer.base !== 0) {
      code.moveImmediate(rcx, pointer.base)
      code.add(rax, rcx)
    }
    for (const [variable, stride] of pointer.strides) {
      if (!this.#analysis.addressing.isRange(variable)) continue
      code.multiply(rcx, frame.first, stride)
      code.add(rax, rcx)
    }
    code.store(frame.pointer(pointer), rax)
  }
}

/** Counts of lanes that stores and selections are limited to, the most frequent first. */
function partialCounts(operations: readonly PlacedOperation[], lanes: number): readonly number[] {
  const counts = new Map<number, number>()
  for (const { op } of operations) {
    const count = op.kind === 'store' ? op.lanes : op.kind === 'lanes' ? op.n : undefined
    if (count !== undefined && count > 0 && count < lanes) counts.set(count, (counts.get(count) ?? 0) + 1)
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([count]) => count)
}
