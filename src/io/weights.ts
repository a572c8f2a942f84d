// Weights of a module by name: out of it, into it, as bytes of a safetensors file, and a report of what did not fit.

import { allocateArray, type DType, isFloat, type TypedArray } from '../core/dtype.ts'
import { UsageError } from '../core/errors.ts'
import { type HostDType, type HostTensor, hostTensor } from '../core/host-tensor.ts'
import { equalShapes, formatShape, type Shape } from '../core/shape.ts'
import type { Module } from '../nn/module.ts'
import type { Variable } from '../tensor/variable.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'

/** A tensor that is there on both sides, but not of the same kind. */
export interface MismatchedWeight {
  readonly name: string
  /** What the model has. */
  readonly expected: { readonly dtype: DType; readonly shape: Shape }
  /** What the file has. */
  readonly found: { readonly dtype: DType; readonly shape: Shape }
}

/** What became of each tensor. All lists but `loaded` are empty where file and model agree. */
export class WeightsReport {
  /** Names that were loaded. */
  readonly loaded: readonly string[]
  /** Names of the model that the file lacks; they keep their values. */
  readonly missing: readonly string[]
  /** Names of the file that the model lacks. */
  readonly unexpected: readonly string[]
  /** Names with another shape or type; they keep their values. */
  readonly mismatched: readonly MismatchedWeight[]

  constructor(parts: Pick<WeightsReport, 'loaded' | 'missing' | 'unexpected' | 'mismatched'>) {
    this.loaded = parts.loaded
    this.missing = parts.missing
    this.unexpected = parts.unexpected
    this.mismatched = parts.mismatched
  }

  /** Whether file and model agree in everything. */
  get complete(): boolean {
    return this.missing.length + this.unexpected.length + this.mismatched.length === 0
  }

  toString(): string {
    const kind = ({ dtype, shape }: MismatchedWeight['found']): string => `${dtype} ${formatShape(shape)}`
    const mismatches = this.mismatched.map(
      ({ name, expected, found }) => `${name} (${kind(found)} instead of ${kind(expected)})`,
    )
    const lines: readonly (readonly [string, readonly string[]])[] = [
      ['missing', this.missing],
      ['unexpected', this.unexpected],
      ['mismatched', mismatches],
    ]
    const problems = lines
      .filter(([, names]) => names.length > 0)
      .map(([what, names]) => `${what}: ${names.join(', ')}`)
    return [`loaded: ${this.loaded.length} tensors`, ...problems].join('\n')
  }
}

/** The values of all parameters and state of a module, by name. */
export async function readWeights(module: Module): Promise<Map<string, HostTensor>> {
  const weights = new Map<string, HostTensor>()
  for (const [name, variable] of module.namedVariables()) {
    weights.set(name, hostTensor(variable.dtype as HostDType, variable.shape, await variable.data()))
  }
  return weights
}

/** Which of `weights` fit a module's parameters and state, by name. Floats fit each other; nothing is changed. */
export function compareWeights(module: Module, weights: ReadonlyMap<string, HostTensor>): WeightsReport {
  const variables = module.namedVariables()
  const loaded: string[] = []
  const missing: string[] = []
  const mismatched: MismatchedWeight[] = []
  for (const [name, { dtype, shape }] of variables) {
    const found = weights.get(name)
    if (found === undefined) missing.push(name)
    else if (equalShapes(found.shape, shape) && (found.dtype === dtype || (isFloat(found.dtype) && isFloat(dtype)))) {
      loaded.push(name)
    } else mismatched.push({ name, expected: { dtype, shape }, found: { dtype: found.dtype, shape: found.shape } })
  }
  const unexpected = [...weights.keys()].filter((name) => !variables.has(name))
  return new WeightsReport({ loaded, missing, unexpected, mismatched })
}

/** Sets what fits of a module's parameters and state, by name. Floats are converted between f32 and f64. */
export function writeWeights(module: Module, weights: ReadonlyMap<string, HostTensor>): WeightsReport {
  const report = compareWeights(module, weights)
  const variables = module.namedVariables()
  for (const name of report.loaded) {
    const variable = variables.get(name) as Variable
    variable.write(inDType((weights.get(name) as HostTensor).data, variable.dtype))
  }
  return report
}

function inDType(values: TypedArray, dtype: DType): TypedArray {
  const converted = allocateArray(dtype, values.length)
  converted.set(values)
  return converted
}

/** The bytes of a safetensors file with a module's weights. `metadata` is free text that goes with them. */
export async function saveWeights(
  module: Module,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return writeSafetensors(await readWeights(module), metadata)
}

/**
 * Loads weights from the bytes of a safetensors file, by name. What does not fit stays as it is and is reported.
 * Throws FormatError for a damaged file, UsageError where not one name fits: then it is another model's file.
 */
export async function loadWeights(
  module: Module,
  source: Uint8Array,
  options: { readonly file?: string } = {},
): Promise<WeightsReport> {
  const { file = 'safetensors file' } = options
  if (!(source instanceof Uint8Array)) {
    throw new UsageError('loadWeights: give the bytes of the file, as fetch(url).then((r) => r.bytes()) does')
  }
  const report = writeWeights(module, readSafetensors(source, { file }).tensors)
  if (report.loaded.length === 0) {
    throw new UsageError(
      `${file}: none of its tensors fits this model; it has ${listed(report.unexpected)}, the model ${listed([...module.namedVariables().keys()])}`,
    )
  }
  return report
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nothing more'
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ')
}
