// How fast matrices are multiplied on the device in use, from TypeScript and back.

import { Random } from '../../core/random.ts'
import { compile } from '../../tensor/compile.ts'
import { tensor } from '../../tensor/tensor.ts'
import { Variable } from '../../tensor/variable.ts'

/** For how long to measure, in milliseconds; the engine optimises the loops in the first third. */
const duration = 120

/** GFLOP/s (10^9 multiplications and additions per second) of the product of two square matrices of f32. */
export function measureProduct(size: number): number {
  const random = new Random(0)
  const values = Float32Array.from({ length: size * size }, () => random.uniform(-1, 1))
  const left = new Variable(tensor(values, { shape: [size, size] }))
  const right = new Variable(tensor(values, { shape: [size, size] }))
  // Summed up, so that no time goes into copying the product out.
  const product = compile(() => left.matmul(right).sum())
  product().item()
  const end = performance.now() + duration
  let best = Number.POSITIVE_INFINITY
  do {
    const start = performance.now()
    product().item()
    best = Math.min(best, performance.now() - start)
  } while (performance.now() < end)
  return (2 * size ** 3) / best / 1e6
}
