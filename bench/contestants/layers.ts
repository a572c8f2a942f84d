// The workloads' networks as lists of layers, from which the JavaScript libraries' networks are put together.

import type { Shape } from '../../src/index.ts'

/** One layer; those with parameters take the next ones of the workload's list. */
export type Layer =
  | { readonly kind: 'dense' | 'relu' | 'sigmoid' | 'flatten' | 'mean' | 'norm' | 'gelu' }
  | ConvolutionLayer
  | { readonly kind: 'transposed'; readonly outputs: Shape }
  | PoolLayer
  | { readonly kind: 'image'; readonly shape: Shape }
  /** ReLU of the sum of both ways; an empty one is the input itself. */
  | { readonly kind: 'residual'; readonly body: readonly Layer[]; readonly shortcut: readonly Layer[] }
  /** All ways side by side in the channels. */
  | { readonly kind: 'branches'; readonly branches: readonly (readonly Layer[])[] }

export interface ConvolutionLayer {
  readonly kind: 'convolution'
  readonly stride: number
  readonly padding: number
  readonly bias: boolean
}

export interface PoolLayer {
  readonly kind: 'pool'
  readonly size: number
  readonly stride: number
  readonly padding: number
  readonly ceil: boolean
}

const dense: Layer = { kind: 'dense' }
const relu: Layer = { kind: 'relu' }
const sigmoid: Layer = { kind: 'sigmoid' }
const flatten: Layer = { kind: 'flatten' }
const mean: Layer = { kind: 'mean' }
const norm: Layer = { kind: 'norm' }
const gelu: Layer = { kind: 'gelu' }

function convolution(stride: number, padding: number, bias = true): Layer {
  return { kind: 'convolution', stride, padding, bias }
}

function pool(size: number, stride: number, padding = 0, ceil = false): Layer {
  return { kind: 'pool', size, stride, padding, ceil }
}

function block(stride: number): Layer {
  const body = [convolution(stride, 1, false), norm, relu, convolution(1, 1, false), norm]
  return { kind: 'residual', body, shortcut: stride === 1 ? [] : [convolution(stride, 0, false), norm] }
}

/** Stages of `blocks` blocks; all but the first halve the image. */
function stages(count: number, blocks: number): Layer[] {
  return Array.from({ length: count * blocks }, (_, i) => block(i >= blocks && i % blocks === 0 ? 2 : 1))
}

const fire: readonly Layer[] = [
  convolution(1, 0),
  relu,
  {
    kind: 'branches',
    branches: [
      [convolution(1, 0), relu],
      [convolution(1, 1), relu],
    ],
  },
]
const squeezePool = pool(3, 2, 0, true)

function character(pooled: boolean): Layer[] {
  const [stride, first, second] = pooled ? [1, 2, 2] : [2, 3, 3]
  const after = pooled ? [norm, gelu, pool(2, 2, 1)] : [norm, gelu]
  const features = [convolution(stride, first), ...after, convolution(stride, second), ...after]
  return [...features, flatten, dense, norm, gelu, dense]
}

/** By workload. Dropout is left out: none of these libraries is timed on the networks that have it, but in inference. */
export const layerLists: Readonly<Record<string, readonly Layer[]>> = {
  W1: [dense, sigmoid, dense],
  W2: [dense, relu, dense],
  W3: [dense, relu, dense, relu, dense, relu, dense, sigmoid],
  W5: [convolution(1, 1, false), norm, relu, ...stages(3, 3), mean, dense],
  W6: [
    ...[convolution(2, 1), relu, convolution(2, 1), relu, flatten, dense],
    ...[dense, relu, { kind: 'image', shape: [7, 7, 32] } as const],
    ...[{ kind: 'transposed', outputs: [14, 14, 16] } as const, relu],
    ...[{ kind: 'transposed', outputs: [28, 28, 1] } as const, sigmoid],
  ],
  'W7-squeezenet': [
    ...[convolution(2, 0), relu, squeezePool, ...fire, ...fire, squeezePool, ...fire, ...fire, squeezePool],
    ...[...fire, ...fire, ...fire, ...fire, convolution(1, 0), relu, mean],
  ],
  'W7-resnet18': [convolution(2, 3, false), norm, relu, pool(3, 2, 1), ...stages(4, 2), mean, dense],
  'W7-lenet5': [
    ...[convolution(1, 2), relu, pool(2, 2), convolution(1, 0), relu, pool(2, 2)],
    ...[flatten, dense, relu, dense, relu, dense],
  ],
  'W7-W4p': character(true),
}

/** Epsilon of batch norms. */
export const normEpsilon = 1e-5
