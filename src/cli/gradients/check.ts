// What `ocellus gradcheck` does: the checks, and their tables.

import type { ActivationName } from '../../models/character-mlp.ts'
import type { GradientReport } from '../../nn/check-gradients.ts'
import { textTable } from '../../nn/text-table.ts'
import { opTable } from '../../ops/table.ts'
import type { GradcheckFlags } from '../gradcheck.ts'
import { formatSeconds, styleFor } from '../terminal.ts'
import { checkNetwork } from './network-check.ts'
import { checkOp, isDifferentiable, type OpCheck } from './op-check.ts'

/** Largest error that counts as right, in f64. */
export const tolerance = 1e-9

/** Checks what the flags ask for and prints it. Returns whether every error is within the tolerance. */
export function checkEverything(flags: GradcheckFlags): boolean {
  const start = performance.now()
  const network = flags.network ? networkReport(flags) : undefined
  const ops = flags.ops
    ? opTable.filter(isDifferentiable).map((op) => checkOp(op, { tolerance, seed: flags.seed }))
    : []
  const errors = [...(network?.parameters ?? []), ...ops].map(({ error }) => error)
  const right = errors.every((error) => error <= tolerance)
  const seconds = (performance.now() - start) / 1000
  if (flags.format === 'json') {
    console.log(
      JSON.stringify(
        { tolerance, right, network: network?.parameters, ops: flags.ops ? ops : undefined },
        undefined,
        2,
      ),
    )
    return right
  }
  if (network !== undefined) {
    const sizes = [1024, ...flags.hidden, 36].join('-')
    console.log(`Character network ${sizes}, ${flags.activation}, cross-entropy of 8 letters\n\n${network}\n`)
  }
  if (ops.length > 0) console.log(`Ops, each at all its sample shapes\n\n${opsTable(ops)}\n`)
  console.log(verdict(errors, right, seconds))
  return right
}

function networkReport({ hidden, activation, elements, seed }: GradcheckFlags): GradientReport {
  return checkNetwork({ hidden, activation: activation as ActivationName, elements, seed, tolerance })
}

function opsTable(ops: readonly OpCheck[]): string {
  const right = true
  const columns = [{ title: 'op' }, { title: 'family' }, { title: 'samples', right }, { title: 'largest error', right }]
  return textTable(
    columns,
    ops.map(({ name, family, samples, error }) => [
      name,
      family,
      String(samples),
      error.toExponential(2) + (error <= tolerance ? '' : '  wrong'),
    ]),
  )
}

function verdict(errors: readonly number[], right: boolean, seconds: number): string {
  const style = styleFor(process.stdout)
  if (errors.length === 0) return 'Nothing was checked: both the network and the ops are left out.'
  const wrong = errors.filter((error) => !(error <= tolerance)).length
  const largest = Math.max(...errors).toExponential(2)
  const found = right
    ? style.good(`All ${errors.length} gradients are right`)
    : style.bad(`${wrong} of ${errors.length} gradients are wrong`)
  return `${found}: the largest error is ${largest}, the limit ${tolerance.toExponential(0)} (${formatSeconds(seconds)}).`
}
