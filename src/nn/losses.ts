// Losses: functions of a network's output and the truth that give one number.

import { ShapeError, UsageError } from '../core/errors.ts'
import { equalShapes, formatShape } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { arange } from '../tensor/creation.ts'
import { realizedValue } from '../tensor/realize.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { logSoftmax } from './activations.ts'
import { Module } from './module.ts'

/** A loss of a batch. `reduction` says whether it is the mean over samples (default) or their sum, for totals over several batches. */
export interface Loss {
  (output: Tensor, target: Tensor): Tensor
  readonly reduction?: 'mean' | 'sum'
}

/**
 * The negative log-likelihood of each sample, [N], for logits [N, C] and either class numbers [N] or probabilities [N, C].
 */
function negativeLogLikelihood(name: string, logits: Tensor, labels: Tensor): Tensor {
  const rows = logits.shape.slice(0, -1)
  const classes = logits.shape.at(-1)
  if (classes !== undefined && equalShapes(labels.shape, rows)) {
    checkLabels(name, labels, classes)
    const chosen = labels.cast('i32').unsqueeze(-1).equal(arange(classes))
    // Chosen, not multiplied: a class that a logit of -Infinity rules out must not get in.
    const loss = chosen.select(logSoftmax(logits), 0).sum(-1).negate()
    // A label that is no class would give a loss of 0 and pass unseen; NaN does not.
    const known = labels.greaterEqual(0).and(labels.less(classes))
    return known.select(loss, Number.NaN)
  }
  if (classes !== undefined && equalShapes(labels.shape, logits.shape)) {
    return labels.cast(logits.dtype).multiply(logSoftmax(logits)).sum(-1).negate()
  }
  throw new ShapeError(
    `${name}: logits ${formatShape(logits.shape)} and labels ${formatShape(labels.shape)} do not fit; labels are class numbers [N] or probabilities [N, C] for logits [N, C]${atSite()}`,
  )
}

/** Labels whose values are at hand are checked when the loss is called. */
function checkLabels(name: string, labels: Tensor, classes: number): void {
  if (labels.node.kind !== 'array') return
  const wrong = realizedValue(labels.node).find((label) => !(Number.isInteger(label) && label >= 0 && label < classes))
  if (wrong !== undefined) {
    throw new UsageError(`${name}: label ${wrong} is no class; the classes are 0 to ${classes - 1}${atSite()}`)
  }
}

/**
 * Softmax cross-entropy, the mean over N of `-log softmax(logits)[label]`. logits: [N, C]; labels: class numbers [N], or the
 * probabilities of the classes [N, C]. Stable for any finite logits; with class numbers, a logit of -Infinity rules its class out.
 */
export const crossEntropy: Loss = (logits, labels) => negativeLogLikelihood('crossEntropy', logits, labels).mean()

/** As `crossEntropy`, summed over the samples. */
export const summedCrossEntropy: Loss = Object.assign(
  (logits: Tensor, labels: Tensor): Tensor => negativeLogLikelihood('summedCrossEntropy', logits, labels).sum(),
  { reduction: 'sum' as const },
)

/**
 * Cross-entropy with smoothed labels, as PyTorch's `cross_entropy(label_smoothing)`: the truth p becomes `(1 - smoothing) p + smoothing / C`, so
 * that the network is not driven to certainty. logits: [N, C]; labels: class numbers [N], or probabilities [N, C]. Szegedy et al. 2016, section 7.
 * Throws UsageError for a smoothing outside [0, 1).
 */
export function smoothedCrossEntropy(smoothing: number): Loss {
  if (!(smoothing >= 0 && smoothing < 1))
    throw new UsageError(`smoothedCrossEntropy: smoothing must be at least 0 and below 1, not ${smoothing}${atSite()}`)
  if (smoothing === 0) return crossEntropy
  return (logits, labels) => {
    const truth = negativeLogLikelihood('smoothedCrossEntropy', logits, labels).mean()
    const uniform = logSoftmax(logits).mean().negate()
    return truth.multiply(1 - smoothing).add(uniform.multiply(smoothing))
  }
}

