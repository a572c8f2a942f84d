// One kernel as a WebAssembly function, or several where it is large: its loops, its pointers, and every operation in between.

import { bytesOf } from '../../core/dtype.ts'
import type { Pointer } from '../addresses.ts'
import { entryBytes } from '../control.ts'
import type { Address, Loop, LoopProgram, LoopVar, Op, Statement } from '../loop-program.ts'
import type { FunctionBody, Local } from './function-body.ts'
import { entriesLocal, firstLocal, KernelContext, lastLocal } from './kernel-context.ts'
import { emitLoad, emitSplat, emitStore } from './memory-operations.ts'
import {
  emitBinary,
  emitConstant,
  emitConvert,
  emitFma,
  emitFold,
  emitIndex,
  emitLanes,
  emitMove,
  emitReinterpret,
  emitSelect,
  emitShift,
  emitUnary,
} from './operations.ts'
import { outline } from './outline.ts'

/** What a kernel becomes. */
export interface KernelFunctions {
  /** The function (entries, first, last). */
  readonly body: FunctionBody
  /** Functions that it calls, numbered from `firstPart` on. */
  readonly parts: readonly FunctionBody[]
}

/** How a kernel is written. */
export interface KernelOptions {
  /** Relaxed SIMD may be used. */
  readonly relaxed: boolean
  /** The next number of a function that is free in the module. */
  readonly firstPart: number
  /** Operations of a function, at most. */
  readonly most: number
}

/** The functions of a kernel. Throws OcellusError for a program that breaks the rules of LoopProgram. */
export function emitKernel(program: LoopProgram, { relaxed, firstPart, most }: KernelOptions): KernelFunctions {
  const outlined = outline(program, most)
  const parts: FunctionBody[] = []
  const calls = new Map<Statement, Call>()
  for (const [statement, part] of outlined.parts) {
    const context = new KernelContext(part.program, relaxed, 1 + part.given.length)
    const given = new Map(part.given.map((variable, i) => [variable, i + 1]))
    calls.set(statement, { number: firstPart + parts.length, given: part.given })
    parts.push(new KernelEmitter(context, given, new Map()).emit())
  }
  return { body: new KernelEmitter(new KernelContext(outlined.program, relaxed), new Map(), calls).emit(), parts }
}

/** A function in the place of a loop, with the counters of the loops around it as arguments. */
interface Call {
  readonly number: number
  readonly given: readonly LoopVar[]
}

/** Are there fences among the statements, outside all loops that remain loops? */
function isFenced(statements: readonly Statement[]): boolean {
  return statements.some((statement) => {
    if (statement.kind === 'loop') return statement.extent === 1 && isFenced(statement.body)
    return statement.kind === 'fence'
  })
}

class KernelEmitter {
  readonly #context: KernelContext
  readonly #code: FunctionBody
  /** Bytes by which a pointer is ahead of where it belongs: left behind by a loop, taken back by the next step outside it. */
  readonly #ahead = new Map<Pointer, number>()
  /** Fences so far in the loop that is being written, undefined where that has no way out: each compares with a number of its own. */
  #fences: number | undefined
  readonly #counters: Map<LoopVar, Local>
  readonly #given: ReadonlyMap<LoopVar, Local>
  readonly #calls: ReadonlyMap<Statement, Call>
  /** Variables that calls pass on. */
  readonly #passed: ReadonlySet<LoopVar>

  /** `given`: loops that run outside this function, and the parameters that hold their variables. */
  constructor(context: KernelContext, given: ReadonlyMap<LoopVar, Local>, calls: ReadonlyMap<Statement, Call>) {
    this.#context = context
    this.#code = context.code
    this.#given = given
    this.#counters = new Map(given)
    this.#calls = calls
    this.#passed = new Set([...calls.values()].flatMap(({ given }) => given))
  }

  emit(): FunctionBody {
    this.#statements(this.#context.program.body)
    return this.#code
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) {
      for (const pointer of this.#context.addressing.startingAt(statement)) this.#start(pointer)
      if (statement.kind === 'loop') this.#loop(statement)
      else this.#operation(statement)
    }
  }

  #loop(loop: Loop): void {
    const { extent, body, variable } = loop
    const call = this.#calls.get(loop)
    if (call !== undefined) this.#call(call)
    if (extent === 0) return
    if (extent === 1 || this.#given.has(variable)) this.#statements(body)
    else if (extent === 'range') this.#rangeLoop(loop)
    else this.#countedLoop(loop, extent)
  }

