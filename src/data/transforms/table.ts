// The transforms of this package by name, so that a worker thread can make again what another thread was given.

import { UsageError } from '../../core/errors.ts'
import { randomAffine, randomRotation } from './affine.ts'
import { colorJitter } from './color-jitter.ts'
import { centerCrop, randomCrop, randomResizedCrop } from './crop.ts'
import { elastic } from './elastic.ts'
import { cutout, randomErasing } from './erase.ts'
import { horizontalFlip, verticalFlip } from './flip.ts'
import { normalize } from './normalize.ts'
import { resize } from './resize.ts'
import type { Transform, TransformRecipe } from './transform.ts'

/** The options of a recipe are those that its function was given. */
type Make = (options: never) => Transform

const table: Readonly<Record<string, Make>> = {
  centerCrop,
  colorJitter,
  cutout,
  elastic,
  horizontalFlip,
  normalize,
  randomAffine,
  randomCrop,
  randomErasing,
  randomResizedCrop,
  randomRotation,
  resize,
  verticalFlip,
}

/** Names of the transforms that are built in. */
export const transformNames: readonly string[] = Object.keys(table)

/**
 * Makes a transform from its recipe; those of other modules are imported. Throws UsageError where there is no such module or function, or
 * it makes something else.
 */
export async function makeTransform(recipe: TransformRecipe): Promise<Transform> {
  const { name, options, module: address } = recipe
  if (address === undefined) {
    const make = Object.hasOwn(table, name) ? table[name] : undefined
    if (make === undefined) {
      throw new UsageError(
        `the transform '${name}' is none of this package: give the address of its module, module: import.meta.url, or use 0 workers`,
      )
    }
    return make(options as never)
  }
  const exported = await importModule(name, address)
  const make = exported[name]
  const made: unknown = typeof make === 'function' ? make(options) : undefined
  if (typeof made !== 'object' || made === null || !('apply' in made) || typeof made.apply !== 'function') {
    throw new UsageError(`${address} should export a function '${name}' that makes a transform`)
  }
  return made as Transform
}

async function importModule(transform: string, address: string): Promise<Record<string, unknown>> {
  try {
    return await import(/* @vite-ignore */ address)
  } catch (error) {
    throw new UsageError(
      `the transform '${transform}' cannot be loaded from ${address}: ${error instanceof Error ? error.message : String(error)}; workers run JavaScript as it is, so give the address of a compiled file, or use 0 workers`,
    )
  }
}
