// What every emitter checks of a load or store before it writes it.

import { bytesOf, type DType } from '../core/dtype.ts'
import type { Address, Reg, RegType } from './loop-program.ts'

/** What an emitter knows of the kernel that it writes. */
interface KernelFacts {
  readonly lanes: number
  argumentType(address: Address): DType
  typeOf(reg: Reg): RegType
  /** The error that says what is wrong with the kernel. */
  invalid(problem: string): Error
}

/** Lanes of a load or store; all unless given. */
export function laneCount(kernel: KernelFacts, lanes: number = kernel.lanes): number {
  if (!Number.isInteger(lanes) || lanes < 0 || lanes > kernel.lanes) {
    throw kernel.invalid(`${lanes} lanes of ${kernel.lanes} in a load or store`)
  }
  return lanes
}

/** Bytes of the argument's elements, once it is clear that they fit the register's type. */
export function checkedBytes(kernel: KernelFacts, address: Address, reg: Reg): number {
  const dtype = kernel.argumentType(address)
  const held = dtype === 'f32' || dtype === 'f64' ? dtype : 'i32'
  const type = kernel.typeOf(reg)
  if (type !== held) throw kernel.invalid(`register ${reg} of type ${type} meets memory of ${dtype}`)
  return bytesOf(dtype)
}
