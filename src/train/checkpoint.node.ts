// Checkpoints in a folder of files.

import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OcellusError } from '../core/errors.ts'
import { writeFileAtomically } from '../io/atomic-file.node.ts'
import type { CheckpointStore } from './checkpoint.ts'

/** Keeps each name as a file of the folder, which is made when something is written. Files are replaced whole or not at all. */
export class FolderStore implements CheckpointStore {
  readonly name: string

  constructor(folder: string) {
    this.name = folder
  }

  async read(name: string): Promise<Uint8Array | undefined> {
    const path = join(this.name, name)
    try {
      return await readFile(path)
    } catch (error) {
      if (isMissing(error)) return undefined
      throw new OcellusError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    try {
      await mkdir(this.name, { recursive: true })
    } catch (error) {
      throw new OcellusError(
        `the folder ${this.name} cannot be made: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
    await writeFileAtomically(join(this.name, name), bytes)
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
