// Names of one model turned into those of another.

import { UsageError } from '../core/errors.ts'
import type { HostTensor } from '../core/host-tensor.ts'

/**
 * Names of a file as the model has them. A record replaces names, or their beginnings up to a dot: `{ fc: 'head', 'backbone.conv1': 'stem' }` turns
 * `fc.weight` into `head.weight`; the longest that fits is taken, `''` as the value takes the beginning off, and as the key puts one before the
 * names that no other key fits. A function gives each name's new one, or undefined to leave the tensor out.
 */
export type RenameRules = Readonly<Record<string, string>> | ((name: string) => string | undefined)

/** The tensors under their new names. Throws UsageError where two get the same one. */
export function renameWeights(
  tensors: ReadonlyMap<string, HostTensor>,
  rules: RenameRules,
): ReadonlyMap<string, HostTensor> {
  const rename = typeof rules === 'function' ? rules : (name: string) => applyRules(name, rules)
  const renamed = new Map<string, HostTensor>()
  const origins = new Map<string, string>()
  for (const [name, tensor] of tensors) {
    const chosen = rename(name)
    if (chosen === undefined) continue
    const other = origins.get(chosen)
    if (other !== undefined) throw new UsageError(`rename: both ${other} and ${name} become ${chosen}`)
    origins.set(chosen, name)
    renamed.set(chosen, tensor)
  }
  return renamed
}

function applyRules(name: string, rules: Readonly<Record<string, string>>): string {
  const fits = (key: string): boolean => key === '' || name === key || name.startsWith(`${key}.`)
  const key = Object.keys(rules)
    .filter(fits)
    .reduce<string | undefined>(
      (best, next) => (best === undefined || next.length > best.length ? next : best),
      undefined,
    )
  if (key === undefined) return name
  const rest = key === '' ? name : name.slice(key.length + 1)
  return [rules[key] as string, rest].filter((part) => part !== '').join('.')
}
