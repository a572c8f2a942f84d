// Weights of a model to and from the bytes of files.

import { UsageError } from '../core/errors.ts'
import type { HostTensor } from '../core/host-tensor.ts'
import type { Module } from '../nn/module.ts'
import type { Variable } from '../tensor/variable.ts'
import {
  type Arrangement,
  arrangementsOf,
  checkFlattened,
  countFitting,
  fromPytorch,
  isSame,
  markRowOrder,
  toPytorch,
  type WeightsLayout,
} from './layout.ts'
import { compareWeights, setVariable, weightsOf } from './module-weights.ts'
import { type ReadWeightsOptions, readWeights, type WriteWeightsOptions, writeWeights } from './read-weights.ts'
import { type RenameRules, renameWeights } from './rename.ts'
import type { WeightsFile } from './weights-file.ts'
import { listNames, WeightsMismatchError, WeightsReport } from './weights-report.ts'

export interface LoadWeightsOptions extends ReadWeightsOptions {
  /** Names of the file as the model has them. */
  readonly rename?: RenameRules
  /** How the file arranges weights (default: as it says, else as the shapes fit). */
  readonly layout?: WeightsLayout
  /** Whether everything must fit (default true); else what fits is loaded and the rest reported. */
  readonly strict?: boolean
}

/** PyTorch's norms count their batches under this name; nothing here needs the count. */
const batchCounter = /(^|\.)num_batches_tracked$/

/**
 * The bytes of a file with a module's weights. `layout: 'pytorch'` arranges them as PyTorch does, for its load_state_dict; the file says which
 * layout it has.
 * Throws UsageError for formats that are not written, and where a flattened image is not known (see `Linear.inputImage`).
 */
export async function saveWeights(module: Module, options: WriteWeightsOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { layout = 'ocellus' } = options
  const weights = await weightsOf(module)
  if (layout === 'ocellus') return writeWeights(weights, { ...options, layout })
  checkFlattened(module)
  const arrangements = arrangementsOf(module)
  const arranged = [...weights].map(([name, tensor]): [string, HostTensor] => {
    const arrangement = arrangements.get(name)
    return [name, arrangement === undefined ? tensor : toPytorch(tensor, arrangement)]
  })
  return writeWeights(new Map(arranged), { ...options, layout })
}

/**
 * Loads weights by name, from the bytes of a file or from a file that has been read. Kernels, matrices and rows behind a Flatten are
 * rearranged where the file has PyTorch's layout; counters of batches are ignored.
 * Throws FormatError for a damaged file, WeightsMismatchError, with the report, where names, shapes or types differ: nothing is loaded then.
 * With `strict: false` what fits is loaded, and UsageError thrown only where not one name fits: then it is another model's file.
 */
export async function loadWeights(
  module: Module,
  source: Uint8Array | WeightsFile,
  options: LoadWeightsOptions = {},
): Promise<WeightsReport> {
  const file = await contentsOf(source, options)
  const weights = options.rename === undefined ? file.tensors : renameWeights(file.tensors, options.rename)
  const arrangements = arrangementsOf(module)
  const layout = options.layout ?? file.layout ?? likelyLayout(arrangements, weights, file.file)
  if (layout === 'pytorch') checkFlattened(module)
  const arranged = layout === 'pytorch' ? arrangements : new Map<string, Arrangement>()
  const report = withoutCounters(compareWeights(module, weights, arranged), file.notes)
  if (report.loaded.length === 0) {
    throw new UsageError(
      `${file.file}: none of its tensors fits this model; it has ${listNames([...weights.keys()])}, the model ${listNames([...module.namedVariables().keys()])}`,
    )
  }
  if ((options.strict ?? true) && !report.complete) throw new WeightsMismatchError(file.file, report)
  const variables = module.namedVariables()
  for (const name of report.loaded) {
    const tensor = weights.get(name) as HostTensor
    const arrangement = arranged.get(name)
    setVariable(variables.get(name) as Variable, arrangement === undefined ? tensor : fromPytorch(tensor, arrangement))
  }
  markRowOrder(module, report.loaded, layout)
  return report
}

async function contentsOf(source: Uint8Array | WeightsFile, options: LoadWeightsOptions): Promise<WeightsFile> {
  if (source instanceof Uint8Array) return readWeights(source, options)
  if (typeof source === 'object' && source !== null && source.tensors instanceof Map) return source
  throw new UsageError('loadWeights: give the bytes of the file, as fetch(url).then((r) => r.bytes()) does')
}

/** The layout in which more shapes fit. Throws UsageError where both do equally well, because a guess could not be noticed. */
function likelyLayout(
  arrangements: ReadonlyMap<string, Arrangement>,
  weights: ReadonlyMap<string, HostTensor>,
  file: string,
): WeightsLayout {
  const moved = new Map([...arrangements].filter(([, arrangement]) => !isSame(arrangement)))
  const [pytorch, ocellus] = [countFitting(moved, weights, 'pytorch'), countFitting(moved, weights, 'ocellus')]
  if (pytorch === ocellus && pytorch > 0) {
    throw new UsageError(
      `${file} does not say how its weights are arranged, and their shapes fit either way; give layout: 'pytorch' or layout: 'ocellus'`,
    )
  }
  return pytorch > ocellus ? 'pytorch' : 'ocellus'
}

function withoutCounters(report: WeightsReport, notes: readonly string[]): WeightsReport {
  const { loaded, missing, mismatched, unexpected } = report
  return new WeightsReport({
    loaded,
    missing,
    mismatched,
    unexpected: unexpected.filter((name) => !batchCounter.test(name)),
    ignored: unexpected.filter((name) => batchCounter.test(name)),
    notes,
  })
}
