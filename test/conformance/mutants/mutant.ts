// A mutant: one rule of the compiler broken while the suites run, and mended after. Functions that a test file has mocked as
// `switchable` can be replaced; tables and classes are patched in place.

/** Breaks one rule; the function it returns mends it. */
export interface Mutant {
  readonly name: string
  /** The op whose checks will most likely find it: where to look first. */
  readonly opName?: string
  readonly apply: () => () => void
}

type AnyFunction = (...args: never[]) => unknown

const originals = new Map<AnyFunction, AnyFunction>()
const overrides = new Map<AnyFunction, AnyFunction>()

/** A module whose functions can be replaced while they are in use; classes and values stay. */
export function switchable<Module extends object>(module: Module): Module {
  const entries = Object.entries(module).map(([name, value]: [string, unknown]) => {
    if (typeof value !== 'function' || /^class\b/.test(Function.prototype.toString.call(value))) return [name, value]
    const original = value as AnyFunction
    const wrapper: AnyFunction = (...args) => (overrides.get(wrapper) ?? original)(...args)
    originals.set(wrapper, original)
    return [name, wrapper]
  })
  return Object.fromEntries(entries) as Module
}

/** A mutant of a switchable function. */
export function functionMutant<F extends AnyFunction>(name: string, target: F, broken: (original: F) => F): Mutant {
  return {
    name,
    apply() {
      const original = originals.get(target)
      if (original === undefined) throw new Error(`${name}: the function's module is not mocked as switchable`)
      overrides.set(target, broken(original as F))
      return () => overrides.delete(target)
    },
  }
}

/** The mutant, with the op whose checks will most likely find it. */
export function likelyFoundBy(opName: string, mutant: Mutant): Mutant {
  return { ...mutant, opName }
}

/** A mutant of an object's property: an entry of a table, a method of a prototype. */
export function propertyMutant<T extends object, K extends keyof T>(
  name: string,
  target: T,
  key: K,
  broken: (original: T[K]) => T[K],
): Mutant {
  return {
    name,
    apply() {
      const original = target[key]
      Object.assign(target, { [key]: broken(original) })
      return () => Object.assign(target, { [key]: original })
    },
  }
}
