// Which output of a network stands for which class of the data: told by the names where the network knows them, else by the numbers.

import { UsageError } from '../../core/errors.ts'
import { formatCount } from '../terminal.ts'

export interface ClassOrder {
  /** The output for each class of the data. */
  readonly outputs: Int32Array
  /** One name per output. */
  readonly names: readonly string[]
  /** What is taken for granted, as a sentence. */
  readonly note: string | undefined
}

/** A network's side: its name in messages, how many outputs it has, and their names where it knows them. */
export interface Outputs {
  readonly name: string
  readonly classes: number
  readonly classNames?: readonly string[] | undefined
}

/** What is listed of a long list. */
const shown = 8

/** Throws UsageError where the data have more classes than the network, or some by its names and others that it does not know. */
export function orderClasses(data: string, classes: readonly string[], network: Outputs): ClassOrder {
  const { classNames } = network
  const found = classes.map((name) => classNames?.indexOf(name) ?? -1)
  if (classNames !== undefined && found.every((output) => output >= 0))
    return { outputs: Int32Array.from(found), names: classNames, note: undefined }
  const strange = classes.filter((_, i) => (found[i] as number) < 0)
  if (strange.length < classes.length) {
    throw new UsageError(
      `${data} has ${listed(strange)}, which the network does not know; its classes are ${listed(classNames ?? [])}`,
    )
  }
  if (classes.length > network.classes) {
    throw new UsageError(
      `${network.name} tells ${network.classes} classes apart, and ${data} has ${classes.length}; choose data with the network's classes`,
    )
  }
  const outputs = Int32Array.from(classes, (_, i) => i)
  const names = Array.from({ length: network.classes }, (_, i) => classes[i] ?? classNames?.[i] ?? `class ${i}`)
  if (classNames !== undefined)
    return { outputs, names, note: `${data} has ${listed(classes)}, taken in this order for ${listed(classNames)}` }
  const note = `${data} has ${formatCount(classes.length)} of the network's ${formatCount(network.classes)} classes, taken to be the first ones`
  return { outputs, names, note: classes.length === network.classes ? undefined : note }
}

function listed(names: readonly string[]): string {
  const more = names.length > shown ? ` and ${formatCount(names.length - shown)} more` : ''
  return `${names.slice(0, shown).join(', ')}${more}`
}
