// Second derivatives: against formulas, against differences of gradients, and what they say of stationary points.

import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/core/random.ts'
import {
  classifyStationaryPoint,
  eigenvalues,
  gradients,
  hessian,
  hessianVectorProduct,
  type Tensor,
  tensor,
} from '../../../src/index.ts'
import { gelu, silu } from '../../../src/nn/activations.ts'
import { BatchNorm2d } from '../../../src/nn/batch-norm.ts'
import { ConvTranspose2d } from '../../../src/nn/conv-transpose2d.ts'
import { Conv2d } from '../../../src/nn/conv2d.ts'
import { LayerNorm } from '../../../src/nn/layer-norm.ts'
import { MaxPool2d } from '../../../src/nn/max-pool2d.ts'
import { Sequential } from '../../../src/nn/sequential.ts'
import { Upsample } from '../../../src/nn/upsample.ts'

const f64 = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  tensor(Float64Array.from(values), { shape })

function drawn(seed: number, shape: readonly number[]): Tensor {
  const random = new Random(seed)
  const size = shape.reduce((product, extent) => product * extent, 1)
  return f64(
    Array.from({ length: size }, () => random.normal()),
    shape,
  )
}

function largestDifference(a: Tensor, b: Tensor): number {
  const other = b.dataSync()
  return Math.max(...Array.from(a.dataSync(), (value, i) => Math.abs(value - (other[i] as number))))
}

describe('hessian', () => {
  it('of x^T A x is A + A^T', () => {
    const a = drawn(1, [4, 4])
    const found = hessian((x) => x.dot(a.matmul(x)), drawn(2, [4]))
    expect(largestDifference(found, a.add(a.transpose()))).toBeLessThan(1e-12)
  })

  it('of log-sum-exp is diag(p) - p p^T, and has the shape of the elements', () => {
    const x = drawn(3, [2, 3])
    const p = x.exp().divide(x.exp().sum()).reshape([6])
    const diagonal = p.multiply(f64([1, 0, 0, 0, 0, 0])).unsqueeze(1)
    const found = hessian((y) => y.exp().sum().log(), x)
    expect(found.shape).toEqual([6, 6])
    const column = found.at(null, 0)
    expect(largestDifference(column, diagonal.squeeze().subtract(p.multiply(p.at(0))))).toBeLessThan(1e-12)
    expect(largestDifference(found, found.transpose())).toBeLessThan(1e-12)
  })

  it('of a linear function is zero', () => {
    expect(hessian((x) => x.sum(), f64([1, 2])).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ])
  })

  it('refuses functions of many numbers, and those that give several', () => {
    expect(() => hessian((x) => x.sum(), tensor(new Float32Array(5000)))).toThrow('use hessianVectorProduct')
    expect(() => hessian((x) => x.square(), f64([1, 2]))).toThrow('f gives [2]; it must give one number')
  })
})

describe('hessianVectorProduct goes through layers: it is what differences of the gradient give', () => {
  const random = new Random(7)
  const networks: Record<string, Sequential> = {
    'convolutions with batch norm and GELU': new Sequential(
      new Conv2d({ inputs: 2, outputs: 3, kernel: 3, stride: 2, padding: 1, random }),
      new BatchNorm2d({ channels: 3 }),
      gelu,
      new ConvTranspose2d({ inputs: 3, outputs: 2, kernel: 3, stride: 2, padding: 1, random }),
    ),
    'groups, layer norm, pooling and SiLU': new Sequential(
      new Conv2d({ inputs: 2, outputs: 4, kernel: 3, groups: 2, padding: 1, random }),
      new LayerNorm({ shape: 4 }),
      silu,
      new MaxPool2d({ size: 2 }),
      new Upsample({ scale: 2, mode: 'bilinear' }),
    ),
  }

  it.each(Object.entries(networks))('%s', (_, network) => {
    network.to('f64')
    const [x, direction] = [drawn(8, [2, 6, 6, 2]), drawn(9, [2, 6, 6, 2])]
    const loss = (y: Tensor): Tensor => network.forward(y).square().mean()
    const product = hessianVectorProduct(loss, x, direction)
    product.dataSync()
    const gradient = (share: number): Tensor => {
      const moved = f64([...x.add(direction.multiply(share)).dataSync()], x.shape)
      return gradients(loss(moved), [moved])[0] as Tensor
    }
    const h = 1e-5
    const difference = gradient(h)
      .subtract(gradient(-h))
      .multiply(1 / (2 * h))
    expect(largestDifference(product, difference)).toBeLessThan(1e-6)
    // Reverse over reverse is the same.
    const [first] = gradients(loss(x), [x]) as [Tensor]
    const [twice] = gradients(first.multiply(direction).sum(), [x]) as [Tensor]
    expect(largestDifference(product, twice)).toBeLessThan(1e-12)
  })
})

describe('a stationary point', () => {
  const at = (f: (x: Tensor) => Tensor): string => classifyStationaryPoint(hessian(f, f64([0, 0])))
  const [first, second] = [f64([1, 0]), f64([0, 1])]
  const squares = (a: number, b: number) => (x: Tensor) =>
    x.dot(first).square().multiply(a).add(x.dot(second).square().multiply(b))

  it('is told by the signs of the curvatures', () => {
    expect(at(squares(1, 3))).toBe('minimum')
    expect(at(squares(-1, -3))).toBe('maximum')
    expect(at(squares(-1, 3))).toBe('saddle')
    expect(at(squares(0, 3))).toBe('degenerate')
  })

  it('has the eigenvalues of its Hessian', () => {
    // 2 - 2 cos(k pi / 6), k = 1 to 5: the chain of five masses.
    const chain = Array.from({ length: 25 }, (_, i) => {
      const distance = Math.abs(Math.floor(i / 5) - (i % 5))
      return distance === 0 ? 2 : distance === 1 ? -1 : 0
    })
    for (const [k, value] of eigenvalues(f64(chain, [5, 5])).entries()) {
      expect(Math.abs(value - (2 - 2 * Math.cos(((k + 1) * Math.PI) / 6)))).toBeLessThan(1e-14)
    }
    expect(() => eigenvalues(f64([1, 2]))).toThrow('takes a symmetric matrix [n, n], not [2]')
  })
})
