// What a pickle can hold here: plain data, and the few objects that our own code builds for the names it knows.

/** A value of a pickle. Lists are arrays, dictionaries are maps, and nothing has a prototype that the file could choose. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleTuple
  | PickleDictionary
  | PickleSet
  | PickleGlobal
  | PickleObject

export interface PickleDictionary extends Map<PickleValue, PickleValue> {}

export interface PickleSet extends Set<PickleValue> {}

export class PickleTuple {
  readonly items: readonly PickleValue[]

  constructor(items: readonly PickleValue[]) {
    this.items = items
  }
}

/** A name of a Python module that is known here. */
export class PickleGlobal {
  /** As `torch.FloatStorage`. */
  readonly name: string
  /** What calling it gives; undefined where the arguments are none that it takes. Absent where it cannot be called. */
  readonly call: ((args: readonly PickleValue[]) => PickleValue | undefined) | undefined

  constructor(name: string, call?: PickleGlobal['call']) {
    this.name = name
    this.call = call
  }
}

/** An object that a known name makes. */
export abstract class PickleObject {
  /** What it is, for messages. */
  abstract readonly kind: string

  /** Takes the state that was saved with it; false where that makes no sense. */
  build(_state: PickleValue): boolean {
    return false
  }
}

/** What a value is, for messages. */
export function kindOfValue(value: PickleValue): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return 'a bool'
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number'
  if (typeof value === 'string') return 'a text'
  if (value instanceof Uint8Array) return 'bytes'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof PickleTuple) return 'a tuple'
  if (value instanceof Map) return 'a dictionary'
  if (value instanceof Set) return 'a set'
  return value instanceof PickleGlobal ? value.name : value.kind
}
