// Folders that commands write to, made before the work starts: a folder that cannot be written must not cost half an hour.

import { access, constants, mkdir } from 'node:fs/promises'
import { OcellusError } from '../core/errors.ts'

/** Makes a folder and those around it. Throws OcellusError where that fails or nothing may be written there. */
export async function makeOutputFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    throw new OcellusError(
      `${folder} cannot be written to: ${reasons[String(code)] ?? String(code)}; give another --out`,
      { cause },
    )
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EEXIST: 'there is a file of that name',
  ENOTDIR: 'a part of the path is a file',
  ENOSPC: 'the disk is full',
}
