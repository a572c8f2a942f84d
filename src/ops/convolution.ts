// Convolution of images [N, H, W, C] with weights [kh, kw, C / groups, O], and its two gradients. No padding: that is `pad`.
// All three are one sum over pairs of pixels and taps, seen from another side: the transposes of each are the other two.

import { isFloat } from '../core/dtype.ts'
import { DTypeError, ShapeError } from '../core/errors.ts'
import { formatShape, type Shape, sizeOf } from '../core/shape.ts'
import { atSite } from '../core/site.ts'
import { areExtents } from './extents.ts'
import { convolution, convolutionInputGradient, convolutionWeightGradient } from './functions.ts'
import type { Attributes, Node } from './node.ts'
import type { Cost, HostValue, Op, Sample, Typed } from './op.ts'
import { imageShape, type Pair, type Sliding, type Spacing, slidingSamples, visitTaps, windowGrid } from './sliding.ts'

/** How a convolution slides. Output channel o belongs to group floor(o / (O / groups)) and sees that group's C / groups inputs. */
export type ConvolutionAttributes = Spacing & { readonly groups: number }

type Extents = readonly [number, number, number, number]

function floats(name: string, inputs: readonly Typed[]): Typed['dtype'] {
  const [a, b] = inputs as [Typed, Typed]
  if (a.dtype !== b.dtype || !isFloat(a.dtype)) {
    throw new DTypeError(
      `${name}: takes two inputs of one float dtype, not ${a.dtype} and ${b.dtype}; cast one${atSite()}`,
    )
  }
  return a.dtype
}

function fourAxes(name: string, what: string, shape: Shape): Extents {
  if (shape.length !== 4) throw new ShapeError(`${name}: takes ${what}, not ${formatShape(shape)}${atSite()}`)
  return shape as Extents
}

/** Throws unless `groups` divides both counts of channels. */
function checkGroups(name: string, channels: number, outputs: number, groups: number): void {
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0 || outputs % groups !== 0) {
    throw new ShapeError(
      `${name}: groups ${groups} must be a whole number that divides ${channels} input and ${outputs} output channels${atSite()}`,
    )
  }
}

/** Throws unless the gradient `g` [N, OH, OW, O] has one row for each window on the image. */
function checkGrid(name: string, image: Shape, g: Shape, sliding: Sliding): void {
  const grid = windowGrid(name, image, sliding)
  if (image[0] !== g[0] || grid[0] !== g[1] || grid[1] !== g[2]) {
    throw new ShapeError(
      `${name}: ${formatShape(g)} has other windows than the ${grid[0]} x ${grid[1]} of each of the ${image[0]} images ${formatShape(image)}${atSite()}`,
    )
  }
}

/** Calls `visit` with the offsets of image, weight and output for each product of the sum. */
function visitProducts(
  image: Shape,
  weights: Shape,
  { stride, dilation, groups }: ConvolutionAttributes,
  visit: (x: number, w: number, y: number) => void,
): void {
  const channels = image[3] as number
  const [kh, kw, inner, outputs] = weights as Extents
  const each = outputs / groups
  visitTaps(image, { size: [kh, kw], stride, dilation }, (pixel, window, tap) => {
    for (let group = 0; group < groups; group++) {
      for (let c = 0; c < inner; c++) {
        const x = pixel * channels + group * inner + c
        const w = (tap * inner + c) * outputs + group * each
        const y = window * outputs + group * each
        for (let o = 0; o < each; o++) visit(x, w + o, y + o)
      }
    }
  })
}

function productCost(windows: Shape, weights: Shape, output: Typed): Cost {
  const [kh, kw, inner] = weights as Extents
  const pairs = sizeOf(windows) * kh * kw * inner
  return { multiplyAdds: pairs, flops: Math.max(0, 2 * pairs - sizeOf(output.shape)) }
}

/** Shapes that go together, and how the windows slide. */
interface Setup {
  readonly image: Shape
  readonly weights: Shape
  readonly windows: Shape
  readonly attributes: ConvolutionAttributes
}

