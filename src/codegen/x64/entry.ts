// How machine code is entered: all kernels on one thread, or one thread's share of them, with barriers in between.

import { OcellusError } from '../../core/errors.ts'
import { controlWords, entryBytes, longestWaitSeconds, rangeBytes, waitsAfter } from '../control.ts'
import type { Assembler } from './assembler.ts'
import type { Label } from './code-buffer.ts'
import type { X64Kernel } from './emit.ts'
import { type BaseMemory, integerRegisters } from './operands.ts'

const { rax, rcx, rbx, rsi, rdi, rdx, r12, r13 } = integerRegisters

/** Looks at the phase before a thread gives way: some 20 to 40 microseconds. */
const spins = 1000
/** How often it gives its processor to others before it sleeps: about a millisecond. */
const yields = 1000
const sleepMicroseconds = 50
/** The system takes about as long again to wake a thread. */
const sleeps = (longestWaitSeconds * 1e6) / (2 * sleepMicroseconds)

/** Three registers that the function may use, and a stack aligned for calls. */
const saved = [rbx, r12, r13]

function enter(code: Assembler): void {
  for (const register of saved) code.push(register)
}

function leave(code: Assembler): void {
  for (const register of [...saved].reverse()) code.pop(register)
  code.return()
}

/** The first argument of a kernel: its entries in the table at rbx. */
function giveEntries(code: Assembler, { firstEntry = 0 }: X64Kernel): void {
  code.move(rdi, rbx)
  if (firstEntry > 0) code.immediate('add', rdi, firstEntry * entryBytes)
}

/** The function run(table). */
export function emitRun(code: Assembler, kernels: readonly X64Kernel[], labels: readonly Label[]): void {
  enter(code)
  code.move(rbx, rdi)
  kernels.forEach((kernel, index) => {
    const { slabs } = kernel
    if (!Number.isInteger(slabs) || slabs < 0) throw new OcellusError(`kernel ${kernel.program.name}: ${slabs} slabs`)
    giveEntries(code, kernel)
    code.moveImmediate(rsi, 0)
    code.moveImmediate(rdx, slabs)
    code.call(labels[index] as Label)
  })
  leave(code)
}

/** The function share(table, ranges, control). It ends early where a thread gives up. */
export function emitShare(
  code: Assembler,
  kernels: readonly X64Kernel[],
  labels: readonly Label[],
  barrier: Label,
): void {
  const end: Label = { position: undefined }
  enter(code)
  code.move(rbx, rdi)
  code.move(r12, rsi)
  code.move(r13, rdx)
  kernels.forEach((kernel, index) => {
    const skip: Label = { position: undefined }
    const range = { base: r12, displacement: index * rangeBytes }
    code.move(rsi, range)
    code.move(rdx, { ...range, displacement: range.displacement + rangeBytes / 2 })
    code.compare(rsi, rdx)
    code.jump('greaterOrEqual', skip)
    giveEntries(code, kernel)
    code.call(labels[index] as Label)
    code.bind(skip)
    if (!waitsAfter(kernels, index)) return
    code.move(rdi, r13)
    code.call(barrier)
    code.immediate('cmp', rax, 0)
    code.jump('notEqual', end)
  })
  code.bind(end)
  leave(code)
}

/**
 * The function barrier(control): returns when all threads of the run have called it, 0, or when one has given up, not 0. The last to arrive
 * starts a new phase; the others look for that, a while without rest, then giving way, then asleep, but never without end: a thread that is
 * stuck in machine code would keep the process from ending. x64 keeps the order of stores, so plain ones suffice.
 */
export function emitBarrier(code: Assembler): void {
  const word = (name: keyof typeof controlWords): BaseMemory => ({ base: rbx, displacement: 4 * controlWords[name] })
  const [wait, over, given]: Label[] = [{ position: undefined }, { position: undefined }, { position: undefined }]
  const look = (): void => {
    code.move32(rax, word('phase'))
    code.compare(rax, r12)
    code.jump('notEqual', over as Label)
    code.move32(rax, word('abort'))
    code.immediate('cmp', rax, 0)
    code.jump('notEqual', given as Label)
  }
  const repeat = (times: number, between: () => void): void => {
    const head: Label = { position: undefined }
    code.moveImmediate(r13, times)
    code.bind(head)
    between()
    look()
    code.immediate('sub', r13, 1)
    code.jump('notEqual', head)
  }
  enter(code)
  code.move(rbx, rdi)
  code.move32(r12, word('phase'))
  code.moveImmediate(rax, 1)
  code.atomicAdd32(word('arrived'), rax)
  code.immediate('add', rax, 1)
  code.move32(rcx, word('threads'))
  code.compare(rax, rcx)
  code.jump('notEqual', wait as Label)
  code.storeImmediate32(word('arrived'), 0)
  code.immediate('add', r12, 1)
  code.store32(word('phase'), r12)
  code.bind(over as Label)
  code.move32(rax, word('abort'))
  leave(code)

  code.bind(wait as Label)
  repeat(spins, () => code.pause())
  repeat(yields, () => code.callAt(word('yield')))
  repeat(sleeps, () => {
    code.moveImmediate(rdi, sleepMicroseconds)
    code.callAt(word('sleep'))
  })
  code.storeImmediate32(word('abort'), 1)
  code.bind(given as Label)
  code.moveImmediate(rax, 1)
  leave(code)
}
