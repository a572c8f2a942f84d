// Module: the base of layers and models. Parameters and inner modules are found by themselves, in properties, arrays and records.

import { type DType, isFloat } from '../core/dtype.ts'
import { DTypeError, UsageError } from '../core/errors.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { bumpTraceEpoch } from '../tensor/trace.ts'
import { Variable } from '../tensor/variable.ts'
import { moduleText } from './module-text.ts'
import { Parameter } from './parameter.ts'
import { printAsText } from './print-as-text.ts'

/** What freezing leaves out: a module with all it holds, a parameter, or several of them. */
export interface FreezeOptions {
  readonly except?: Module | Parameter | readonly (Module | Parameter)[]
}

/**
 * Parameters to freeze or unfreeze: all `except` some; those of the given names (`fc.weight`, or `layer1` for all that it holds); or those that a
 * function of name and parameter picks.
 */
export type ParameterSelection =
  | FreezeOptions
  | string
  | readonly string[]
  | ((name: string, parameter: Parameter) => boolean)

/** A property that holds a variable or a module, with its name as seen from the module that is walked. */
interface Slot {
  readonly holder: object
  readonly key: string
  readonly name: string
  readonly value: Variable | Module
}

/**
 * Extend it, keep parameters and layers in properties (not in `#private` ones, which cannot be found), and write `forward`:
 *
 * ```ts
 * class Residual extends Module {
 *   constructor(readonly body: Module) { super() }
 *   forward(x: Tensor): Tensor { return relu(this.body.forward(x).add(x)) }
 * }
 * ```
 */
export abstract class Module {
  #training = true
  /** Whether anybody has looked at `training`: only then can something compiled depend on it. */
  #modeMatters = false

  /** The output for the inputs. */
  abstract forward(...inputs: Tensor[]): Tensor

  /** What it is called where modules are listed: its class. */
  typeName(): string {
    return this.constructor.name
  }

  /** The modules inside by name, and the shapes of their parameters and state: what `console.log(model)` prints in Node. */
  toString(): string {
    return moduleText(this)
  }

  /** The object whose properties are this module's parts: itself, unless a container names its parts otherwise. */
  protected parts(): object {
    return this
  }

  /** Whether layers such as dropout behave as in training; see `train` and `eval`. */
  get training(): boolean {
    this.#modeMatters = true
    return this.#training
  }

  /** The parameters that training changes: all but the frozen ones, in the order of the properties. */
  parameters(): Parameter[] {
    return [...this.namedParameters().values()]
  }

  /** As `parameters`, by name: `hidden.weight`, `blocks.0.bias`. A parameter that is used in two places has the first name. */
  namedParameters(): Map<string, Parameter> {
    const found = new Map<string, Parameter>()
    for (const [name, variable] of this.namedVariables()) {
      if (variable instanceof Parameter && !variable.frozen) found.set(name, variable)
    }
    return found
  }

  /** Everything that is saved with the module, by name: parameters, frozen or not, and state such as running statistics. */
  namedVariables(): Map<string, Variable> {
    const names = new Map<Variable, string>()
    for (const { name, value } of this.#slots()) {
      if (value instanceof Variable && !names.has(value)) names.set(value, name)
    }
    for (const [variable, name] of names) nameVariable(variable, name)
    return new Map([...names].map(([variable, name]) => [name, variable]))
  }

