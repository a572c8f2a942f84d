// ocellus/optim: optimizers, learning-rate schedules, gradient clipping.

export { Adam, type AdamOptions, AdamW, adam, adamW } from './adam.ts'
export { clipByNorm, clipByValue, globalNorm } from './clipping.ts'
export {
  Optimizer,
  type OptimizerFactory,
  type OptimizerOptions,
  type OptimizerState,
  type ParameterGroup,
} from './optimizer.ts'
export {
  type CosineOptions,
  constant,
  cosine,
  type ExponentialOptions,
  exponential,
  type OneCycleOptions,
  oneCycle,
  type Schedule,
  type StepsOptions,
  steps,
  type TrainingTime,
  warmUp,
} from './schedules.ts'
export { Sgd, type SgdOptions, sgd } from './sgd.ts'
