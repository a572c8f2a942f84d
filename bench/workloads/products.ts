// W8: square matrix products, in f32 and f64.

import type { ProductWorkload } from './workload.ts'

function product(size: number, dtype: 'f32' | 'f64'): ProductWorkload {
  return {
    kind: 'product',
    name: `W8-${size}${dtype === 'f64' ? '-f64' : ''}`,
    title: `matrix product ${dtype}, ${size} square`,
    m: size,
    k: size,
    n: size,
    dtype,
  }
}

export const products: readonly ProductWorkload[] = [
  ...[256, 512, 1024, 2048].map((size) => product(size, 'f32')),
  product(1024, 'f64'),
]
