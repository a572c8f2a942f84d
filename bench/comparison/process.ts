// One contestant's process as seen from the benchmark: requests one after the other, an answer for each.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { OcellusError } from '../../src/index.ts'

export interface ProcessOptions {
  /** In messages and in rows. */
  readonly peer: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

type Answer = Readonly<Record<string, unknown>>

export class ContestantProcess {
  readonly peer: string
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #complaints: string[]
  #greeting: Answer = {}

  private constructor(peer: string, child: ChildProcess, lines: AsyncIterator<string>, complaints: string[]) {
    this.peer = peer
    this.#child = child
    this.#lines = lines
    this.#complaints = complaints
  }

  /** Starts a contestant. Throws OcellusError, with the reason, where it cannot start. */
  static async start({ peer, command, args, env }: ProcessOptions): Promise<ContestantProcess> {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    const complaints: string[] = []
    child.on('error', (error) => complaints.push(error.message))
    child.stdin.on('error', () => undefined)
    createInterface({ input: child.stderr }).on('line', (line) => {
      complaints.push(line)
      if (complaints.length > 20) complaints.shift()
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const started = new ContestantProcess(peer, child, lines, complaints)
    try {
      started.#greeting = await started.#answer()
      return started
    } catch (error) {
      await started.stop()
      throw error
    }
  }

  /** Of the library. */
  get version(): string {
    return String(this.#greeting.version)
  }

  /** Resident bytes after all imports. */
  get bytes(): number {
    return Number(this.#greeting.bytes)
  }

  async request(request: object): Promise<Answer> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`)
    return this.#answer()
  }

  async #answer(): Promise<Answer> {
    const { value } = await this.#lines.next()
    if (value === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      throw new OcellusError(`${this.peer} ended: ${this.#complaints.at(-1) ?? 'without a word'}`)
    }
    const answer = JSON.parse(value) as Answer
    if ('error' in answer) throw new OcellusError(`${this.peer}: ${answer.error}`)
    return answer
  }

  /** Ends the process; its input ends, and if that does not help it is killed. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    const gone = once(child, 'exit')
    child.stdin?.end()
    const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
    await gone
    clearTimeout(timer)
  }
}
