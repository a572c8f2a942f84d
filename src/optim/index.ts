// ocellus/optim: optimizers, learning-rate schedules, gradient clipping, weight averaging.

export { Adam, type AdamOptions, AdamW, adam, adamW } from './adam.ts'
export { clipByNorm, clipByValue, globalNorm } from './clipping.ts'
export {
  type CosineOptions,
  constant,
  cosine,
  type ExponentialOptions,
  exponential,
  type OneCycleOptions,
  oneCycle,
  type PlateauOptions,
  reduceOnPlateau,
  type Schedule,
  type StepsOptions,
  steps,
  type TrainingTime,
  warmUp,
} from './learning-rate-schedules.ts'
export {
  type OptimizedParameter,
  Optimizer,
  type OptimizerFactory,
  type OptimizerOptions,
  type OptimizerState,
  type ParameterGroup,
  type TrainingPlan,
  type Update,
} from './optimizer.ts'
export { Sgd, type SgdOptions, sgd } from './sgd.ts'
export type { StepScalars } from './step-scalars.ts'
export { WeightAverage, type WeightAverageOptions, type WeightAverageState } from './weight-average.ts'
