// The table of operators that are computed, and which of their inputs must be known beforehand.

import type { OnnxNode } from './model.ts'
import type { OperatorTable } from './operator.ts'
import { constantOperators } from './operators/constant.ts'
import { convolutionOperators } from './operators/convolution.ts'
import { elementwiseOperators } from './operators/elementwise.ts'
import { matrixOperators } from './operators/matrix.ts'
import { movementOperators } from './operators/movement.ts'
import { poolingOperators } from './operators/pooling.ts'
import { reduceOperators } from './operators/reduce.ts'
import { resizeOperators } from './operators/resize.ts'

export const operators: OperatorTable = {
  ...constantOperators,
  ...convolutionOperators,
  ...poolingOperators,
  ...elementwiseOperators,
  ...matrixOperators,
  ...movementOperators,
  ...reduceOperators,
  ...resizeOperators,
}

/** Operators all of whose inputs but the first decide how the graph looks. */
const configured = ['Resize', 'Upsample', 'Clip', 'Pad', 'Dropout', 'Slice', 'Reshape', 'Expand']

/** Whether a node needs an input as values that are known before the graph runs, and not as a parameter. */
export function readsKnownValues({ operator }: OnnxNode, place: number): boolean {
  return place > 0 && configured.includes(operator)
}
