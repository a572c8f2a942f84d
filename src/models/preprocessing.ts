// What a network expects of pixels: their scale, mean and deviation, and the size of the picture.

/** Pixels v from 0 to 255 become `(v scale - mean) / deviation` in each channel. */
export interface Preprocessing {
  readonly scale: number
  /** One per channel, or one for all. */
  readonly mean: readonly number[]
  /** One per channel, or one for all. */
  readonly deviation: readonly number[]
  /** Pictures are first resized to this shorter side, with its proportions kept; undefined: they are resized to the input's size. */
  readonly shorterSide?: number
}

/** From 0 to 1. */
export const unit: Preprocessing = { scale: 1 / 255, mean: [0], deviation: [1] }

/** By the mean and deviation of MNIST's training pixels. */
export const mnistPreprocessing: Preprocessing = { scale: 1 / 255, mean: [0.1307], deviation: [0.3081] }

const colours = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] }

/** By the mean and deviation of ImageNet's colours, cut out of the middle of a picture of 256 pixels. */
export const imageNetPreprocessing: Preprocessing = { scale: 1 / 255, ...colours, shorterSide: 256 }

/** By the mean and deviation of ImageNet's colours, which the published networks for CIFAR were trained with. */
export const cifarPreprocessing: Preprocessing = { scale: 1 / 255, ...colours }