/** Three ways of sliding over an image of the shape; one group, a few, and one per channel in turn. */
function setupsOf(shape: Shape): Setup[] {
  const image = imageShape(shape)
  const channels = image[3]
  const divisor = [3, 2].find((number) => channels > 0 && channels % number === 0) ?? 1
  const perChannel = Math.max(1, channels)
  const connections: readonly (readonly [groups: number, outputs: number])[] = [
    [1, 5],
    [perChannel, channels],
    [divisor, 2 * divisor],
    [1, channels < 8 ? 17 : 3],
    [perChannel, 2 * channels],
    [1, 1],
  ]
  return slidingSamples(image).map((sliding, i) => {
    const [groups, outputs] = connections[(image[0] + image[1] + image[2] + i) % connections.length] as readonly [
      number,
      number,
    ]
    return {
      image,
      weights: [...sliding.size, channels / groups, outputs],
      windows: [image[0], ...windowGrid('convolution', image, sliding), outputs],
      attributes: { stride: sliding.stride, dilation: sliding.dilation, groups },
    }
  })
}

function sample(shapes: readonly Shape[], attributes: Attributes): Sample {
  return { inputs: shapes.map((shape) => ({ shape, dtype: 'float', low: -2, high: 2 })), attributes }
}

function pair(shape: Shape, at: number): Pair {
  return [shape[at] as number, shape[at + 1] as number]
}

const convolutionOp: Op = {
  name: 'convolution',
  family: 'contraction',
  doc: "Images [N, H, W, C] x weights [kh, kw, C / groups, O] gives [N, OH, OW, O]: y[n, i, j, o] = sum over p, q, c of x[n, i * stride[0] + p * dilation[0], j * stride[1] + q * dilation[1], c of o's group] * w[p, q, c, o].",
  infer(inputs, attributes) {
    const [x, w] = inputs as [Typed, Typed]
    const dtype = floats('convolution', inputs)
    const { stride, dilation, groups } = attributes as ConvolutionAttributes
    const [images, , , channels] = fourAxes('convolution', 'images [N, H, W, C]', x.shape)
    const [kh, kw, inner, outputs] = fourAxes('convolution', 'weights [kh, kw, C / groups, O]', w.shape)
    checkGroups('convolution', channels, outputs, groups)
    if (inner * groups !== channels) {
      throw new ShapeError(
        `convolution: weights ${formatShape(w.shape)} take ${inner * groups} channels (groups ${groups}) and the images ${formatShape(x.shape)} have ${channels}${atSite()}`,
      )
    }
    return {
      shape: [images, ...windowGrid('convolution', x.shape, { size: [kh, kw], stride, dilation }), outputs],
      dtype,
    }
  },
  derivative: {
    kind: 'multilinear',
    transpose(upstream, node, index) {
      const [x, w] = node.inputs as [Node, Node]
      const attributes = node.attributes as ConvolutionAttributes
      return index === 0
        ? convolutionInputGradient(upstream, w, { ...attributes, size: pair(x.shape, 1) })
        : convolutionWeightGradient(x, upstream, { ...attributes, kernel: pair(w.shape, 0) })
    },
  },
  cost: (inputs, output) => productCost(output.shape, (inputs[1] as Typed).shape, output),
  evaluate(inputs, output, attributes) {
    const [x, w] = inputs as [HostValue, HostValue]
    const totals = new Float64Array(output.data.length)
    visitProducts(x.shape, w.shape, attributes as ConvolutionAttributes, (i, j, k) => {
      totals[k] = (totals[k] as number) + (x.data[i] as number) * (w.data[j] as number)
    })
    output.data.set(totals)
  },
  tolerance: 1e-5,
  samples: (shape) => setupsOf(shape).map(({ image, weights, attributes }) => sample([image, weights], attributes)),
}

/** The image that an input gradient makes. */
function gradientImage(g: Shape, w: Shape, attributes: Attributes): Extents {
  const { groups, size } = attributes as ConvolutionAttributes & { readonly size: Pair }
  return [g[0] as number, size[0], size[1], (w[2] as number) * groups]
}

