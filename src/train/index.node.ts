// ocellus/train in Node: as in browsers, with checkpoints in folders, progress on the terminal, and Ctrl-C.

export { FolderStore } from './checkpoint.node.ts'
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
export { type ProgressStream, showProgress } from './progress.node.ts'
export { type BarState, epochLine, progressBar } from './progress.ts'
export type { Scores } from './scores.ts'
export { Trainer, type TrainerOptions } from './trainer.node.ts'
export type { Augmentation, Evaluation, FitOptions, FitResult, StoppingRule, TrainerEvents } from './trainer.ts'
