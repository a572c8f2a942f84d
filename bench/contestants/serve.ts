// A contestant as a process of its own: reads one request per line, answers with one line. Memory and threads of one never disturb another.

import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { HostTensor } from '../../src/io/index.ts'
import { type Task, writeTensors } from '../comparison/exchange.ts'

/** What a contestant shows before it is timed. */
export interface Proof {
  /** Losses of the steps of a training workload. */
  readonly losses: readonly number[]
  /** Gradients of step 1 (`gradient.0`), or outputs (`output.0`). */
  readonly tensors: ReadonlyMap<string, HostTensor>
  /** The work was done in float64. */
  readonly exact?: boolean
}

/** `exact` asks for float64; only ours is asked. */
export interface ProofTask extends Task {
  readonly exact?: boolean
}

/** One call on the next batch. */
export type Call = () => void | Promise<void>

export interface Contestant {
  /** Of the library. */
  readonly version: string
  prove(task: ProofTask): Proof | Promise<Proof>
  prepare(task: Task): Call | Promise<Call>
  /** Requests of this contestant alone. */
  readonly others?: Readonly<Record<string, (request: Readonly<Record<string, unknown>>) => object>>
}

interface Request extends ProofTask {
  readonly command: string
  readonly answer: string
  readonly calls: number
}

/** Serves until stdin ends. The first line says the version and the resident bytes after all imports. */
export async function serve(create: () => Contestant | Promise<Contestant>): Promise<void> {
  const say = (answer: object): void => {
    process.stdout.write(`${JSON.stringify(answer)}\n`)
  }
  let contestant: Contestant
  try {
    contestant = await create()
  } catch (error) {
    say({ error: messageOf(error) })
    return
  }
  forgetPeak()
  say({ version: contestant.version, bytes: memoryBytes('VmRSS') })
  const prepared = new Map<string, Call>()
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      say(await answerTo(JSON.parse(line) as Request, contestant, prepared))
    } catch (error) {
      say({ error: messageOf(error) })
    }
  }
}

async function answerTo(request: Request, contestant: Contestant, prepared: Map<string, Call>): Promise<object> {
  switch (request.command) {
    case 'prove': {
      const { losses, tensors, exact = false } = await contestant.prove(request)
      writeTensors(request.answer, tensors)
      return { losses, exact }
    }
    case 'prepare': {
      const call = await contestant.prepare(request)
      prepared.set(request.mode, call)
      return { milliseconds: await warmUp(call) }
    }
    case 'time': {
      const call = prepared.get(request.mode)
      if (call === undefined) throw new Error(`mode ${request.mode} was not prepared`)
      const before = process.cpuUsage()
      const milliseconds = await time(call, request.calls)
      const { user, system } = process.cpuUsage(before)
      return { milliseconds, cpu: (user + system) / 1000 }
    }
    case 'run': {
      const call = await contestant.prepare(request)
      await time(call, request.calls)
      return { bytes: memoryBytes('VmHWM') }
    }
    case 'forget':
      prepared.clear()
      return {}
    default: {
      const other = contestant.others?.[request.command]
      if (other === undefined) throw new Error(`there is no request called ${request.command}`)
      return other({ ...request })
    }
  }
}

/** Milliseconds of `calls` calls. */
async function time(call: Call, calls: number): Promise<number> {
  const start = performance.now()
  for (let i = 0; i < calls; i++) {
    const running = call()
    if (running !== undefined) await running
  }
  return performance.now() - start
}

const warmUpMilliseconds = 400

/** Calls until the engine has settled; milliseconds of one call. */
async function warmUp(call: Call): Promise<number> {
  await time(call, 1)
  let [calls, last] = [1, await time(call, 1)]
  for (let spent = last; spent < warmUpMilliseconds; spent += last) {
    calls = Math.min(2 * calls, Math.max(1, Math.ceil((warmUpMilliseconds * calls) / 4 / Math.max(last, 0.01))))
    last = await time(call, calls)
  }
  return last / calls
}

/** Lets the peak of resident memory begin anew, so that it does not count what imports took for a moment; Linux only. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
  } catch {
    // The peak then counts from the start of the process.
  }
}

/** Resident bytes now (VmRSS) or at most so far (VmHWM); from the kernel on Linux, elsewhere by Node. */
function memoryBytes(field: 'VmRSS' | 'VmHWM'): number {
  try {
    const line = readFileSync('/proc/self/status', 'utf8').match(new RegExp(`${field}:\\s+(\\d+) kB`))
    if (line !== null) return 1024 * Number(line[1])
  } catch {
    // Not Linux.
  }
  return field === 'VmRSS' ? process.memoryUsage.rss() : 1024 * process.resourceUsage().maxRSS
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] as string) : String(error)
}