const convolutionInputGradientOp: Op = {
  name: 'convolutionInputGradient',
  family: 'contraction',
  doc: 'Gradient of convolution by its images, which is the transposed convolution: g [N, OH, OW, O] x weights [kh, kw, C / groups, O] gives [N, H, W, C] with [H, W] = `size`; pixels that no window meets are 0.',
  infer(inputs, attributes) {
    const name = 'convolutionInputGradient'
    const [g, w] = inputs as [Typed, Typed]
    const dtype = floats(name, inputs)
    const { stride, dilation, groups, size } = attributes as ConvolutionAttributes & { readonly size: Pair }
    const outputs = fourAxes(name, 'gradients [N, OH, OW, O]', g.shape)[3]
    const weights = fourAxes(name, 'weights [kh, kw, C / groups, O]', w.shape)
    if (!areExtents(size) || size.length !== 2)
      throw new ShapeError(`${name}: ${formatShape(size)} is not the height and width of an image${atSite()}`)
    if (outputs !== weights[3]) {
      throw new ShapeError(
        `${name}: gradients ${formatShape(g.shape)} have ${outputs} channels and weights ${formatShape(w.shape)} give ${weights[3]}${atSite()}`,
      )
    }
    checkGroups(name, weights[2] * groups, outputs, groups)
    const image = gradientImage(g.shape, w.shape, attributes)
    checkGrid(name, image, g.shape, { size: pair(w.shape, 0), stride, dilation })
    return { shape: image, dtype }
  },
  derivative: {
    kind: 'multilinear',
    transpose(upstream, node, index) {
      const [g, w] = node.inputs as [Node, Node]
      const { stride, dilation, groups } = node.attributes as ConvolutionAttributes
      const attributes = { stride, dilation, groups }
      return index === 0
        ? convolution(upstream, w, attributes)
        : convolutionWeightGradient(upstream, g, { ...attributes, kernel: pair(w.shape, 0) })
    },
  },
  cost: (inputs, output) => productCost((inputs[0] as Typed).shape, (inputs[1] as Typed).shape, output),
  evaluate(inputs, output, attributes) {
    const [g, w] = inputs as [HostValue, HostValue]
    const totals = new Float64Array(output.data.length)
    visitProducts(output.shape, w.shape, attributes as ConvolutionAttributes, (i, j, k) => {
      totals[i] = (totals[i] as number) + (g.data[k] as number) * (w.data[j] as number)
    })
    output.data.set(totals)
  },
  tolerance: 1e-5,
  samples: (shape) =>
    setupsOf(shape).map(({ image, weights, windows, attributes }) =>
      sample([windows, weights], { ...attributes, size: pair(image, 1) }),
    ),
}

const convolutionWeightGradientOp: Op = {
  name: 'convolutionWeightGradient',
  family: 'contraction',
  doc: 'Gradient of convolution by its weights: images [N, H, W, C] x g [N, OH, OW, O] gives [kh, kw, C / groups, O] with [kh, kw] = `kernel`.',
  infer(inputs, attributes) {
    const name = 'convolutionWeightGradient'
    const [x, g] = inputs as [Typed, Typed]
    const dtype = floats(name, inputs)
    const { stride, dilation, groups, kernel } = attributes as ConvolutionAttributes & { readonly kernel: Pair }
    const channels = fourAxes(name, 'images [N, H, W, C]', x.shape)[3]
    const outputs = fourAxes(name, 'gradients [N, OH, OW, O]', g.shape)[3]
    checkGroups(name, channels, outputs, groups)
    checkGrid(name, x.shape, g.shape, { size: kernel, stride, dilation })
    return { shape: [...kernel, channels / groups, outputs], dtype }
  },
  derivative: {
    kind: 'multilinear',
    transpose(upstream, node, index) {
      const [x, g] = node.inputs as [Node, Node]
      const { stride, dilation, groups } = node.attributes as ConvolutionAttributes
      const attributes = { stride, dilation, groups }
      return index === 0
        ? convolutionInputGradient(g, upstream, { ...attributes, size: pair(x.shape, 1) })
        : convolution(x, upstream, attributes)
    },
  },
  cost: (inputs, output) => productCost((inputs[1] as Typed).shape, output.shape, output),
  evaluate(inputs, output, attributes) {
    const [x, g] = inputs as [HostValue, HostValue]
    const totals = new Float64Array(output.data.length)
    visitProducts(x.shape, output.shape, attributes as ConvolutionAttributes, (i, j, k) => {
      totals[j] = (totals[j] as number) + (x.data[i] as number) * (g.data[k] as number)
    })
    output.data.set(totals)
  },
  tolerance: 1e-5,
  samples: (shape) =>
    setupsOf(shape).map(({ image, weights, windows, attributes }) =>
      sample([image, windows], { ...attributes, kernel: pair(weights, 0) }),
    ),
}

export const convolutionOps: readonly Op[] = [convolutionOp, convolutionInputGradientOp, convolutionWeightGradientOp]
