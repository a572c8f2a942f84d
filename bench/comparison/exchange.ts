// The values that all contestants start from, and those that they answer with: files in one folder, tensors in our layout.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Random } from '../../src/index.ts'
import { openSafetensors, readSafetensors, writeSafetensors } from '../../src/io/index.node.ts'
import type { HostTensor } from '../../src/io/index.ts'
import type { ParameterSpec, Workload } from '../workloads/workload.ts'
import { proofSteps } from './proof.ts'

/** What one contestant is asked to do: a workload, in one of its modes, on the values in `folder`. */
export interface Task {
  readonly workload: string
  readonly mode: string
  readonly folder: string
}

/** What contestants in other languages need to know of a workload, as `workload.json`. */
export interface WorkloadFile {
  readonly name: string
  readonly kind: Workload['kind']
  readonly batches: number
  readonly [field: string]: unknown
}

type Tensors = ReadonlyMap<string, HostTensor>

/** Batches of one workload: each call sees another than the one before, and no step of the proof sees one twice. */
function batchCount(workload: Workload): number {
  if (workload.kind === 'training') return proofSteps
  return workload.kind === 'product' ? 2 : 4
}

/** Writes a workload's description, first parameters (`parameter.0`) and batches (`x.0`, `y.0`; of products `a.0`, `b.0`). */
export function writeTask(workload: Workload, folder: string, batches: number = batchCount(workload)): void {
  const values = new Map<string, HostTensor>()
  const random = new Random(20_260_101)
  const draw = (name: string, shape: readonly number[], next: () => number, dtype: 'f32' | 'f64' = 'f32'): void => {
    const length = shape.reduce((product, extent) => product * extent, 1)
    const data = dtype === 'f32' ? Float32Array.from({ length }, next) : Float64Array.from({ length }, next)
    values.set(name, { dtype, shape, data })
  }
  const drawAll = (name: string, specs: readonly ParameterSpec[]): void => {
    for (const [i, { shape, start }] of specs.entries()) draw(`${name}.${i}`, shape, starter(start, random))
  }
  if (workload.kind === 'product') {
    const { m, k, n, dtype } = workload
    const next = (): number => random.uniform(-1, 1)
    for (let i = 0; i < batches; i++) {
      draw(`a.${i}`, [m, k], next, dtype)
      draw(`b.${i}`, [k, n], next, dtype)
    }
  } else {
    const { parameters, batch, input } = workload
    drawAll('parameter', parameters)
    if (workload.kind === 'inference') drawAll('state', workload.state)
    const next = input.values === 'uniform' ? () => random.uniform() : () => random.normal()
    for (let i = 0; i < batches; i++) {
      draw(`x.${i}`, [batch, ...input.shape], next)
      if (workload.kind === 'inference' || workload.target === 'input') continue
      const classes = workload.target
      const data = Int32Array.from({ length: batch }, () => random.integer(classes))
      values.set(`y.${i}`, { dtype: 'i32', shape: [batch], data })
    }
  }
  const description: WorkloadFile = { ...workload, batches }
  writeFileSync(join(folder, 'workload.json'), JSON.stringify(description))
  writeFileSync(join(folder, 'values.safetensors'), writeSafetensors(values))
}

function starter(start: ParameterSpec['start'], random: Random): () => number {
  if (typeof start === 'number') return () => start
  const [low, high] = 'within' in start ? [-start.within, start.within] : start.between
  return () => random.uniform(low, high)
}

/** What `writeTask` wrote; a tensor is read from the file when its data are asked for, as `loadWeights` does it. */
export function readTask(folder: string): { readonly description: WorkloadFile; readonly values: Tensors } {
  const description = JSON.parse(readFileSync(join(folder, 'workload.json'), 'utf8')) as WorkloadFile
  const file = join(folder, 'values.safetensors')
  return { description, values: openSafetensors(file).tensors }
}

/** Where a contestant leaves its answer. */
export function answerFile({ folder }: Task, contestant: string, mode: string): string {
  return join(folder, `${contestant}-${mode}.safetensors`.replaceAll(' ', '-'))
}

/** The tensors called `name.0`, `name.1` and so on. */
export function listed(tensors: Tensors, name: string): HostTensor[] {
  const found: HostTensor[] = []
  for (let i = 0; ; i++) {
    const next = tensors.get(`${name}.${i}`)
    if (next === undefined) return found
    found.push(next)
  }
}

export function writeTensors(file: string, tensors: Tensors): void {
  writeFileSync(file, writeSafetensors(tensors))
}

export function readTensors(file: string): Tensors {
  return readSafetensors(readFileSync(file), { file }).tensors
}
