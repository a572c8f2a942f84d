// The user's line: where, outside this package, a call came from. Captured cheaply, formatted only when a message needs it.

// Bundlers inline `new URL(…, import.meta.url)` as data; in a bundle this file has no folder of its own, and no frame is skipped.
const here: string = import.meta.url ?? ''
const packageRoot: string = here.includes('/core/') ? here.slice(0, here.lastIndexOf('/core/') + 1) : 'none:'
const frameLimit = 24

/** A captured call stack; `siteLine` turns it into `file.ts:41`. */
export type Site = { readonly stack?: string }

/** Remembers the current call stack. V8 formats it only when it is read. */
export function captureSite(): Site {
  const site: Site = {}
  const V8Error = Error as ErrorConstructor & { captureStackTrace?: (target: object) => void; stackTraceLimit?: number }
  if (V8Error.captureStackTrace === undefined) return { stack: new Error().stack ?? '' }
  const limit = V8Error.stackTraceLimit ?? 10
  V8Error.stackTraceLimit = frameLimit
  V8Error.captureStackTrace(site)
  V8Error.stackTraceLimit = limit
  return site
}

/** The first line of the stack outside this package, as `train.ts:41`; undefined when there is none. */
export function siteLine(site: Site | undefined): string | undefined {
  for (const frame of site?.stack?.split('\n').slice(1) ?? []) {
    const match = /(?:\(|at |@)((?:file:\/\/|https?:\/\/|[A-Za-z]:\\|\/)[^()\s]*?):(\d+):\d+\)?$/.exec(frame)
    if (match === null) continue
    const path = match[1] as string
    const url = path.startsWith('/') ? `file://${path}` : path
    if (url.startsWith(packageRoot) || path.includes('node:')) continue
    return `${path.slice(path.search(/[^/\\]*$/))}:${match[2]}`
  }
  return undefined
}

/** `, at train.ts:41`, or nothing: the end of an error message. */
export function atSite(site: Site | undefined = captureSite()): string {
  const line = siteLine(site)
  return line === undefined ? '' : `, at ${line}`
}
