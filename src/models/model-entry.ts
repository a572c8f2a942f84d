// What is known of a network beside its class.

import type { Random } from '../core/random.ts'
import type { Shape } from '../core/shape.ts'
import type { Module } from '../nn/module.ts'
import type { Preprocessing } from './preprocessing.ts'

/** What every known network takes; classes of their own take more. */
export interface ModelOptions {
  /** Number of classes (default: the network's own). Autoencoders have none. */
  readonly classes?: number
  /** Generator of the initial weights (default: the stream that `seedWeights` seeds). */
  readonly random?: Random
}

/** A known network. */
export interface ModelEntry<Model extends Module = Module> {
  /** What it is, in a line. */
  readonly title: string
  /** Shape of one sample: [H, W, C]. Where `anySize` holds, other heights and widths do as well. */
  readonly input: Shape
  readonly anySize?: boolean
  /** Number of classes by default; undefined for an autoencoder. */
  readonly classes: number | undefined
  /** What its published weights expect of pixels. */
  readonly preprocessing: Preprocessing
  readonly create: (options: ModelOptions) => Model
}
