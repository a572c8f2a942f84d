// The settings of a training beside its checkpoints, so that a second run goes on only where it is the same training.

import { OcellusError } from '../../core/errors.ts'
import type { CheckpointStore } from '../../train/checkpoint.ts'
import { flagName, openSchedules, type ScheduleName } from './learning-rate.ts'

const name = 'settings.json'

/** Everything that decides what a training gives; the names are those of the flags. */
export interface SavedSettings {
  readonly schedule: ScheduleName
  readonly epochs: number
}

/** The settings of the training that lies there, by the names of the flags; undefined where none does, or they are damaged. */
export async function readSettings(store: CheckpointStore): Promise<Readonly<Record<string, unknown>> | undefined> {
  const bytes = await store.read(name)
  const found = bytes === undefined ? {} : parseSettings(bytes)
  return Object.keys(found).length === 0 ? undefined : found
}

/** Throws OcellusError where a training with other settings lies there; only epochs may differ, with a schedule that does not depend on them. */
export async function checkSettings(store: CheckpointStore, settings: SavedSettings): Promise<void> {
  const bytes = await store.read(name)
  if (bytes !== undefined) compareSettings(store.name, parseSettings(bytes), settings)
}

export async function writeSettings(store: CheckpointStore, settings: SavedSettings): Promise<void> {
  await store.write(name, new TextEncoder().encode(`${JSON.stringify(settings, undefined, 2)}\n`))
}

function compareSettings(folder: string, saved: Readonly<Record<string, unknown>>, settings: SavedSettings): void {
  const now: Readonly<Record<string, unknown>> = { ...settings }
  for (const key of new Set([...Object.keys(saved), ...Object.keys(now)])) {
    const here = now[key]
    if (key === 'epochs' && openSchedules.includes(settings.schedule)) continue
    if (JSON.stringify(saved[key]) === JSON.stringify(here)) continue
    const flag = `--${flagName(key)}`
    throw new OcellusError(
      `${folder} holds a training with ${flag} ${show(saved[key])}, not ${show(here)}; give another --out, or delete the folder to start anew`,
    )
  }
}

/** A file that was damaged differs from every setting. */
function parseSettings(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof found === 'object' && found !== null ? { ...found } : {}
  } catch {
    return {}
  }
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(',')
  return value === undefined ? 'left out' : String(value)
}