  /**
   * Ends where one of its pointers does: a counter beside the pointers would be one register more that lives through all loops, and V8 keeps those
   * of inner loops in memory when it runs out. Counts up where an `index` or a call needs the variable, and down to 0 where no pointer moves.
   */
  #countedLoop(loop: Loop, extent: number): void {
    if (!Number.isInteger(extent) || extent < 0) throw this.#context.invalid(`a loop of ${extent} iterations`)
    const { variable } = loop
    const code = this.#code
    const pointers = this.#enter(loop)
    const mover = pointers.find(({ strides }) => (strides.get(variable) ?? 0) !== 0)
    const up = this.#context.addressing.isRead(variable) || this.#passed.has(variable)
    const mark = code.local('i32')
    let proceed: () => void
    if (up || mover === undefined) {
      this.#counters.set(variable, mark)
      code.i32(up ? 0 : extent).set(mark)
      proceed = () => {
        code
          .get(mark)
          .i32(up ? 1 : -1)
          .op('i32.add')
          .tee(mark)
        if (up) code.i32(extent).op('i32.ne')
      }
    } else {
      const pointer = this.#context.pointer(mover)
      code
        .get(pointer)
        .i32((mover.strides.get(variable) as number) * extent)
        .op('i32.add')
        .set(mark)
      proceed = () => code.get(pointer).get(mark).op('i32.ne')
    }
    const iterations = (): void => {
      code.loop(() => {
        this.#statements(loop.body)
        this.#step(loop, pointers)
        proceed()
        code.branchIf(0)
      })
    }
    const outside = this.#fences
    this.#fences = isFenced(loop.body) ? 0 : undefined
    if (this.#fences === undefined) iterations()
    else code.block(iterations)
    this.#fences = outside
    for (const pointer of pointers) this.#ahead.set(pointer, (pointer.strides.get(variable) ?? 0) * extent)
  }

  /**
   * A way out of the loop that is never taken, since no float lies at an odd address: the totals so far are of use behind it, so V8 may not put off
   * their multiply-adds until it has read all that comes later.
   */
  #fence(address: Address): void {
    if (bytesOf(this.#context.argumentType(address)) < 4)
      throw this.#context.invalid('a fence at bytes, whose address may be odd')
    if (this.#fences === undefined) return
    const { pointer } = this.#context.place(address)
    this.#code
      .get(this.#context.pointer(pointer))
      .i32(2 * this.#fences++ + 1)
      .op('i32.eq')
      .branchIf(1)
  }

  #call({ number, given }: Call): void {
    this.#code.get(entriesLocal)
    for (const variable of given) this.#code.get(this.#counters.get(variable) as Local)
    this.#code.call(number)
  }

  /** Runs from the function's `first` up to `last`; a pointer that it moves is used nowhere else, so nothing is taken back. */
  #rangeLoop(loop: Loop): void {
    this.#counters.set(loop.variable, firstLocal)
    const pointers = this.#enter(loop)
    this.#code.block(() => {
      this.#code.get(firstLocal).get(lastLocal).op('i32.ge_s').branchIf(0)
      this.#code.loop(() => {
        this.#statements(loop.body)
        this.#step(loop, pointers)
        this.#code.get(firstLocal).i32(1).op('i32.add').tee(firstLocal)
        this.#code.get(lastLocal).op('i32.lt_s').branchIf(0)
      })
    })
  }

  /** The pointers of the loop's body, each brought to where it belongs. */
  #enter(loop: Loop): readonly Pointer[] {
    const pointers = this.#context.addressing.within(loop)
    for (const pointer of pointers) this.#advance(pointer, 0)
    return pointers
  }

  /** The end of an iteration: the loop's stride, less what inner loops left, in one addition. */
  #step(loop: Loop, pointers: readonly Pointer[]): void {
    for (const pointer of pointers) this.#advance(pointer, pointer.strides.get(loop.variable) ?? 0)
  }

  #advance(pointer: Pointer, stride: number): void {
    const bytes = stride - (this.#ahead.get(pointer) ?? 0)
    this.#ahead.set(pointer, 0)
    if (bytes === 0) return
    const local = this.#context.pointer(pointer)
    this.#code.get(local).i32(bytes).op('i32.add').set(local)
  }

  /** entries[arg] + base + what the loops outside add: first * stride of the range loop. */
  #start(pointer: Pointer): void {
    const code = this.#code
    code.get(entriesLocal).memory('i32.load', pointer.arg * entryBytes)
    if (pointer.base !== 0) code.i32(pointer.base).op('i32.add')
    for (const [variable, stride] of pointer.strides) {
      const local = this.#given.get(variable) ?? (this.#context.addressing.isRange(variable) ? firstLocal : undefined)
      if (local !== undefined) code.get(local).i32(stride).op('i32.mul').op('i32.add')
    }
    code.set(this.#context.pointer(pointer))
  }

  #operation(op: Op): void {
    const context = this.#context
    switch (op.kind) {
      case 'load':
        emitLoad(context, op)
        break
      case 'splat':
        emitSplat(context, op)
        break
      case 'store':
        emitStore(context, op)
        break
      case 'constant':
        emitConstant(context, op)
        break
      case 'index':
        emitIndex(context, op, (variable) => this.#counters.get(variable) as Local)
        break
      case 'move':
        context.sameType(op.to, op.from)
        emitMove(context, op)
        break
      case 'unary':
        emitUnary(context, op)
        break
      case 'binary':
        emitBinary(context, op)
        break
      case 'fma':
        emitFma(context, op)
        break
      case 'shift':
        emitShift(context, op)
        break
      case 'select':
        emitSelect(context, op)
        break
      case 'lanes':
        emitLanes(context, op)
        break
      case 'fold':
        emitFold(context, op)
        break
      case 'convert':
        emitConvert(context, op)
        break
      case 'reinterpret':
        emitReinterpret(context, op)
        break
      // Addresses ahead are the hardware prefetcher's business.
      case 'prefetch':
        break
      case 'fence':
        this.#fence(op.address)
        break
    }
  }
}