function checkSameShape(name: string, output: Tensor, target: Tensor): void {
  if (equalShapes(output.shape, target.shape)) return
  throw new ShapeError(
    `${name}: the output has shape ${formatShape(output.shape)}, the target ${formatShape(target.shape)}; they must be equal${atSite()}`,
  )
}

/** The mean of `(output - target)^2` over all elements; both of one shape. */
export const meanSquaredError: Loss = (output, target) => {
  checkSameShape('meanSquaredError', output, target)
  return output.subtract(target).square().mean()
}

/** The sum of `(output - target)^2` over all elements; both of one shape. */
export const summedSquaredError: Loss = Object.assign(
  (output: Tensor, target: Tensor): Tensor => {
    checkSameShape('summedSquaredError', output, target)
    return output.subtract(target).square().sum()
  },
  { reduction: 'sum' as const },
)

/**
 * Binary cross-entropy from logits z: the mean of `log(1 + exp(z)) - t z`, for targets t in [0, 1]; both of one shape.
 * Stable for any finite logits, with the gradient `sigmoid(z) - t` everywhere.
 */
export const binaryCrossEntropy: Loss = (logits, targets) => {
  checkSameShape('binaryCrossEntropy', logits, targets)
  // log(1 + exp(z)) with the larger exponent taken out; as a constant, it leaves no kink at 0.
  const largest = logits.relu().stopGradient()
  const softplus = logits.subtract(largest).exp().add(largest.negate().exp()).log().add(largest)
  return softplus.subtract(logits.multiply(targets)).mean()
}

/** Below this, a probability counts as 0: the smallest number that every f32 device takes as normal. */
const smallestProbability = 1.2e-38

/** log p, and -100 where p is 0. */
function boundedLog(p: Tensor): Tensor {
  return p.greater(smallestProbability).select(p.maximum(smallestProbability).log(), -100)
}

/**
 * Binary cross-entropy from probabilities p, as a sigmoid gives them: the mean of `-(t log p + (1 - t) log(1 - p))`; both of one shape.
 * log 0 counts as -100. Prefer `binaryCrossEntropy` on the logits, which loses nothing near 0 and 1.
 */
export const binaryCrossEntropyOfProbabilities: Loss = (probabilities, targets) => {
  checkSameShape('binaryCrossEntropyOfProbabilities', probabilities, targets)
  const positive = targets.multiply(boundedLog(probabilities))
  const negative = targets
    .multiply(-1)
    .add(1)
    .multiply(boundedLog(probabilities.multiply(-1).add(1)))
  return positive.add(negative).mean().negate()
}

/** Angular loss on a circle, in degrees: the mean of `min(360 - d, d)`, d = |output - target| within one turn. Both of one shape. */
export const angularLoss: Loss = (output, target) => {
  checkSameShape('angularLoss', output, target)
  const difference = output.subtract(target).abs()
  const withinTurn = difference.subtract(difference.divide(360).floor().multiply(360))
  return withinTurn.minimum(withinTurn.multiply(-1).add(360)).mean()
}

/**
 * `lambda/2 sum(W^2)` over the weights, not the biases: of a module's trained parameters those with two axes or more, or the tensors given.
 * Add it to a loss.
 */
export function l2Penalty(weights: Module | readonly Tensor[], lambda: number): Tensor {
  const tensors = weights instanceof Module ? weights.parameters().filter(isWeight) : weights
  const [first, ...others] = tensors.map((weight) => weight.square().sum())
  if (first === undefined) throw new UsageError(`l2Penalty: there are no weights${atSite()}`)
  return others.reduce((total, square) => total.add(square), first).multiply(lambda / 2)
}

/** Whether a parameter is a weight, with two axes or more; biases and the scales of norms have one. */
export function isWeight(parameter: Tensor): boolean {
  return parameter.rank >= 2
}
