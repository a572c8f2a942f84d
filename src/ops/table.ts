// The one op table: every op of every family, known by name. Gradient checks, conformance, the coverage matrix and docs/ops.md come from it.

import { arithmeticOps } from './arithmetic.ts'
import { assemblyOps } from './assembly.ts'
import { comparisonOps } from './comparison.ts'
import { contractionOps } from './contraction.ts'
import { convolutionOps } from './convolution.ts'
import { gatherOps } from './gather.ts'
import { movementOps } from './movement.ts'
import { type Op, registerOps } from './op.ts'
import { phaseOps } from './phases.ts'
import { poolingOps } from './pooling.ts'
import { randomOps } from './random.ts'
import { reduceOps } from './reduce.ts'
import { transcendentalOps } from './transcendental.ts'
import { windowOps } from './windows.ts'

/** All ops, family by family. */
export const opTable: readonly Op[] = [
  ...arithmeticOps,
  ...transcendentalOps,
  ...comparisonOps,
  ...reduceOps,
  ...poolingOps,
  ...movementOps,
  ...assemblyOps,
  ...windowOps,
  ...gatherOps,
  ...randomOps,
  ...contractionOps,
  ...convolutionOps,
]

/** Forms that simplification gives to ops of the table; no graph is written with them, and none is differentiated. */
export const kernelOps: readonly Op[] = phaseOps

registerOps([...opTable, ...kernelOps])
