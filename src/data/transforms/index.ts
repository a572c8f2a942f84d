// The transforms that users call, and what it takes to write one.

export {
  type MapOptions,
  type RandomAffineOptions,
  type RotationOptions,
  randomAffine,
  randomRotation,
} from './affine.ts'
export { type ColorJitterOptions, colorJitter } from './color-jitter.ts'
export {
  type CropOptions,
  centerCrop,
  type Padding,
  type RandomCropOptions,
  type RandomResizedCropOptions,
  randomCrop,
  randomResizedCrop,
} from './crop.ts'
export { type ElasticOptions, elastic } from './elastic.ts'
export { type CutoutOptions, cutout, type RandomErasingOptions, randomErasing } from './erase.ts'
export { type FlipOptions, horizontalFlip, verticalFlip } from './flip.ts'
export { type MixupOptions, mixup } from './mixup.ts'
export { imageNetStatistics, type NormalizeOptions, normalize } from './normalize.ts'
export { type ResizeTransformOptions, resize } from './resize.ts'
export {
  applyTransforms,
  type Range,
  type SampleKey,
  type Size,
  type Transform,
  type TransformRecipe,
} from './transform.ts'
