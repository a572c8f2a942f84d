// Mutants of the table of elementwise lowerings: each entry off by one, imprecise, or with its inputs exchanged.

import { elementwiseLowerings } from '../../../src/kernels/elementwise.ts'
import { likelyFoundBy, type Mutant, propertyMutant } from './mutant.ts'

type Lowering = (typeof elementwiseLowerings)[string]

function loweringMutant(op: string, name: string, broken: (original: Lowering) => Lowering): Mutant {
  const table: Record<string, Lowering> = elementwiseLowerings
  return likelyFoundBy(
    op,
    propertyMutant(`lowering of ${op}: ${name}`, table, op, (entry) => broken(entry as Lowering)),
  )
}

/** Each entry of the table of elementwise ops, one too large (or the other truth value). */
const lowerings: readonly Mutant[] = Object.keys(elementwiseLowerings).map((name) =>
  loweringMutant(name, 'off by one', (lowering) => (b, inputs, expression) => {
    const result = lowering(b, inputs, expression)
    const one = b.constant(b.typeOf(result), 1)
    return expression.dtype === 'bool' ? b.binary('xor', result, one) : b.binary('add', result, one)
  }),
)

/** Each entry that gives floats, a ten-thousandth too large: the tolerances must be tight. */
const imprecise: readonly Mutant[] = Object.keys(elementwiseLowerings)
  .filter((name) => !/less|equal|and|or$|not/i.test(name))
  .map((name) =>
    loweringMutant(name, 'off by a ten-thousandth', (lowering) => (b, inputs, expression) => {
      const result = lowering(b, inputs, expression)
      const type = b.typeOf(result)
      return type === 'i32' ? result : b.binary('multiply', result, b.constant(type, 1.0001))
    }),
  )

/** Entries with their inputs exchanged, where the order counts. */
const exchangedInputs: readonly Mutant[] = ['subtract', 'divide', 'power', 'less', 'lessEqual'].map((name) =>
  loweringMutant(
    name,
    'inputs exchanged',
    (lowering) =>
      (b, [x, y, z], expression) =>
        lowering(b, [y, x, z], expression),
  ),
)

export const loweringMutants: readonly Mutant[] = [...lowerings, ...imprecise, ...exchangedInputs]