  /** The modules that this one holds itself, by name. */
  get children(): Map<string, Module> {
    return modulesOf(Module.#walk(this.parts(), '', new Set(), false))
  }

  /** This module, whose name is empty, and all inside it, outer ones first. */
  namedModules(): Map<string, Module> {
    return new Map([['', this as Module], ...modulesOf(this.#slots())])
  }

  /** Switches this module and all inside it to training. */
  train(): this {
    return this.#setTraining(true)
  }

  /** Switches this module and all inside it to inference: no dropout, running statistics instead of the batch's. */
  eval(): this {
    return this.#setTraining(false)
  }

  #setTraining(training: boolean): this {
    Module.#setModes(
      [...this.namedModules().values()].filter((module) => module.#training !== training),
      training,
    )
    return this
  }

  static #setModes(modules: readonly Module[], training: boolean): void {
    for (const module of modules) module.#training = training
    if (modules.some((module) => module.#modeMatters)) bumpTraceEpoch()
  }

  /** Switches to inference for a while; the function that comes back puts each module into the mode that it was in. */
  pauseTraining(): () => void {
    const training = [...this.namedModules().values()].filter((module) => module.#training)
    this.eval()
    return () => Module.#setModes(training, true)
  }

  /**
   * Keeps parameters from being trained: all, or a selection. Make the optimizer afterwards.
   *
   * ```ts
   * model.freeze({ except: model.head })
   * model.freeze((name) => name.startsWith('features.'))
   * ```
   */
  freeze(selection: ParameterSelection = {}): this {
    return this.#setFrozen('freeze', selection)
  }

  /** Lets parameters be trained again: all, or a selection. */
  unfreeze(selection: ParameterSelection = {}): this {
    return this.#setFrozen('unfreeze', selection)
  }

  #setFrozen(action: 'freeze' | 'unfreeze', selection: ParameterSelection): this {
    const parameters = new Map<string, Parameter>()
    for (const [name, variable] of this.namedVariables())
      if (variable instanceof Parameter) parameters.set(name, variable)
    for (const parameter of this.#selected(action, selection, parameters)) parameter.frozen = action === 'freeze'
    return this
  }

  #selected(
    action: string,
    selection: ParameterSelection,
    parameters: ReadonlyMap<string, Parameter>,
  ): readonly Parameter[] {
    if (typeof selection === 'function')
      return [...parameters].filter(([name, parameter]) => selection(name, parameter)).map(([, parameter]) => parameter)
    if (typeof selection === 'object' && 'except' in selection) return this.#allExcept(action, selection, parameters)
    if (typeof selection === 'string' || Array.isArray(selection)) {
      const names: readonly string[] = typeof selection === 'string' ? [selection] : selection
      return names.flatMap((name) => {
        const found = [...parameters].filter(([key]) => key === name || key.startsWith(`${name}.`))
        if (found.length > 0) return found.map(([, parameter]) => parameter)
        throw new UsageError(
          `${action}: there is no parameter or module called '${name}', the modules are ${[...this.children.keys()].join(', ') || 'none'}`,
        )
      })
    }
    return [...parameters.values()]
  }

  #allExcept(
    action: string,
    { except = [] }: FreezeOptions,
    parameters: ReadonlyMap<string, Parameter>,
  ): readonly Parameter[] {
    const listed = except instanceof Module || except instanceof Parameter ? [except] : except
    const spared = listed.flatMap((item) => (item instanceof Module ? [...item.namedVariables().values()] : [item]))
    const own = [...this.namedVariables().values()]
    const stranger = spared.find((variable) => !own.includes(variable))
    if (stranger !== undefined) {
      throw new UsageError(`${action}: the exception ${stranger.label} is no part of this ${this.constructor.name}`)
    }
    return [...parameters.values()].filter((parameter) => !spared.includes(parameter))
  }

  /** Converts all float parameters and state to f32 or f64, in place. They are new variables: make optimizers afterwards. */
  to(dtype: DType): this {
    if (!isFloat(dtype)) throw new DTypeError(`to: parameters are f32 or f64, not ${dtype}`)
    const converted = new Map<Variable, Variable>()
    for (const variable of this.namedVariables().values()) {
      if (isFloat(variable.dtype) && variable.dtype !== dtype) converted.set(variable, copyAs(dtype, variable))
    }
    this.exchange(converted)
    return this
  }

  /** Puts other variables in the place of the module's own, wherever these are held; what uses them is traced again. */
  exchange(replacements: ReadonlyMap<Variable, Variable>): void {
    if (replacements.size === 0) return
    for (const { holder, key, value } of [...this.#slots()]) {
      const replacement = value instanceof Variable ? replacements.get(value) : undefined
      if (replacement !== undefined) Reflect.set(holder, key, replacement)
    }
    bumpTraceEpoch()
  }

  /** Puts another module in the place of the one called `name` (`head`, `blocks.0.attention`); what uses it is traced again. */
  replace(name: string, module: Module): void {
    const places = [...this.#slots()].filter(({ value }) => value instanceof Module)
    const place = places.find((slot) => slot.name === name)
    if (place === undefined) {
      const names = places.map((slot) => slot.name).join(', ')
      throw new UsageError(`replace: there is no module called '${name}', the names are ${names || 'none'}`)
    }
    Reflect.set(place.holder, place.key, module)
    bumpTraceEpoch()
  }

  #slots(): Generator<Slot> {
    return Module.#walk(this.parts(), '', new Set([this]), true)
  }

  /** The slots below `holder`; `deep` goes into modules too. */
  static *#walk(holder: object, prefix: string, walked: Set<object>, deep: boolean): Generator<Slot> {
    for (const [key, value] of Object.entries(holder) as [string, unknown][]) {
      const name = `${prefix}${key}`
      if (value instanceof Variable || value instanceof Module) yield { holder, key, name, value }
      const inner =
        value instanceof Module ? (deep ? value.parts() : undefined) : isCollection(value) ? value : undefined
      if (inner === undefined || walked.has(inner)) continue
      walked.add(inner)
      yield* Module.#walk(inner, `${name}.`, walked, deep)
    }
  }
}

printAsText(Module)

/** An array or a plain record. */
function isCollection(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype)
  )
}

function modulesOf(slots: Iterable<Slot>): Map<string, Module> {
  const names = new Map<Module, string>()
  for (const { name, value } of slots) if (value instanceof Module && !names.has(value)) names.set(value, name)
  return new Map([...names].map(([module, name]) => [name, module]))
}

/** A label grows by the names of the modules around it, so that messages name a variable as seen from the outermost one. */
function nameVariable(variable: Variable, name: string): void {
  if (variable.label === 'without a name' || name.endsWith(`.${variable.label}`)) variable.label = name
}

/** A variable of the same kind, name and values in another dtype. */
function copyAs(dtype: DType, variable: Variable): Variable {
  const values = variable.cast(dtype)
  if (!(variable instanceof Parameter)) return new Variable(values, { label: variable.label })
  return new Parameter(values, { label: variable.label, frozen: variable.frozen })
}
