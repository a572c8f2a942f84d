// ocellus/train for browsers: training loops, evaluation, classifiers. In Node, index.node.ts adds folders and the terminal.

export type { CheckpointStore, EpochRecord } from './checkpoint.ts'
export {
  Classifier,
  type ClassifierGradients,
  type ClassifierOptions,
  type LinearClassifierOptions,
  linearClassifier,
  type TwoLayerNetOptions,
  twoLayerNet,
} from './classifier.ts'
export { type BarState, epochLine, progressBar } from './progress.ts'
export type { Scores } from './scores.ts'
export {
  type Augmentation,
  type Evaluation,
  type FitOptions,
  type FitResult,
  type StoppingRule,
  Trainer,
  type TrainerEvents,
  type TrainerOptions,
} from './trainer.ts'
