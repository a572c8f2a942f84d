// Checkpoints in a folder of files.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { OcellusError } from '../core/errors.ts'
import { writeFileAtomically } from '../io/atomic-file.node.ts'
import { readFileIfThere } from '../io/read-file.node.ts'
import type { CheckpointStore } from './checkpoint.ts'

/** Keeps each name as a file of the folder, which is made when something is written. Files are replaced whole or not at all. */
export class FolderStore implements CheckpointStore {
  readonly name: string

  constructor(folder: string) {
    this.name = folder
  }

  read(name: string): Promise<Uint8Array | undefined> {
    return readFileIfThere(join(this.name, name))
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
