// Threads that run programs together: the caller and its members, which wait for commands in shared memory.

import { DeviceError } from '../../core/errors.ts'
import type { WasmMemory } from '../wasm/memory.ts'
import { type StartedThread, startThread } from './host.ts'
import { controlBytes, teamWords } from './words.ts'

/** A program as members find it. */
export interface SharedProgram {
  /** Differs between any two programs of a device. */
  readonly id: number
  /** Address of the machine code's entry; of a module's bytes in the device's memory, with their number. */
  readonly code: number
  readonly codeBytes: number
  /** What the code adds to offsets in the memory. */
  readonly origin: number
  /** Runs the caller's share. */
  readonly share: (table: number, ranges: number, control: number) => void
}

/** Where the threads' argument tables lie: offsets in the device's memory. */
export interface SharedTables {
  /** The first thread's. */
  readonly start: number
  /** From one thread's table to the next. */
  readonly bytes: number
  /** From a table to the ranges of slabs of its thread. */
  readonly ranges: number
}

/** Addresses of the system's functions, for native code that waits. */
export interface WaitFunctions {
  readonly yield: bigint
  readonly sleep: bigint
}

export interface TeamOptions {
  readonly memory: WasmMemory
  readonly threads: number
  readonly koffi?: string
  readonly wait?: WaitFunctions
}

/** Milliseconds that a member looks for the next command before it sleeps: longer than the caller takes between the steps of a training. */
const alert = 0.05
/** Milliseconds within which members come back after an error. */
const patience = 10_000

export class Team {
  readonly threads: number
  /** Members that ended are lost with the team; a new one can be made. */
  lost: string | undefined
  readonly #control: number
  readonly #words: Int32Array
  readonly #members: readonly StartedThread[]
  #posted = false
  #stopped = false

  constructor({ memory, threads, koffi, wait }: TeamOptions) {
    this.threads = threads
    this.#control = memory.heap.allocate(controlBytes, 'the control block of threads')
    this.#words = new Int32Array(memory.heap.buffer, this.#control, controlBytes / 4).fill(0)
    if (wait !== undefined) {
      const addresses = new BigInt64Array(memory.heap.buffer, this.#control + 4 * teamWords.yield, 2)
      addresses.set([wait.yield, wait.sleep])
    }
    const start = {
      memory: memory.heap.memory,
      control: this.#control,
      alert,
      ...(koffi === undefined ? {} : { koffi }),
    }
    this.#members = Array.from({ length: threads - 1 }, (_, i) =>
      startThread({ ...start, number: i + 1 }, (cause) => {
        if (!this.#stopped) this.lost ??= String(cause).split('\n')[0]
      }),
    )
  }

  /** All members have started, now or before. */
  get hasStarted(): boolean {
    return Atomics.load(this.#words, teamWords.ready) === this.#members.length
  }

  /** All members live: a run need not wait for any. */
  get ready(): boolean {
    return this.lost === undefined && this.hasStarted
  }

  /** Resolves when all members have started, or the team was stopped. Throws DeviceError when a member cannot start. */
  async started(): Promise<void> {
    const end = performance.now() + patience
    while (!this.ready && !this.#stopped) {
      if (this.lost !== undefined || performance.now() > end) {
        throw new DeviceError(`a thread does not start (${this.lost ?? 'it takes too long'}); choose fewer threads`)
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  /** One run: every thread its share. Throws what the caller's share throws, DeviceError for what a member's does. */
  run(program: SharedProgram, tables: SharedTables): void {
    const words = this.#words
    if (!this.#awaitMembers()) throw this.#recover(undefined)
    words[teamWords.threads] = this.threads
    words[teamWords.program] = program.id
    this.#setWide(teamWords.codeLow, program.code)
    words[teamWords.codeBytes] = program.codeBytes
    this.#setWide(teamWords.originLow, program.origin)
    words[teamWords.tables] = tables.start
    words[teamWords.tableBytes] = tables.bytes
    words[teamWords.rangesAt] = tables.ranges
    this.#post()
    let thrown: unknown
    try {
      const table = program.origin + tables.start
      program.share(table, table + tables.ranges, program.origin + this.#control)
    } catch (error) {
      thrown = error
      Atomics.store(words, teamWords.abort, 1)
      Atomics.notify(words, teamWords.phase)
    }
    if (Atomics.load(words, teamWords.abort) !== 0) throw this.#recover(thrown)
  }

  /** Members end by themselves. The team is of no use afterwards. */
  stop(): void {
    this.#stopped = true
    this.#words[teamWords.exit] = 1
    Atomics.add(this.#words, teamWords.command, 1)
    Atomics.notify(this.#words, teamWords.command)
    // Whoever still starts reads the control block: it stays where it is.
  }

  #setWide(word: number, value: number): void {
    this.#words[word] = value >>> 0
    this.#words[word + 1] = Math.floor(value / 2 ** 32)
  }

  #post(): void {
    const words = this.#words
    this.#posted = true
    Atomics.store(words, teamWords.done, 0)
    Atomics.add(words, teamWords.command, 1)
    if (Atomics.load(words, teamWords.sleeping) > 0) Atomics.notify(words, teamWords.command)
  }

  /** Waits until no member is busy with the last command: they leave it a moment after the caller. */
  #awaitMembers(): boolean {
    if (!this.#posted) return true
    const words = this.#words
    const end = performance.now() + patience
    for (;;) {
      for (let look = 0; look < 1000; look++) {
        if (Atomics.load(words, teamWords.done) === this.#members.length) {
          this.#posted = false
          return true
        }
      }
      if (performance.now() > end) return false
      Atomics.wait(words, teamWords.done, Atomics.load(words, teamWords.done), 1)
    }
  }

  /** After an error: members leave, and the next run finds everything as before the first. Returns what to throw. */
  #recover(thrown: unknown): unknown {
    const words = this.#words
    if (!this.#awaitMembers()) {
      for (const member of this.#members) member.terminate()
      this.lost = 'it did not come back after an error'
    }
    const failed = words[teamWords.failed] as number
    const start = teamWords.text
    const text = String.fromCharCode(...words.subarray(start, start + (words[teamWords.textLength] as number)))
    for (const word of [teamWords.arrived, teamWords.abort, teamWords.failed]) Atomics.store(words, word, 0)
    if (thrown !== undefined) return thrown
    return new DeviceError(
      failed === 0
        ? `one of ${this.threads} threads was lost while a program ran; the results of this run are not valid`
        : `thread ${failed} of ${this.threads} failed while a program ran (${text}); the results of this run are not valid`,
    )
  }
}
