// A restricted unpickler: it runs the opcodes that build plain data, and asks its host for every name and every storage.
// Nothing of Python is there to be run: what a file calls is our own code or an error. Source: CPython's pickletools, protocols 2 to 5.

import { FormatError } from '../../core/errors.ts'
import { kindOfValue, PickleGlobal, PickleObject, PickleTuple, type PickleValue } from './pickle-values.ts'

/** What the unpickler asks the format around it. */
export interface PickleHost {
  readonly file: string
  /** Name of the pickle, for messages. */
  readonly field: string
  /** The name of a Python module, or undefined where it is not known. */
  readonly global: (module: string, name: string) => PickleGlobal | undefined
  /** What lies outside of the pickle, such as a storage; undefined where the identifier makes no sense. */
  readonly persistent: (id: PickleValue) => PickleValue | undefined
}

/** Integers longer than this are no part of any weights. */
const longestInteger = 1024

/** Opcodes that exist and are not run here. */
const refusedOpcodes: Readonly<Record<number, string>> = {
  70: 'FLOAT',
  73: 'INT',
  76: 'LONG',
  80: 'PERSID',
  83: 'STRING',
  86: 'UNICODE',
  103: 'GET',
  105: 'INST',
  111: 'OBJ',
  112: 'PUT',
  130: 'EXT1',
  131: 'EXT2',
  132: 'EXT4',
  145: 'FROZENSET',
  146: 'NEWOBJ_EX',
  150: 'BYTEARRAY8',
  151: 'NEXT_BUFFER',
  152: 'READONLY_BUFFER',
}

/**
 * The value of the pickle that begins at byte `start`, and where it ends.
 * Throws FormatError for opcodes and names that build no tensors, and for a pickle that is damaged.
 */
export function unpickle(bytes: Uint8Array, start: number, host: PickleHost): { value: PickleValue; end: number } {
  return new Unpickler(bytes, start, host).run()
}

