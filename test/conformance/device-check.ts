// Device conformance: each op of the table on a device against the op's own evaluation, within the op's tolerance.

import { type DType, isFloat, type TypedArray } from '../../src/core/dtype.ts'
import type { Shape } from '../../src/core/shape.ts'
import type { Device } from '../../src/devices/device.ts'
import { flip } from '../../src/ops/functions.ts'
import type { ArrayNode, Node, OpNode } from '../../src/ops/node.ts'
import { build, type HostValue, type Op, type Sample } from '../../src/ops/op.ts'
import { evaluate } from './evaluate.ts'
import { applyOp, describeSample, drawInputs, samplesOf, takes } from './samples.ts'
import { plain, type View, views } from './views.ts'

/** Largest error of f64, for ops whose f32 tolerance is not 0. */
const f64Tolerance = 1e-13

/** Every dtype that a user can have. */
export const dtypes: readonly DType[] = ['f32', 'f64', 'i32', 'u8', 'bool']

/** Ops that add many terms: their error is measured against the sum of the terms' sizes, which cancellation does not shrink. */
const sums = new Set([
  'sum',
  'matmul',
  'scatterAdd',
  'overlapAdd',
  'convolution',
  'convolutionInputGradient',
  'convolutionWeightGradient',
])

/** One element's allowance: the tolerance times the largest of 1, the value, and what was summed. */
export function allowances(op: Op, inputs: readonly HostValue[], output: HostValue, node: OpNode): Float64Array {
  const tolerance = op.tolerance === 0 || isExact(node) ? 0 : output.dtype === 'f32' ? op.tolerance : f64Tolerance
  const sizes = Float64Array.from(output.data, Math.abs)
  if (sums.has(op.name)) {
    const absolute = inputs.map((input) => ({
      ...input,
      data: isFloat(input.dtype) ? input.data.map(Math.abs) : input.data,
    }))
    op.evaluate(absolute, { ...output, dtype: 'f64', data: sizes }, node.attributes)
  }
  return sizes.map((size) => tolerance * Math.max(1, size))
}

/** Integers are exact; so are casts of what fits. */
function isExact({ dtype }: Node): boolean {
  return !isFloat(dtype)
}

/** The first element that is too far off, as text; NaN equals NaN, and infinities only themselves. */
export function firstDifference(
  got: TypedArray,
  wanted: TypedArray,
  allowance: (element: number) => number,
): string | undefined {
  if (got.length !== wanted.length) return `${got.length} elements instead of ${wanted.length}`
  for (let i = 0; i < wanted.length; i++) {
    const [g, w] = [got[i] as number, wanted[i] as number]
    if (g === w || (Number.isNaN(g) && Number.isNaN(w))) continue
    // No allowance is finite enough for what is not.
    if (!Number.isFinite(w) || !(Math.abs(g - w) <= allowance(i)))
      return `element ${i} of ${wanted.length} is ${g}, not ${w}`
  }
  return undefined
}

/** How an op is put into a graph: its inputs behind views, and what reads its result. */
export interface Setting {
  readonly name: string
  readonly input: (leaf: ArrayNode, index: number) => Node
  readonly after: (result: Node) => Node
}

const asItIs = (node: Node): Node => node

function setting(view: View): Setting {
  return { name: view.name, input: (leaf) => view.of(leaf), after: asItIs }
}

/** Only one input behind a view, the others plain: what a fused address may confuse. */
function onlyOne(view: View, index: number): Setting {
  return {
    name: `input ${index} ${view.name}`,
    input: (leaf, i) => (i === index ? view.of(leaf) : leaf),
    after: asItIs,
  }
}

/** The result read by another op, backwards. */
const read: Setting = {
  name: 'read backwards',
  input: asItIs,
  after(result) {
    const flipped = flip(
      result,
      result.shape.map((_, axis) => axis),
    )
    return build(result.dtype === 'bool' ? 'not' : 'negate', [flipped])
  },
}

const plainSetting = setting(plain)

/** All settings for one sample. */
export function settingsOf(sample: Sample): readonly Setting[] {
  const single = sample.inputs.length < 2 ? [] : views.flatMap((view) => sample.inputs.map((_, i) => onlyOne(view, i)))
  return [plainSetting, read, ...views.map(setting), ...single]
}

export interface Case {
  readonly op: Op
  readonly sample: Sample
  readonly dtype: DType
  readonly setting: Setting
}

/** Which settings a case list holds: the plain one, all, or a third of them in turn, so that every setting meets every op. */
export type Settings = 'plain' | 'some' | 'all'

/** Every sample in every dtype that the op takes, in the settings asked for. */
export function casesOf(op: Op, shapes: readonly Shape[], which: Settings): Case[] {
  let turn = 0
  return samplesOf(op, shapes).flatMap((sample) =>
    dtypesOf(op, sample).flatMap((dtype) => {
      const first = turn++
      const settings = which === 'plain' ? [plainSetting] : settingsOf(sample)
      const chosen = which === 'some' ? settings.filter((_, i) => (i + first) % 3 === 0) : settings
      return chosen.map((setting) => ({ op, sample, dtype, setting }))
    }),
  )
}

/** The dtypes that stand for `float` in a sample; one that has no floats is drawn once. */
export function dtypesOf(op: Op, sample: Sample): readonly DType[] {
  if (!sample.inputs.some((input) => input.dtype === 'float')) return ['f32']
  return dtypes.filter((dtype) => takes(op, sample, dtype))
}

/** Runs one case; returns what is wrong with it. */
export function checkCase(device: Device, reference: Device, { op, sample, dtype, setting }: Case): string | undefined {
  const leaves = drawInputs(op, sample, dtype)
  const inputs = leaves.map((leaf, i) => setting.input(leaf, i))
  const node = applyOp(op, inputs, sample) as OpNode
  const result = setting.after(node)
  const where = `${describeSample(op, sample, dtype)}, ${setting.name}, on ${device.name}`
  const [wanted, truth, ...values] = evaluate(reference, [result, node, ...inputs])
  let got: TypedArray
  try {
    got = evaluate(device, [result])[0] as TypedArray
  } catch (error) {
    return `${where}: ${error instanceof Error ? error.message : error}`
  }
  const host = inputs.map((input, i) => ({ shape: input.shape, dtype: input.dtype, data: values[i] as TypedArray }))
  const allowed = allowances(op, host, { shape: node.shape, dtype: node.dtype, data: truth as TypedArray }, node)
  // Reading backwards moves allowances, too: the largest serves all.
  const largest = allowed.reduce((a, b) => Math.max(a, b), 0)
  const difference = firstDifference(got, wanted as TypedArray, (i) =>
    setting === read ? largest : (allowed[i] as number),
  )
  return difference === undefined ? undefined : `${where}: ${difference}`
}

/** What is wrong with the op on a device, the first few cases. */
export function checkDevice(
  device: Device,
  reference: Device,
  op: Op,
  shapes: readonly Shape[],
  which: Settings,
  limit = 5,
): string[] {
  const found: string[] = []
  for (const one of casesOf(op, shapes, which)) {
    const problem = checkCase(device, reference, one)
    if (problem !== undefined && found.push(problem) >= limit) break
  }
  return found
}
