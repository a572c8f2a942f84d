// The program of one training step: forward, loss, gradients, clipping, update, measures.

import { OcellusError } from '../core/errors.ts'
import type { Module } from '../nn/module.ts'
import { clipByNorm, clipByValue, globalNorm } from '../optim/clipping.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import type { WeightAverage } from '../optim/weight-average.ts'
import { compile } from '../tensor/compile.ts'
import { gradients } from '../tensor/gradients.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { BatchTensors } from './evaluation.ts'
import { type Measures, measure } from './scores.ts'

/** Limits of gradients: each element, then the norm of all together. */
export interface Clipping {
  readonly value?: number
  readonly norm?: number
}

export interface StepOptions<Model extends Module> {
  readonly model: Model
  readonly optimizer: Optimizer
  readonly measures: Measures
  readonly clip: Clipping | undefined
  /** Takes the weights in after each step. */
  readonly average: WeightAverage | undefined
  /** Added to the loss for the gradients, not in what is reported. */
  readonly penalty: ((model: Model) => Tensor) | undefined
  /** Whether to compute the norm of the step. */
  readonly stepNorm: boolean
}

export interface StepResult {
  /** The loss and each metric of the batch, before the update. */
  readonly values: readonly number[]
  /** Euclidean norm of the change of all parameters. */
  readonly norm: number | undefined
}

/** One step on a batch of a data set with so many classes; compiled once per shape of the batch. */
export type Step = (tensors: BatchTensors, classes: number) => Promise<StepResult>

export function compileStep<Model extends Module>(options: StepOptions<Model>): Step {
  const { model, optimizer, measures, clip, average, penalty, stepNorm } = options
  const parameters = optimizer.parameters
  const program = compile((inputs: Tensor, target: Tensor, truth: Tensor, classes: number): Tensor[] => {
    const output = model.forward(inputs)
    const measured = measure(measures, output, target, truth, classes)
    const loss = measured[0] as Tensor
    const found = gradients(penalty === undefined ? loss : loss.add(penalty(model)), parameters)
    const before = parameters.map((parameter) => parameter.reshape(parameter.shape))
    optimizer.step(clipped(found, clip))
    average?.update()
    if (!stepNorm) return measured
    const change = globalNorm(parameters.map((parameter, i) => parameter.subtract(before[i] as Tensor)))
    return [...measured, change]
  })
  return async ({ inputs, target, truth }, classes) => {
    const numbers: number[] = []
    for (const result of program(inputs, target, truth, classes)) numbers.push((await result.data())[0] as number)
    return stepNorm ? { values: numbers.slice(0, -1), norm: numbers.at(-1) } : { values: numbers, norm: undefined }
  }
}

function clipped(found: readonly Tensor[], clip: Clipping | undefined): readonly Tensor[] {
  const limited = clip?.value === undefined ? found : clipByValue(found, clip.value)
  return clip?.norm === undefined ? limited : clipByNorm(limited, clip.norm)
}

/** Throws OcellusError where a loss is no number any more: nothing that follows would be one. */
export function checkFiniteLoss(loss: number, steps: number, epoch: number): void {
  if (Number.isFinite(loss)) return
  throw new OcellusError(
    `the loss is ${loss} at step ${steps} (epoch ${epoch}): the training diverges; lower the learning rate, clip the gradients or check the data`,
  )
}
