// What `console.log(model)` prints: the modules inside by name, with the shapes of what each holds itself.

import { formatShape } from '../core/shape.ts'
import type { Variable } from '../tensor/variable.ts'
import type { Module } from './module.ts'
import { Parameter } from './parameter.ts'

/**
 * ```
 * Net, 1,627 parameters
 *   conv1: Conv2d, weight [3, 3, 1, 8], bias [8]
 *   pool: MaxPool2d
 *   head: Linear, weight [512, 3] frozen, bias [3] frozen
 * ```
 */
export function moduleText(module: Module): string {
  const parameters = [...module.namedVariables().values()].filter((variable) => variable instanceof Parameter)
  const count = parameters.reduce((sum, { size }) => sum + size, 0)
  return linesOf(module, [`${count.toLocaleString('en-US')} parameters`]).join('\n')
}

function linesOf(module: Module, facts: readonly string[] = []): string[] {
  const children = [...module.children]
  const own = [...module.namedVariables()].filter(([name]) => !children.some(([child]) => name.startsWith(`${child}.`)))
  const inner = children.flatMap(([name, child]) => {
    const [first, ...rest] = linesOf(child)
    return [`${name}: ${first}`, ...rest]
  })
  return [[module.typeName(), ...facts, ...own.map(variableText)].join(', '), ...inner.map((line) => `  ${line}`)]
}

function variableText([name, variable]: readonly [string, Variable]): string {
  const frozen = variable instanceof Parameter && variable.frozen ? ' frozen' : ''
  return `${name} ${formatShape(variable.shape)}${frozen}`
}
