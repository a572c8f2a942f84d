// The coverage matrix: how many cases of each check meet each op on each device. Counted from what the suites generate, not by hand.

import { deviceNames } from '../../src/devices/registry.ts'
import type { Op } from '../../src/ops/op.ts'
import { opTable } from '../../src/ops/table.ts'
import { casesOf, dtypes } from './device-check.ts'
import { differentiableSamples } from './gradient-check.ts'
import { allShapes, smallShapes, viewedShapes } from './shapes.ts'

export interface Coverage {
  readonly op: Op
  /** Samples whose derivatives are checked, on each device. */
  readonly gradients: number
  /** Cases by dtype, on each device but the reference. */
  readonly values: ReadonlyMap<string, number>
  /** Cases with inputs behind views, on each device but the reference. */
  readonly views: number
}

export function coverageOf(op: Op): Coverage {
  const cases = casesOf(op, allShapes, 'plain')
  return {
    op,
    gradients: differentiableSamples(op, smallShapes).length,
    values: new Map(dtypes.map((dtype) => [dtype, cases.filter((one) => one.dtype === dtype).length])),
    views: casesOf(op, viewedShapes, 'all').length,
  }
}

export const comparedDevices: readonly string[] = deviceNames.filter((name) => name !== 'reference')

export function coverage(): readonly Coverage[] {
  return opTable.map(coverageOf)
}
