// What a member of a team does, as text: workers get their code as a string, so that no bundler has to know of a second file.

import { longestText, teamWords } from './words.ts'

/** A share of a program: share(table, ranges, control), all addresses as the code sees them. */
export type Share = (table: number, ranges: number, control: number) => void

/** What a worker gets when it starts. */
export interface MemberStart {
  readonly memory: WebAssembly.Memory
  /** Offset of the control block in the memory. */
  readonly control: number
  /** Number of the member, from 1 on: the caller is thread 0. */
  readonly number: number
  /** Milliseconds to look for the next command before sleeping. */
  readonly alert: number
  /** Path of the package koffi, for native code. */
  readonly koffi?: string
}

/** What V8 needs to replace code of a new module by better code: that the thread gives its event loop a turn now and then. */
interface Turns {
  /** Time, as of `performance.now`, until which the last new module counts as new. */
  newUntil: number
  readonly take: () => Promise<void>
}

/**
 * The member's life: waits for a command, runs its share, says that it is done. A member that sleeps receives no messages, so all that it
 * needs comes through memory. This function becomes text: it uses nothing from outside but its arguments.
 */
async function serve(
  { memory, control, number, alert }: MemberStart,
  words: typeof teamWords,
  longest: number,
  find: (state: Int32Array) => Share,
  turns: Turns,
): Promise<void> {
  const state = new Int32Array(memory.buffer, control, words.text + longest)
  let seen = Atomics.load(state, words.command)
  let turned = performance.now()
  Atomics.add(state, words.ready, 1)
  Atomics.notify(state, words.ready)
  while (state[words.exit] === 0) {
    const now = performance.now()
    if (now - turned > (now < turns.newUntil ? 2 : 200)) {
      await turns.take()
      turned = performance.now()
    }
    const end = performance.now() + alert
    while (Atomics.load(state, words.command) === seen && performance.now() < end) {
      for (let look = 0; look < 100 && Atomics.load(state, words.command) === seen; look++);
    }
    if (Atomics.load(state, words.command) === seen) {
      Atomics.add(state, words.sleeping, 1)
      while (Atomics.load(state, words.command) === seen) Atomics.wait(state, words.command, seen)
      Atomics.sub(state, words.sleeping, 1)
    }
    seen = Atomics.load(state, words.command)
    if (state[words.exit] !== 0) continue
    try {
      if (number < Atomics.load(state, words.threads)) {
        const unsigned = (word: number): number => (state[word] as number) >>> 0
        const origin = unsigned(words.originLow) + unsigned(words.originHigh) * 4294967296
        const table = origin + unsigned(words.tables) + number * unsigned(words.tableBytes)
        find(state)(table, table + unsigned(words.rangesAt), origin + control)
      }
    } catch (error) {
      if (Atomics.compareExchange(state, words.failed, 0, number) === 0) {
        const text = String(error).slice(0, longest)
        for (let i = 0; i < text.length; i++) state[words.text + i] = text.charCodeAt(i)
        state[words.textLength] = text.length
      }
      Atomics.store(state, words.abort, 1)
      Atomics.notify(state, words.phase)
    }
    Atomics.add(state, words.done, 1)
    Atomics.notify(state, words.done)
  }
}

/** Finds a share by the bytes of its module, which lie in memory. Modules of the last programs are kept. */
function findModule({ memory }: MemberStart, words: typeof teamWords, turns: Turns): (state: Int32Array) => Share {
  const kept = new Map<number, Share>()
  return (state) => {
    const program = state[words.program] as number
    let share = kept.get(program)
    if (share === undefined) {
      const start = (state[words.codeLow] as number) >>> 0
      const code = new Uint8Array(memory.buffer, start, state[words.codeBytes]).slice()
      const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } })
      share = instance.exports.share as Share
      turns.newUntil = performance.now() + 3000
      if (kept.size > 100) kept.delete(kept.keys().next().value as number)
    }
    kept.delete(program)
    kept.set(program, share)
    return share
  }
}

/** What the function below needs of koffi 3. */
interface KoffiPart {
  load(path: string | null): unknown
  proto(result: string, parameters: readonly string[]): unknown
  decode(address: bigint, type: unknown): Share
}

/** Finds a share by its address. A worker must load a library by koffi itself before it calls machine code. */
function findAddress(koffi: KoffiPart, words: typeof teamWords): (state: Int32Array) => Share {
  koffi.load(null)
  const signature = koffi.proto('void', ['void *', 'int64_t', 'int64_t'])
  const kept = new Map<number, Share>()
  return (state) => {
    const address = ((state[words.codeLow] as number) >>> 0) + ((state[words.codeHigh] as number) >>> 0) * 4294967296
    let share = kept.get(address)
    if (share === undefined) {
      share = koffi.decode(BigInt(address), signature)
      if (kept.size > 1000) kept.clear()
      kept.set(address, share)
    }
    return share
  }
}

const words: string = JSON.stringify(teamWords)
/** Tools that keep the names of functions wrap them in a helper of this name. */
const naming = 'const __name = (named) => named;'

/** The script of a worker of Node that runs machine code or WebAssembly. */
export const nodeMember: string = `'use strict'; ${naming}
const { start, loaded } = require('node:worker_threads').workerData;
const words = ${words};
const turns = { newUntil: 0, take: () => new Promise((resolve) => setImmediate(resolve)) };
const find = start.koffi === undefined ? (${findModule})(start, words, turns) : (${findAddress})(require(start.koffi), words);
Atomics.store(loaded, 0, 1);
Atomics.notify(loaded, 0);
(${serve})(start, words, ${longestText}, find, turns);`

/** The script of a worker of a browser. */
export const browserMember: string = `'use strict'; ${naming}
onmessage = ({ data: start }) => {
  const words = ${words};
  const { port1, port2 } = new MessageChannel();
  const take = () => new Promise((resolve) => { port1.onmessage = resolve; port2.postMessage(0); });
  const turns = { newUntil: 0, take };
  (${serve})(start, words, ${longestText}, (${findModule})(start, words, turns), turns).then(close);
};`
