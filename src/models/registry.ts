// Known networks by name.

import { UsageError } from '../core/errors.ts'
import type { Module } from '../nn/module.ts'
import { type KnownModels, knownModels } from './known-models.ts'
import type { ModelEntry, ModelOptions } from './model-entry.ts'
import { findModelName, type ModelName, modelNames } from './names.ts'

/** What is known of a network. Throws UsageError for a name that no network has. */
export function modelEntry(name: string): ModelEntry {
  const known = findModelName(name)
  if (known === undefined)
    throw new UsageError(`there is no model called '${name}', the names are ${modelNames.join(', ')}`)
  return knownModels[known]
}

/**
 * Makes a known network with weights at their start. Throws UsageError for a name that no network has.
 *
 * ```ts
 * const model = createModel('resnet18', { classes: 17 })
 * ```
 */
export function createModel<Name extends ModelName>(name: Name, options?: ModelOptions): KnownModels[Name]
export function createModel(name: string, options?: ModelOptions): Module
export function createModel(name: string, options: ModelOptions = {}): Module {
  const entry = modelEntry(name)
  if (options.classes !== undefined && entry.classes === undefined)
    throw new UsageError(`${name} has no classes; leave classes out`)
  return entry.create(options)
}
