// One training at a time in a folder: two that write the same checkpoints would undo each other's work.

import { readFileSync, rmSync } from 'node:fs'
import { constants, copyFile, link, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { OcellusError } from '../core/errors.ts'

/** The file that says who works in a folder. */
const lockName = '.ocellus-lock'

/** Milliseconds after which the last of several that take over a lock at once is known. */
const settling = 100

interface Owner {
  readonly process: number
  readonly machine: string
  /** When it began. */
  readonly since: string
}

/**
 * Takes a folder for this process, until the process ends. A lock whose process is gone, as after `kill -9`, is taken over.
 * Throws OcellusError while another process has the folder.
 */
export async function lockFolder(folder: string): Promise<void> {
  const path = join(folder, lockName)
  const owner: Owner = { process: process.pid, machine: hostname(), since: new Date().toISOString() }
  const text = JSON.stringify(owner)
  const own = `${path}.${process.pid}`
  try {
    await writeFile(own, text)
    if (!(await isFirst(own, path))) {
      refuseOthers(folder, path)
      await rename(own, path)
      await new Promise((resolve) => setTimeout(resolve, settling))
      refuseOthers(folder, path)
    }
  } finally {
    await rm(own, { force: true })
  }
  process.once('exit', () => {
    try {
      if (readFileSync(path, 'utf8') === text) rmSync(path)
    } catch {
      // Gone with its folder.
    }
  })
}

/** Gives the file the name of the lock; false where there is one. A link is there with all that it holds, unlike a new file. */
async function isFirst(own: string, path: string): Promise<boolean> {
  const isThere = (error: NodeJS.ErrnoException): boolean => error.code === 'EEXIST'
  try {
    await link(own, path)
    return true
  } catch (error) {
    if (isThere(error as NodeJS.ErrnoException)) return false
  }
  // A file system without links.
  return copyFile(own, path, constants.COPYFILE_EXCL).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (isThere(error)) return false
      throw error
    },
  )
}

function refuseOthers(folder: string, path: string): void {
  const owner = ownerIn(path)
  if (owner === undefined) return
  const here = owner.machine === hostname()
  if (here && (owner.process === process.pid || !isAlive(owner.process))) return
  const who = here ? `process ${owner.process}` : `process ${owner.process} of the machine ${owner.machine}`
  throw new OcellusError(
    `${folder} is in use by another training (${who}, since ${owner.since}); wait for its end, give another --out, or delete ${path} if there is no such training`,
  )
}

/** Undefined where there is no lock any more, or a damaged one. */
function ownerIn(path: string): Owner | undefined {
  try {
    const found: Partial<Owner> | null = JSON.parse(readFileSync(path, 'utf8'))
    const { process: number, machine, since } = found ?? {}
    const whole = typeof number === 'number' && typeof machine === 'string' && typeof since === 'string'
    return whole ? { process: number, machine, since } : undefined
  } catch {
    return undefined
  }
}

function isAlive(number: number): boolean {
  try {
    process.kill(number, 0)
    return true
  } catch (error) {
    // It lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
