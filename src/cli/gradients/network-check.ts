// Gradients of the character network, parameter by parameter.

import { Random } from '../../core/random.ts'
import { type ActivationName, CharacterMlp } from '../../models/character-mlp.ts'
import { checkGradients, type GradientReport } from '../../nn/check-gradients.ts'
import { crossEntropy } from '../../nn/losses.ts'
import { tensor } from '../../tensor/tensor.ts'

export interface NetworkCheckOptions {
  readonly hidden: readonly number[]
  readonly activation: ActivationName
  readonly elements: number
  readonly seed: number
  readonly tolerance: number
}

const letters = 8
const pixels = 1024
const classes = 36

/** Checks the gradients of the mean cross-entropy of a few letters of random pixels, [8, 1024]. */
export function checkNetwork({ hidden, activation, elements, seed, tolerance }: NetworkCheckOptions): GradientReport {
  const random = new Random(seed)
  const model = new CharacterMlp({ inputs: pixels, hidden, classes, activation, random: random.fork(1) })
  const draw = random.fork(2)
  const x = tensor(
    Float64Array.from({ length: letters * pixels }, () => draw.uniform()),
    { shape: [letters, pixels] },
  )
  const labels = tensor(Int32Array.from({ length: letters }, () => draw.integer(classes)))
  return checkGradients(model, (m) => crossEntropy(m.forward(x), labels), { elements, seed, tolerance })
}