class Unpickler {
  /** What is run, by opcode. */
  static readonly #steps: ReadonlyMap<number, (machine: Unpickler) => unknown> = new Map([
    [0x80, (machine) => machine.#checkProtocol(machine.#unsigned(1))], // PROTO
    [0x95, (machine) => machine.#take(8)], // FRAME: a hint on how much to read at once
    [0x28, (machine) => machine.#mark()], // MARK
    [0x30, (machine) => (machine.#stack.length === 0 ? machine.#popMark() : machine.#pop())], // POP
    [0x31, (machine) => machine.#popMark()], // POP_MARK
    [0x32, (machine) => machine.#push(machine.#top())], // DUP
    [0x4e, (machine) => machine.#push(null)], // NONE
    [0x88, (machine) => machine.#push(true)], // NEWTRUE
    [0x89, (machine) => machine.#push(false)], // NEWFALSE
    [0x4a, (machine) => machine.#push(machine.#signed32())], // BININT
    [0x4b, (machine) => machine.#push(machine.#unsigned(1))], // BININT1
    [0x4d, (machine) => machine.#push(machine.#unsigned(2))], // BININT2
    [0x8a, (machine) => machine.#push(machine.#integer(machine.#unsigned(1)))], // LONG1
    [0x8b, (machine) => machine.#push(machine.#integer(machine.#unsigned(4)))], // LONG4
    [0x47, (machine) => machine.#push(machine.#float())], // BINFLOAT
    [0x8c, (machine) => machine.#push(machine.#text(machine.#unsigned(1)))], // SHORT_BINUNICODE
    [0x58, (machine) => machine.#push(machine.#text(machine.#unsigned(4)))], // BINUNICODE
    [0x8d, (machine) => machine.#push(machine.#text(machine.#unsigned(8)))], // BINUNICODE8
    [0x55, (machine) => machine.#push(latin1(machine.#take(machine.#unsigned(1))))], // SHORT_BINSTRING, a text of Python 2
    [0x54, (machine) => machine.#push(latin1(machine.#take(machine.#unsigned(4))))], // BINSTRING
    [0x43, (machine) => machine.#push(machine.#take(machine.#unsigned(1)))], // SHORT_BINBYTES
    [0x42, (machine) => machine.#push(machine.#take(machine.#unsigned(4)))], // BINBYTES
    [0x8e, (machine) => machine.#push(machine.#take(machine.#unsigned(8)))], // BINBYTES8
    [0x29, (machine) => machine.#push(new PickleTuple([]))], // EMPTY_TUPLE
    [0x85, (machine) => machine.#push(new PickleTuple(machine.#popMany(1)))], // TUPLE1
    [0x86, (machine) => machine.#push(new PickleTuple(machine.#popMany(2)))], // TUPLE2
    [0x87, (machine) => machine.#push(new PickleTuple(machine.#popMany(3)))], // TUPLE3
    [0x74, (machine) => machine.#push(new PickleTuple(machine.#popMark()))], // TUPLE
    [0x5d, (machine) => machine.#push([])], // EMPTY_LIST
    [0x6c, (machine) => machine.#push(machine.#popMark())], // LIST
    [0x61, (machine) => machine.#append([machine.#pop()])], // APPEND
    [0x65, (machine) => machine.#append(machine.#popMark())], // APPENDS
    [0x7d, (machine) => machine.#push(new Map())], // EMPTY_DICT
    [0x64, (machine) => machine.#pushDictionary(machine.#popMark())], // DICT
    [0x73, (machine) => machine.#setItems(machine.#popMany(2))], // SETITEM
    [0x75, (machine) => machine.#setItems(machine.#popMark())], // SETITEMS
    [0x8f, (machine) => machine.#push(new Set())], // EMPTY_SET
    [0x90, (machine) => machine.#addItems(machine.#popMark())], // ADDITEMS
    [0x71, (machine) => machine.#keep(machine.#unsigned(1))], // BINPUT
    [0x72, (machine) => machine.#keep(machine.#unsigned(4))], // LONG_BINPUT
    [0x94, (machine) => machine.#keep(machine.#memo.size)], // MEMOIZE
    [0x68, (machine) => machine.#recall(machine.#unsigned(1))], // BINGET
    [0x6a, (machine) => machine.#recall(machine.#unsigned(4))], // LONG_BINGET
    [0x63, (machine) => machine.#global(machine.#line(), machine.#line())], // GLOBAL
    [0x93, (machine) => machine.#stackGlobal()], // STACK_GLOBAL
    [0x52, (machine) => machine.#call()], // REDUCE
    [0x81, (machine) => machine.#call()], // NEWOBJ: with classes that take no part in their making it is the same
    [0x62, (machine) => machine.#build()], // BUILD
    [0x51, (machine) => machine.#persistent()], // BINPERSID
  ])

  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #host: PickleHost
  readonly #memo = new Map<number, PickleValue>()
  /** Stacks below the latest mark. */
  readonly #below: PickleValue[][] = []
  #stack: PickleValue[] = []
  #at: number
  /** Where the opcode began that is being run. */
  #began: number

  constructor(bytes: Uint8Array, start: number, host: PickleHost) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#host = host
    this.#at = start
    this.#began = start
  }

  run(): { value: PickleValue; end: number } {
    for (;;) {
      this.#began = this.#at
      const opcode = this.#unsigned(1)
      if (opcode === 0x2e) return { value: this.#pop(), end: this.#at } // STOP
      const step = Unpickler.#steps.get(opcode)
      if (step === undefined) {
        throw this.#error(
          `opcode ${refusedOpcodes[opcode] ?? `0x${opcode.toString(16)}`} builds no tensors and is not run`,
        )
      }
      step(this)
    }
  }

  #checkProtocol(protocol: number): void {
    if (protocol > 5) throw this.#error(`protocol ${protocol} is not read, expected 2 to 5`)
  }

  #mark(): void {
    this.#below.push(this.#stack)
    this.#stack = []
  }

  #keep(key: number): void {
    this.#memo.set(key, this.#top())
  }

  #append(items: PickleValue[]): void {
    const list = this.#top()
    if (!Array.isArray(list)) throw this.#error(`items are appended to ${kindOfValue(list)}`)
    for (const item of items) list.push(item)
  }

  #pushDictionary(items: readonly PickleValue[]): void {
    this.#push(new Map())
    this.#setItems(items)
  }

  #setItems(items: readonly PickleValue[]): void {
    const dictionary = this.#top()
    if (!(dictionary instanceof Map)) throw this.#error(`items are set in ${kindOfValue(dictionary)}`)
    if (items.length % 2 === 1) throw this.#error('a key of a dictionary comes without a value')
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i] as PickleValue
      if (dictionary.has(key)) throw this.#error(`the name ${JSON.stringify(String(key))} occurs twice in a dictionary`)
      dictionary.set(key, items[i + 1] as PickleValue)
    }
  }

  #addItems(items: readonly PickleValue[]): void {
    const set = this.#top()
    if (!(set instanceof Set)) throw this.#error(`items are added to ${kindOfValue(set)}`)
    for (const item of items) set.add(item)
  }

  #recall(key: number): void {
    const value = this.#memo.get(key)
    if (value === undefined) throw this.#error(`the value ${key} is used before it was kept`)
    this.#push(value)
  }

  #stackGlobal(): void {
    const [home, name] = this.#popMany(2)
    if (typeof home !== 'string' || typeof name !== 'string') throw this.#error('a name should be two texts')
    this.#global(home, name)
  }

  #global(home: string, name: string): void {
    const found = this.#host.global(home, name)
    if (found === undefined) {
      throw this.#error(
        `${JSON.stringify(`${home}.${name}`.slice(0, 200))} is no name that builds tensors, so it is neither looked up nor run; ` +
          'save the weights alone, with torch.save(model.state_dict(), path)',
      )
    }
    this.#push(found)
  }

  #call(): void {
    const [callee = null, args = null] = this.#popMany(2)
    if (!(callee instanceof PickleGlobal) || callee.call === undefined) {
      throw this.#error(`${kindOfValue(callee)} is called, which nothing is run for`)
    }
    const value = args instanceof PickleTuple ? callee.call(args.items) : undefined
    if (value === undefined) throw this.#error(`${callee.name} is called with arguments that it does not take`)
    this.#push(value)
  }

  /** Attributes of dictionaries, such as a state dict's `_metadata`, are let go. */
  #build(): void {
    const state = this.#pop()
    const object = this.#top()
    const built = object instanceof PickleObject ? object.build(state) : object instanceof Map && state instanceof Map
    if (!built) throw this.#error(`a state is given to ${kindOfValue(object)}, which takes none like it`)
  }

  #persistent(): void {
    const value = this.#host.persistent(this.#pop())
    if (value === undefined) throw this.#error('an identifier of something outside the pickle is no storage')
    this.#push(value)
  }

  #push(value: PickleValue): void {
    this.#stack.push(value)
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1)
    if (value === undefined) throw this.#error('a value is missing on the stack')
    return value
  }

  #pop(): PickleValue {
    const value = this.#top()
    this.#stack.length--
    return value
  }

  #popMany(count: number): PickleValue[] {
    if (this.#stack.length < count) throw this.#error('values are missing on the stack')
    return this.#stack.splice(-count)
  }

  /** The values since the latest mark. */
  #popMark(): PickleValue[] {
    const values = this.#stack
    const below = this.#below.pop()
    if (below === undefined) throw this.#error('a mark is missing on the stack')
    this.#stack = below
    return values
  }

  #take(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#at) {
      throw this.#error(`the pickle is cut off: ${count} bytes more are needed, copy the file again`)
    }
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  #unsigned(bytes: 1 | 2 | 4 | 8): number {
    this.#take(bytes)
    const at = this.#at - bytes
    if (bytes === 1) return this.#view.getUint8(at)
    if (bytes === 2) return this.#view.getUint16(at, true)
    return bytes === 4 ? this.#view.getUint32(at, true) : Number(this.#view.getBigUint64(at, true))
  }

  #signed32(): number {
    this.#take(4)
    return this.#view.getInt32(this.#at - 4, true)
  }

  #float(): number {
    this.#take(8)
    return this.#view.getFloat64(this.#at - 8)
  }

  /** Two's complement, least byte first; a number where that is exact. */
  #integer(length: number): number | bigint {
    if (length > longestInteger) throw this.#error(`an integer of ${length} bytes makes no sense`)
    const bytes = this.#take(length)
    const magnitude = bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
    const value = BigInt.asIntN(length * 8, magnitude)
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  }

  #text(length: number): string {
    const bytes = this.#take(length)
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      throw this.#error('a text is no valid UTF-8')
    }
  }

  /** Text up to the end of the line, as in GLOBAL. */
  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at)
    if (end < 0) throw this.#error('a name is cut off, copy the file again')
    const text = this.#text(end - this.#at)
    this.#at = end + 1
    return text
  }

  #error(problem: string): FormatError {
    return new FormatError(`${this.#host.file}: ${this.#host.field}: at byte ${this.#began}: ${problem}`)
  }
}

/** Characters put together at a time: a function takes only so many arguments. */
const piece = 8192

/** One character per byte; what browsers call latin1 is another encoding. */
function latin1(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += piece) text += String.fromCharCode(...bytes.subarray(at, at + piece))
  return text
}
