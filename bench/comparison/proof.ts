// Whether two contestants did the same work: their losses, gradients or outputs side by side.

import type { HostTensor } from '../../src/io/index.ts'
import type { Proof } from '../contestants/serve.ts'

/** Steps whose losses are compared, and the rate at which they are made. */
export const proofSteps = 10
export const proofRate = 1e-3

/** Largest differences: of losses and outputs relative to their size, of gradients relative to their norm. */
export const bounds = { loss: 1e-4, gradient: 1e-3, output: 1e-4 } as const

/**
 * How far the float32 run of anybody may stand from the same work in float64, where the bounds above are not met because rounding decides a
 * choice: which of two nearly equal values max pooling takes, on which side of a ReLU's kink a value lies. PyTorch's two layouts of ResNet-20
 * differ by 1e-2 in gradients; ten of 4 million choices of W4p's pooling make 2e-3. Adam's first steps carry that into the losses.
 */
export const rounding = { loss: 1e-3, gradient: 3e-2, output: 1e-4 } as const

/** Where both work in float64, no choice is decided by rounding: ours and PyTorch's losses of W4p agree to 5e-15. */
export const exactBounds = { loss: 1e-9, gradient: 1e-9, output: 1e-9 } as const

type Bounds = Readonly<Record<keyof typeof bounds, number>>

/**
 * Gradients that are zero but for rounding have no norm to compare with: their difference counts relative to this part of the norm of all
 * gradients together.
 */
const vanishing = 1e-2

/** What differs by more than it may, in words; undefined where both did the same. `zeros` names the gradients that vanish. */
export function difference(
  ours: Proof,
  theirs: Proof,
  zeros: ReadonlySet<string>,
  allowed: Bounds = bounds,
): string | undefined {
  return (
    differentLoss(ours.losses, theirs.losses, allowed) ?? differentTensor(ours.tensors, theirs.tensors, zeros, allowed)
  )
}

function differentLoss(ours: readonly number[], theirs: readonly number[], allowed: Bounds): string | undefined {
  if (ours.length !== theirs.length) return `${ours.length} losses here, ${theirs.length} there`
  for (const [i, loss] of ours.entries()) {
    const other = theirs[i] as number
    // Written so that NaN counts as different.
    if (!(Math.abs(loss - other) <= allowed.loss * Math.abs(loss)))
      return `the loss of step ${i + 1} is ${loss} here, ${other} there`
  }
  return undefined
}

function differentTensor(
  ours: Proof['tensors'],
  theirs: Proof['tensors'],
  zeros: ReadonlySet<string>,
  allowed: Bounds,
): string | undefined {
  const total = Math.sqrt([...ours.values()].reduce((sum, { data }) => sum + squares(data), 0))
  for (const [name, mine] of ours) {
    const other = theirs.get(name)
    if (other === undefined || other.data.length !== mine.data.length) return `${name} is missing there`
    const norm = zeros.has(name) ? vanishing * total : Math.sqrt(squares(mine.data))
    const error = distance(mine, other) / norm
    if (!(error <= (name.startsWith('gradient') ? allowed.gradient : allowed.output)))
      return `${name} [${mine.shape}] differs by ${error.toExponential(1)} of its norm`
  }
  return undefined
}

function squares(values: HostTensor['data']): number {
  let sum = 0
  for (const value of values) sum += value * value
  return sum
}

function distance({ data }: HostTensor, { data: other }: HostTensor): number {
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += ((data[i] as number) - (other[i] as number)) ** 2
  return Math.sqrt(sum)
}
