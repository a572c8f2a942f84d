// Worker threads that make batches. They start when the first batch is asked for, never keep the process alive unless somebody waits for a
// batch, and end when nothing was asked of them for a while.

import { Worker } from 'node:worker_threads'
import { OcellusError } from '../core/errors.ts'
import type { BatchMaker } from './loader.ts'
import type { BatchJob, MadeBatch } from './make-batch.ts'
import { errorFrom, type WorkerAnswer, type WorkerJob, type WorkerStart } from './worker-messages.ts'

/** Milliseconds without work after which the threads end. */
const patience = 10_000

interface Waiting {
  readonly resolve: (made: MadeBatch) => void
  readonly reject: (error: unknown) => void
}

interface Member {
  readonly worker: Worker
  /** Jobs that it has not answered, by number. */
  readonly waiting: Map<number, Waiting>
}

export class WorkerPool implements BatchMaker {
  readonly #size: number
  readonly #start: WorkerStart
  #members: Member[] = []
  #number = 0
  #holders = 0
  #idle: NodeJS.Timeout | undefined

  constructor(size: number, start: WorkerStart) {
    this.#size = size
    this.#start = start
  }

  /** The batch, by the worker that has least to do. Rejects with the worker's error; OcellusError where the worker ended. */
  make(job: BatchJob): Promise<MadeBatch> {
    clearTimeout(this.#idle)
    if (this.#members.length === 0) this.#members = Array.from({ length: this.#size }, () => this.#startMember())
    const member = this.#members.reduce((least, each) => (each.waiting.size < least.waiting.size ? each : least))
    const number = this.#number++
    return new Promise((resolve, reject) => {
      member.waiting.set(number, { resolve, reject })
      const message: WorkerJob = { number, ...job }
      member.worker.postMessage(message)
    })
  }

  hold(): () => void {
    if (this.#holders++ === 0) for (const { worker } of this.#members) worker.ref()
    return () => {
      if (--this.#holders === 0) for (const { worker } of this.#members) worker.unref()
    }
  }

  close(): void {
    this.#end(new OcellusError('the loader was closed while batches were being made'))
  }

  #startMember(): Member {
    const worker = startWorker(this.#start)
    if (this.#holders === 0) worker.unref()
    const member: Member = { worker, waiting: new Map() }
    worker.on('message', (answer: WorkerAnswer) => this.#receive(member, answer))
    worker.on('error', (error) => this.#lose(member, error.message))
    worker.on('exit', (code) => this.#lose(member, `exit code ${code}`))
    return member
  }

  #receive(member: Member, answer: WorkerAnswer): void {
    const waiting = member.waiting.get(answer.number)
    member.waiting.delete(answer.number)
    if ('made' in answer) waiting?.resolve(answer.made)
    else waiting?.reject(errorFrom(answer.error))
    if (this.#members.some(({ waiting }) => waiting.size > 0)) return
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.close(), patience)
    this.#idle.unref()
  }

  /** One that ended takes the others with it: its batches are missing, whatever they make. */
  #lose(member: Member, cause: string): void {
    if (!this.#members.includes(member)) return
    this.#end(new OcellusError(`a thread that loads data has ended (${cause}); use fewer workers, or 0 to see where`))
  }

  #end(error: OcellusError): void {
    clearTimeout(this.#idle)
    const members = this.#members
    this.#members = []
    for (const { worker, waiting } of members) {
      for (const { reject } of waiting.values()) reject(error)
      void worker.terminate()
    }
  }
}

function startWorker(workerData: WorkerStart): Worker {
  const options = { workerData, execArgv: [] }
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.node.js', import.meta.url), options)
  // Run from the sources: a thread has to be taught TypeScript first.
  const [teacher, script] = [import.meta.resolve('tsx/esm/api'), new URL('./worker.node.ts', import.meta.url).href]
  const code = `import('${teacher}').then(({ register }) => { register(); return import('${script}') })`
  return new Worker(code, { ...options, eval: true })
}
