// Folders that commands write to, made before the work starts: a folder that cannot be written must not cost half an hour.

import { access, constants, mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { OcellusError } from '../core/errors.ts'

/** Makes a folder and those around it. Throws OcellusError where that fails or nothing may be written there. */
export async function makeOutputFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder)
    await access(folder, constants.W_OK)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    throw new OcellusError(
      `${folder} cannot be written to: ${reasons[String(code)] ?? String(code)}; give another --out`,
      { cause },
    )
  }
}

/** Makes a folder and those around it, one by one: `mkdir` with `recursive` never ends where a file system makes no folders, as /proc. */
export async function makeFolder(folder: string): Promise<void> {
  const isThere = (path: string): Promise<boolean> =>
    stat(path).then(
      (status) => status.isDirectory(),
      () => false,
    )
  if (await isThere(folder)) return
  const parent = dirname(resolve(folder))
  const parentIsThere = await stat(parent).then(
    () => true,
    () => false,
  )
  if (!parentIsThere && parent !== resolve(folder)) await makeFolder(parent)
  await mkdir(folder).catch(async (error: unknown) => {
    // Another process may have made it in between.
    if (!(await isThere(folder))) throw error
  })
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no folder can be made there',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EEXIST: 'there is a file of that name',
  ENOTDIR: 'a part of the path is a file',
  ENOSPC: 'the disk is full',
}
