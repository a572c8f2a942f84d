// ocellus/nn: layers, activations, losses, initial weights, and ways to look at a model.

export { accuracy, type Metric, wilsonInterval } from './accuracy.ts'
export {
  gelu,
  geluTanh,
  leakyRelu,
  logSoftmax,
  relu,
  relu6,
  sigmoid,
  silu,
  softmax,
  tanh,
} from './activations.ts'
export {
  AdaptiveAveragePool2d,
  type AdaptiveAveragePool2dOptions,
  GlobalAveragePool,
} from './adaptive-average-pool2d.ts'
export { AveragePool2d, type AveragePool2dOptions } from './average-pool2d.ts'
export { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './batch-norm.ts'
export { type CheckGradientsOptions, checkGradients, GradientReport, type ParameterCheck } from './check-gradients.ts'
export { Concat } from './concat.ts'
export { ConvTranspose2d, type ConvTranspose2dOptions } from './conv-transpose2d.ts'
export { Conv2d, type Conv2dOptions, type ImagePadding } from './conv2d.ts'
export { Dropout, type DropoutOptions } from './dropout.ts'
export { Flatten } from './flatten.ts'
export { GroupNorm, type GroupNormOptions } from './group-norm.ts'
export {
  constant,
  fanInUniform,
  type Initializer,
  kaimingNormal,
  kaimingNormalOut,
  kaimingUniform,
  normal,
  seedWeights,
  skipInitialization,
  xavierNormal,
  xavierUniform,
  zeros,
} from './initializers.ts'
export { LayerNorm, type LayerNormOptions } from './layer-norm.ts'
export { type ImageShape, Linear, type LinearOptions } from './linear.ts'
export {
  angularLoss,
  binaryCrossEntropy,
  binaryCrossEntropyOfProbabilities,
  crossEntropy,
  isWeight,
  type Loss,
  l2Penalty,
  meanSquaredError,
  smoothedCrossEntropy,
  summedCrossEntropy,
  summedSquaredError,
} from './losses.ts'
export { MaxPool2d, type MaxPool2dOptions } from './max-pool2d.ts'
export { type FreezeOptions, Module, type ParameterSelection } from './module.ts'
export { Normalization, type NormalizationOptions } from './normalization.ts'
export { Parameter } from './parameter.ts'
export { Residual, type ResidualOptions } from './residual.ts'
export { FunctionLayer, Sequential, type TensorFunction } from './sequential.ts'
export type { HeightWidth } from './sizes.ts'
export { type LayerSummary, Summary, summary, type Work } from './summary.ts'
export { Upsample, type UpsampleOptions } from './upsample.ts'
