// The threads of one device: how many it may use, and the team that does the work, started when a program first wants it.

import { UsageError } from '../../core/errors.ts'
import type { WasmMemory } from '../wasm/memory.ts'
import { coreCount, threadsRefused } from './host.ts'
import { Team, type WaitFunctions } from './team.ts'

export interface ThreadsOptions {
  readonly memory: WasmMemory
  /** Path of the package koffi and the system's functions for waiting: for native code. */
  readonly native?: { readonly koffi: string; readonly wait: WaitFunctions }
}

/** The most that can be asked for. */
const most = 256

let explained = false

/** Says once why there is one thread where more were asked for. */
function explain(reason: string): void {
  if (explained) return
  explained = true
  console.warn(`ocellus runs on one thread: ${reason}.`)
}

export class Threads {
  readonly #options: ThreadsOptions
  #count: number
  #team: Team | undefined

  constructor(options: ThreadsOptions) {
    this.#options = options
    this.#count = options.memory.heap.shared ? coreCount() : 1
  }

  /** Threads that a run may use, the caller among them. */
  get count(): number {
    return this.#count
  }

  /** The team, where it is ready: until its members have started, and where there is one thread, the caller works alone. */
  team(): Team | undefined {
    if (this.#count === 1) return undefined
    if (this.#team?.lost !== undefined && !this.#team.hasStarted) {
      // Where no worker can start, trying again at each run would only cost time.
      explain(`a thread does not start (${this.#team.lost})`)
      this.#count = 1
      return undefined
    }
    if (this.#team === undefined || this.#team.lost !== undefined) this.#start()
    return this.#team?.ready ? this.#team : undefined
  }

  #start(): void {
    this.#team?.stop()
    const { memory, native } = this.#options
    this.#team = new Team({ memory, threads: this.#count, ...native })
  }

  /** Uses so many threads from now on, and resolves when they have started. Throws UsageError for a number that makes no sense. */
  async use(count: number): Promise<void> {
    if (!Number.isInteger(count) || count < 1 || count > most)
      throw new UsageError(`init: threads is ${count}; it must be a whole number from 1 to ${most}`)
    const refused = count === 1 ? undefined : threadsRefused()
    if (refused !== undefined) explain(refused)
    const wanted = refused === undefined ? count : 1
    if (wanted !== this.#count || this.#team?.lost !== undefined) {
      this.#team?.stop()
      this.#team = undefined
    }
    this.#count = wanted
    if (wanted === 1) return
    if (this.#team === undefined) this.#start()
    // Who asks for another number meanwhile stops this team: then it is the newer one that must start.
    let awaited: Team | undefined
    while (awaited !== this.#team) {
      awaited = this.#team
      await awaited?.started()
    }
  }
}
