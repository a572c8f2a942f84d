// Threefry-2x32-20 as vector operations: the same bits as src/core/random.ts.

import type { Reg, RegType } from '../codegen/loop-program.ts'
import type { Builder } from './builder.ts'

const rotations = [13, 15, 26, 6, 17, 29, 16, 24] as const
const parity = 0x1bd11bda

/** Uniform in [0, 1): the upper 24 bits of the first word of counter (element, stream) under the key (seed, call), times 2^-24. */
export function randomUniform(b: Builder, seed: Reg, call: Reg, element: Reg, stream: number, type: RegType): Reg {
  const third = b.binary('xor', b.binary('xor', seed, call), b.constant('i32', parity))
  const key = [seed, call, third] as const
  let x0 = b.binary('add', element, seed)
  let x1 = b.binary('add', b.constant('i32', stream | 0), call)
  for (let round = 0; round < 20; round++) {
    x0 = b.binary('add', x0, x1)
    const r = rotations[round & 7] as number
    x1 = b.binary('xor', b.binary('or', b.shift('left', x1, r), b.shift('rightUnsigned', x1, 32 - r)), x0)
    if ((round & 3) === 3) {
      const block = (round >> 2) + 1
      x0 = b.binary('add', x0, key[block % 3] as Reg)
      x1 = b.binary('add', b.binary('add', x1, key[(block + 1) % 3] as Reg), b.constant('i32', block))
    }
  }
  const bits = b.convert(type, b.shift('rightUnsigned', x0, 8))
  return b.binary('multiply', bits, b.constant(type, 2 ** -24))
}
