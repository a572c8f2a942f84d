// What threads need of the place where the engine runs: workers, the number of cores, and whether a thread may wait at all.

import { browserMember, type MemberStart, nodeMember } from './member.ts'

/** A thread that was started; it does not keep a process from ending. */
export interface StartedThread {
  /** Ends it, whatever it does. */
  terminate(): void
}

interface NodeWorker {
  on(event: 'error' | 'exit', listener: (cause: unknown) => void): void
  unref(): void
  terminate(): unknown
}

interface NodeThreads {
  readonly Worker: new (script: string, options: object) => NodeWorker
}

interface NodeSystem {
  availableParallelism(): number
}

interface NodeFiles {
  readFileSync(path: string, encoding: 'utf8'): string
}

/** Node's modules, asked for so that bundles for browsers do not import them. */
interface NodeProcess {
  once?(event: 'exit', listener: () => void): void
  getBuiltinModule?(name: 'node:worker_threads'): NodeThreads | undefined
  getBuiltinModule?(name: 'node:os'): NodeSystem | undefined
  getBuiltinModule?(name: 'node:fs'): NodeFiles | undefined
}

const host = globalThis as {
  readonly process?: NodeProcess
  readonly WorkerGlobalScope?: unknown
  readonly navigator?: { readonly hardwareConcurrency?: number }
}

/** More threads than this have too little to do. */
const mostThreads = 16

/** Why threads cannot work together here, or undefined where they can. */
export function threadsRefused(): string | undefined {
  if (typeof SharedArrayBuffer === 'undefined')
    return 'this page is not cross-origin isolated, so threads cannot share memory'
  if (host.process?.getBuiltinModule !== undefined) return undefined
  if (host.WorkerGlobalScope === undefined)
    return "a page's main thread may not wait for others; run ocellus in a worker"
  return typeof Worker === 'undefined' ? 'this worker cannot start workers' : undefined
}

/** Threads to use when nobody says how many: one per core of the processor, hyper-threads not counted. */
export function coreCount(): number {
  if (threadsRefused() !== undefined) return 1
  const available =
    host.process?.getBuiltinModule?.('node:os')?.availableParallelism() ?? host.navigator?.hardwareConcurrency ?? 1
  return Math.max(1, Math.min(mostThreads, Math.floor(available / threadsPerCore())))
}

/** Linux lists the hyper-threads of a core; other systems are not asked. */
function threadsPerCore(): number {
  try {
    const list = host.process
      ?.getBuiltinModule?.('node:fs')
      ?.readFileSync('/sys/devices/system/cpu/cpu0/topology/thread_siblings_list', 'utf8')
    return (list ?? '0').split(',').reduce((count, part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return count + last - first + 1
    }, 0)
  } catch {
    return 1
  }
}

/** Starts a member. `lost` is called, at a later turn of the event loop, when it ends. */
export function startThread(start: MemberStart, lost: (cause: unknown) => void): StartedThread {
  const node = host.process?.getBuiltinModule?.('node:worker_threads')
  return node === undefined ? startInBrowser(start, lost) : startInNode(node, start, lost)
}

/** Of each thread of Node that lives, one number: 1 once it has loaded what it needs. */
const loaded = new Set<Int32Array>()
/** Milliseconds that the end of the process waits for a thread at most. */
const longestWait = 2000
let waits = false

/** A process that ends while one of its threads loads koffi is aborted by koffi: the end waits for that. */
function waitAtEnd(): void {
  for (const state of loaded) Atomics.wait(state, 0, 0, longestWait)
}

function startInNode(node: NodeThreads, start: MemberStart, lost: (cause: unknown) => void): StartedThread {
  if (!waits) host.process?.once?.('exit', waitAtEnd)
  waits = true
  const state = new Int32Array(new SharedArrayBuffer(4))
  loaded.add(state)
  const worker = new node.Worker(nodeMember, {
    eval: true,
    workerData: { start, loaded: state },
    execArgv: [],
    name: `ocellus ${start.number}`,
  })
  worker.on('error', lost)
  worker.on('exit', () => {
    loaded.delete(state)
    lost('it has ended')
  })
  worker.unref()
  return { terminate: () => void worker.terminate() }
}

function startInBrowser(start: MemberStart, lost: (cause: unknown) => void): StartedThread {
  const address = URL.createObjectURL(new Blob([browserMember], { type: 'text/javascript' }))
  const worker = new Worker(address, { name: `ocellus ${start.number}` })
  worker.onerror = ({ message }) => lost(message)
  worker.postMessage(start)
  return { terminate: () => worker.terminate() }
}
