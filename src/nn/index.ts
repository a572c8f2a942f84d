// ocellus/nn: layers, activations, losses, initial weights, and ways to look at a model.

export { accuracy, type Metric, wilsonInterval } from './accuracy.ts'
export { gelu, geluTanh, logSoftmax, relu, sigmoid, softmax, tanh } from './activations.ts'
export { type CheckGradientsOptions, checkGradients, GradientReport, type ParameterCheck } from './check-gradients.ts'
export {
  constant,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  seedWeights,
  xavierNormal,
  xavierUniform,
  zeros,
} from './initializers.ts'
export { Linear, type LinearOptions } from './linear.ts'
export {
  angularLoss,
  binaryCrossEntropy,
  binaryCrossEntropyOfProbabilities,
  crossEntropy,
  isWeight,
  type Loss,
  l2Penalty,
  meanSquaredError,
  summedCrossEntropy,
  summedSquaredError,
} from './losses.ts'
export { type FreezeOptions, Module } from './module.ts'
export { Parameter } from './parameter.ts'
export { FunctionLayer, Sequential, type TensorFunction } from './sequential.ts'
export { type LayerSummary, Summary, summary, type Work } from './summary.ts'
