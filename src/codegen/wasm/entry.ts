// How a module is entered: all kernels on one thread, or one thread's share of them, with barriers in between.

import { OcellusError } from '../../core/errors.ts'
import { controlWords, entryBytes, longestWaitSeconds, rangeBytes, waitsAfter } from '../control.ts'
import type { EmittedKernel } from './emit.ts'
import { FunctionBody } from './function-body.ts'

/** Looks at the phase before a thread sleeps: some 20 microseconds. */
const spins = 20_000
/** Nanoseconds of one sleep; a thread that others forgot to wake looks again after that. */
const sleepNanoseconds = 100_000_000

/** Pushes the address of a kernel's entries in the table at `table`. */
function pushEntries(code: FunctionBody, table: number, { firstEntry = 0 }: EmittedKernel): FunctionBody {
  code.get(table)
  return firstEntry === 0 ? code : code.i32(firstEntry * entryBytes).op('i32.add')
}

/** The function run(table); `functions` are the numbers of the kernels' functions in the module. */
export function emitRun(kernels: readonly EmittedKernel[], functions: readonly number[]): FunctionBody {
  const code = new FunctionBody({ parameters: ['i32'], results: [] })
  const [table, first] = [0, 0]
  kernels.forEach((kernel, index) => {
    const { slabs } = kernel
    if (!Number.isInteger(slabs) || slabs < 0) throw new OcellusError(`kernel ${kernel.program.name}: ${slabs} slabs`)
    pushEntries(code, table, kernel)
      .i32(first)
      .i32(slabs)
      .call(functions[index] as number)
  })
  return code
}

/** The function share(table, ranges, control); `barrier` is the number of the function below. It ends early where a thread gives up. */
export function emitShare(
  kernels: readonly EmittedKernel[],
  functions: readonly number[],
  barrier: number,
): FunctionBody {
  const code = new FunctionBody({ parameters: ['i32', 'i32', 'i32'], results: [] })
  const [table, ranges, control] = [0, 1, 2]
  const [first, last] = [code.local('i32'), code.local('i32')]
  code.block(() => {
    kernels.forEach((kernel, index) => {
      const range = index * rangeBytes
      code.block(() => {
        code
          .get(ranges)
          .memory('i32.load', range)
          .tee(first)
          .get(ranges)
          .memory('i32.load', range + rangeBytes / 2)
          .tee(last)
        code.op('i32.ge_s').branchIf(0)
        pushEntries(code, table, kernel)
          .get(first)
          .get(last)
          .call(functions[index] as number)
      })
      if (waitsAfter(kernels, index)) code.get(control).call(barrier).branchIf(0)
    })
  })
  return code
}

/**
 * The function barrier(control): returns when all threads of the run have called it, 0, or when one has given up, not 0. The last to arrive
 * starts a new phase; the others look for that, a while without rest, then asleep.
 */
export function emitBarrier(): FunctionBody {
  const code = new FunctionBody({ parameters: ['i32'], results: ['i32'] })
  const control = 0
  const [phase, left] = [code.local('i32'), code.local('i32')]
  const offset = (word: keyof typeof controlWords): number => 4 * controlWords[word]
  const load = (word: keyof typeof controlWords): FunctionBody =>
    code.get(control).atomic('i32.atomic.load', offset(word))
  /** Returns where the wait is over. */
  const look = (): void => {
    code.block(() => {
      load('phase').get(phase).op('i32.eq').branchIf(0)
      load('abort').return()
    })
    code.block(() => {
      load('abort').i32(0).op('i32.eq').branchIf(0)
      load('abort').return()
    })
  }
  load('phase').set(phase)
  code.block(() => {
    code.get(control).i32(1).atomic('i32.atomic.rmw.add', offset('arrived')).i32(1).op('i32.add')
    load('threads').op('i32.ne').branchIf(0)
    code.get(control).i32(0).atomic('i32.atomic.store', offset('arrived'))
    code.get(control).get(phase).i32(1).op('i32.add').atomic('i32.atomic.store', offset('phase'))
    code.get(control).i32(-1).atomic('memory.atomic.notify', offset('phase')).drop()
    load('abort').return()
  })
  const repeat = (times: number, between: () => void): void => {
    code.i32(times).set(left)
    code.loop(() => {
      between()
      look()
      code.get(left).i32(1).op('i32.sub').tee(left).branchIf(0)
    })
  }
  repeat(spins, () => {})
  repeat((longestWaitSeconds * 1e9) / sleepNanoseconds, () => {
    code.get(control).get(phase).i64(sleepNanoseconds).atomic('memory.atomic.wait32', offset('phase')).drop()
  })
  code.get(control).i32(1).atomic('i32.atomic.store', offset('abort'))
  return code.i32(1)
}
