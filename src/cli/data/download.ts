// Downloads one file: goes on where an earlier try stopped, verifies the checksum, and puts the file in its place whole or not at all.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { OcellusError } from '../../core/errors.ts'
import { makeFolder } from '../output-folder.ts'

export interface DownloadOptions {
  readonly url: string
  /** Where the file goes. What has come so far lies beside it, with the ending .part. */
  readonly path: string
  /** Size and MD5 checksum that it must have. */
  readonly bytes: number
  readonly md5: string
  readonly signal: AbortSignal
  /** Is told how many bytes are there, now and then. */
  readonly progress: (bytes: number) => void
}

/** Connections that break are tried again so many times, as long as each brings something. */
const mostTries = 5

/** Milliseconds without a single byte after which a connection counts as broken. */
const patience = 60_000

/** A server that ended early, or a network that broke. */
class BrokenConnection extends Error {}

/**
 * Downloads `url` to `path`; does nothing where a file with the right checksum lies there already.
 * Throws OcellusError where the server has no such file, cannot be reached, or gives something else than was published; what came over a
 * broken connection is kept, and the next call goes on from there.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { path, bytes, md5, signal } = options
  const there = await sizeOf(path)
  if (there !== undefined) {
    if (there === bytes && (await md5Of(path, signal)) === md5) return
    throw new OcellusError(
      `${path} is not the file that was published (its checksum is wrong); remove it, then try again`,
    )
  }
  await makeFolder(dirname(path))
  const part = `${path}.part`
  if (((await sizeOf(part)) ?? 0) > bytes) await rm(part)
  for (let attempt = 1; ; attempt++) {
    const before = (await sizeOf(part)) ?? 0
    if (before === bytes) break
    try {
      await fetchRest(options, part, before)
      break
    } catch (error) {
      if (!(error instanceof BrokenConnection)) throw error
      const now = (await sizeOf(part)) ?? 0
      if (now > before && attempt < mostTries) continue
      throw unreachable(options, error, now)
    }
  }
  if ((await md5Of(part, signal)) !== md5) {
    await rm(part)
    throw new OcellusError(
      `${options.url} is not what was published: its MD5 checksum should be ${md5}; what came was removed, try again later`,
    )
  }
  await rename(part, path)
}

/** Appends what is missing. Resolves when all bytes are there. */
async function fetchRest({ url, bytes, signal, progress }: DownloadOptions, part: string, from: number): Promise<void> {
  const stalled = new AbortController()
  let timer = setTimeout(() => stalled.abort(), patience)
  const headers = from > 0 ? { Range: `bytes=${from}-` } : {}
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.any([signal, stalled.signal]) })
    if (!response.ok || response.body === null) {
      await response.body?.cancel()
      // The part does not fit what the server has now: from the start, then.
      if (response.status === 416) {
        await rm(part)
        throw new BrokenConnection('the server begins anew')
      }
      throw new OcellusError(
        `${url} cannot be downloaded: the server answers ${response.status}${response.statusText && ` ${response.statusText}`}`,
      )
    }
    const goesOn =
      response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${from}-`) === true
    let length = goesOn ? from : 0
    const reader = response.body.getReader()
    const file = await open(part, goesOn ? 'a' : 'w')
    try {
      for (let { value: piece } = await reader.read(); piece !== undefined; { value: piece } = await reader.read()) {
        clearTimeout(timer)
        timer = setTimeout(() => stalled.abort(), patience)
        length += piece.length
        if (length > bytes) {
          throw new OcellusError(
            `${url} is not what was published: more than the ${bytes} bytes that it should have come`,
          )
        }
        await file.write(piece)
        progress(length)
      }
      await file.sync()
    } finally {
      await file.close()
      await reader.cancel().catch(() => undefined)
    }
    if (length < bytes) throw new BrokenConnection('the connection ended early')
  } catch (error) {
    if (error instanceof OcellusError || error instanceof BrokenConnection) throw error
    signal.throwIfAborted()
    // Errors of the disk are not the network's.
    if (error instanceof Error && 'syscall' in error && error.syscall === 'write') throw error
    throw new BrokenConnection(stalled.signal.aborted ? 'nothing came for a minute' : reasonOf(error))
  } finally {
    clearTimeout(timer)
  }
}

/** `fetch` hides what happened in the cause of the cause. */
function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
    if (cause.cause === undefined) return cause.message
  }
  return String(error)
}

function unreachable({ url, path, bytes }: DownloadOptions, { message }: Error, received: number): OcellusError {
  if (received > 0) {
    return new OcellusError(
      `${url}: the connection broke after ${received} of ${bytes} bytes (${message}); the same command goes on from there`,
    )
  }
  return new OcellusError(
    `${url} cannot be reached (${message}): try again with a network, or download it elsewhere, put it into ${dirname(path)} ` +
      `as ${basename(path)}, and give the same command`,
  )
}

async function sizeOf(path: string): Promise<number | undefined> {
  const status = await stat(path).catch(() => undefined)
  return status?.isFile() ? status.size : undefined
}

async function md5Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('md5')
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    signal.throwIfAborted()
    hash.update(piece)
  }
  return hash.digest('hex')
}
