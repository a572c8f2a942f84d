// The form of arguments and results of compiled functions: tensors taken out of arrays and records, and what is left as text.

import { UsageError } from '../core/errors.ts'
import { kindOf } from './checks.ts'
import { Tensor } from './tensor.ts'
import { Variable } from './variable.ts'

/** What stays the same from call to call. */
export type Constant = number | string | boolean | null | undefined

/** A tree of arrays and records whose leaves are constants, and tensors by their number. */
export type Skeleton =
  | { readonly tensor: number }
  | { readonly list: readonly Skeleton[] }
  | { readonly record: readonly (readonly [string, Skeleton])[] }
  | { readonly constant: Constant }

export type Role = 'takes' | 'gives'

function refusal(role: Role, what: string): UsageError {
  return new UsageError(
    `a compiled function ${role} tensors, numbers, strings, booleans, null, undefined, and arrays and plain objects of them, not ${what}`,
  )
}

function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Takes a tree apart: its tensors in order, and its form. Throws UsageError on what a signature cannot see into. */
export function takeApart(tree: unknown, role: Role, tensors: Tensor[], above: readonly unknown[] = []): Skeleton {
  if (tree instanceof Variable && role === 'takes') {
    throw new UsageError(
      `a compiled function takes no variables as arguments: capture variable ${tree.label} instead, as a name from outside the function`,
    )
  }
  if (tree instanceof Tensor) return { tensor: tensors.push(tree) - 1 }
  if (above.includes(tree)) throw refusal(role, 'a cyclic object')
  const inner = (item: unknown): Skeleton => takeApart(item, role, tensors, [...above, tree])
  if (Array.isArray(tree)) return { list: Array.from(tree, inner) }
  if (typeof tree === 'object' && tree !== null) {
    if (!isRecord(tree)) throw refusal(role, kindOf(tree))
    return { record: Object.entries(tree).map(([key, item]) => [key, inner(item)] as const) }
  }
  if (typeof tree === 'function' || typeof tree === 'symbol' || typeof tree === 'bigint')
    throw refusal(role, kindOf(tree))
  return { constant: tree as Constant }
}

/** Puts a tree together again, with other tensors. */
export function putTogether(form: Skeleton, tensors: readonly Tensor[]): unknown {
  if ('tensor' in form) return tensors[form.tensor]
  if ('list' in form) return form.list.map((item) => putTogether(item, tensors))
  if ('record' in form) return Object.fromEntries(form.record.map(([key, item]) => [key, putTogether(item, tensors)]))
  return form.constant
}

/** A form as text, different for forms that differ: -0 is not 0, 'Infinity' not Infinity. */
export function formatForm(form: Skeleton): string {
  if ('tensor' in form) return '%'
  if ('list' in form) return `[${form.list.map(formatForm).join()}]`
  if ('record' in form)
    return `{${form.record.map(([key, item]) => `${JSON.stringify(key)}:${formatForm(item)}`).join()}}`
  const { constant } = form
  if (typeof constant === 'string') return JSON.stringify(constant)
  return Object.is(constant, -0) ? '-0' : String(constant)
}
