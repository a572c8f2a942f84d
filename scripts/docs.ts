// Writes docs/ops.md from the op table: what each op computes, takes, costs, and by which checks it is held to that.
// Run: npx tsx scripts/docs.ts

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isFloat } from '../src/core/dtype.ts'
import { deviceNames } from '../src/devices/registry.ts'
import type { Derivative, Op, Sample, Typed } from '../src/ops/op.ts'
import { opTable } from '../src/ops/table.ts'
import { comparedDevices, coverage } from '../test/conformance/coverage.ts'
import { dtypes } from '../test/conformance/device-check.ts'
import { dtypeOf, takes } from '../test/conformance/samples.ts'

/** Where the page lies. */
export const opsPage: string = fileURLToPath(new URL('../docs/ops.md', import.meta.url))

/** The shape of the examples in the tables. */
const exampleShape = [16, 17]

const derivatives: Readonly<Record<Derivative['kind'], string>> = {
  pointwise: 'partial derivatives',
  linear: 'linear: its transpose',
  multilinear: 'linear in each input',
  general: 'both directions written out',
  none: 'none',
}

const families: Readonly<Record<Op['family'], string>> = {
  elementwise: 'Elementwise',
  reduce: 'Reductions',
  movement: 'Movement',
  gather: 'Gathering',
  random: 'Random numbers',
  contraction: 'Contractions',
}

function example(op: Op): Sample | undefined {
  return op.samples(exampleShape)[0]
}

function typesOf(sample: Sample): Typed[] {
  return sample.inputs.map((input) => ({ shape: input.shape, dtype: dtypeOf(input, 'f32') }))
}

/** `f32[16, 17], i32[18, 17] → f32[18, 17]` */
function shapes(op: Op): string {
  const sample = example(op)
  if (sample === undefined) return ''
  const inputs = typesOf(sample)
  const output = op.infer(inputs, sample.attributes)
  const text = ({ shape, dtype }: Typed): string => `${dtype}[${shape.join(', ')}]`
  return `${inputs.map(text).join(', ') || 'nothing'} → ${text(output)}`
}

function attributes(op: Op): string {
  return Object.keys(example(op)?.attributes ?? {})
    .map((name) => `\`${name}\``)
    .join(', ')
}

/** FLOPs of one element of the example's output. */
function flops(op: Op): string {
  const sample = example(op)
  if (sample === undefined) return ''
  const inputs = typesOf(sample)
  const output = op.infer(inputs, sample.attributes)
  const elements = output.shape.reduce((size, extent) => size * extent, 1)
  return String(Number((op.cost(inputs, output, sample.attributes).flops / elements).toFixed(2)))
}

/** Integers and truth values are exact on every device. */
function tolerance(op: Op): string {
  const sample = example(op)
  const isExact = sample !== undefined && !isFloat(op.infer(typesOf(sample), sample.attributes).dtype)
  return op.tolerance === 0 || isExact ? 'exact' : op.tolerance.toExponential()
}

function takenDtypes(op: Op): string {
  const sample = example(op)
  if (sample === undefined) return ''
  const names = sample.inputs.map(({ dtype }) => dtype)
  if (!names.includes('float')) return [...new Set(names)].join(', ')
  return dtypes.filter((dtype) => takes(op, sample, dtype)).join(', ')
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|')
}

function derivative(op: Op): string {
  return op.derivative.kind === 'none' ? `none: ${op.derivative.reason}` : derivatives[op.derivative.kind]
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}

function familyTable(family: Op['family']): string {
  const ops = opTable.filter((op) => op.family === family)
  return [
    `## ${families[family]}`,
    '',
    row(['op', 'what it computes', 'attributes', 'dtypes', 'example', 'derivative', 'FLOPs', 'f32 tolerance']),
    row(Array<string>(8).fill('---')),
    ...ops.map((op) =>
      row([
        `\`${op.name}\``,
        escaped(op.doc),
        attributes(op),
        takenDtypes(op),
        escaped(shapes(op)),
        escaped(derivative(op)),
        flops(op),
        tolerance(op),
      ]),
    ),
    '',
  ].join('\n')
}

function coverageTable(): string {
  const columns = ['op', 'gradients', ...dtypes, 'behind views']
  return [
    '## Coverage',
    '',
    `Cases per op that the generated suites run. Gradients are checked on ${deviceNames.join(' and ')}: reverse mode, forward mode, their`,
    `agreement and second derivatives, each sample against five-point differences in f64. Values are compared between`,
    `${comparedDevices.join(' and ')} and the reference device, for each dtype that stands for the op's floats, and with inputs behind transposed,`,
    'broadcast, sliced, flipped, reshaped and computed views. A dash: the op has no such case.',
    '',
    row(columns),
    row(columns.map(() => '---')),
    ...coverage().map(({ op, gradients, values, views }) =>
      row([`\`${op.name}\``, gradients || '–', ...dtypes.map((dtype) => values.get(dtype) || '–'), views]),
    ),
    '',
  ].join('\n')
}

/** The whole page. */
export function renderOps(): string {
  return [
    '# The op table',
    '',
    '<!-- Written by `npx tsx scripts/docs.ts` from src/ops; changes made here are lost. -->',
    '',
    'Every computation is a graph of these ops. Each is one entry in `src/ops`: its shape and dtype rule, its derivative as more graph,',
    'its cost, its evaluation on the reference device, the tolerance of other devices, and samples to test it by.',
    `All run on every device: native, wasm and reference. FLOPs are per element of the example's output. The tolerance is the largest`,
    'error of an f32 device, relative to the largest of 1, the value, and (where terms are summed) the sum of their sizes; f64 keeps 1e-13.',
    '',
    ...(Object.keys(families) as Op['family'][]).map(familyTable),
    coverageTable(),
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(opsPage, renderOps())
  console.log(`docs/ops.md: ${opTable.length} ops`)
}
