// The one op table: every op of every family, known by name. Gradient checks, conformance, the coverage matrix and docs/ops.md come from it.

import { arithmeticOps } from './arithmetic.ts'
import { assemblyOps } from './assembly.ts'
import { comparisonOps } from './comparison.ts'
import { contractionOps } from './contraction.ts'
import { gatherOps } from './gather.ts'
import { movementOps } from './movement.ts'
import { type Op, registerOps } from './op.ts'
import { randomOps } from './random.ts'
import { reduceOps } from './reduce.ts'
import { transcendentalOps } from './transcendental.ts'

/** All ops, family by family. */
export const opTable: readonly Op[] = [
  ...arithmeticOps,
  ...transcendentalOps,
  ...comparisonOps,
  ...reduceOps,
  ...movementOps,
  ...assemblyOps,
  ...gatherOps,
  ...randomOps,
  ...contractionOps,
]

registerOps(opTable)
