// What a script finds in a browser and not in the language itself: the global object for running bundles without Node.

/** A fresh global object with the web's globals (those that Node has too) and none of Node's own. */
export function browserGlobals(): Record<string, unknown> {
  const names = [
    ...['console', 'performance', 'crypto', 'navigator', 'queueMicrotask', 'structuredClone', 'fetch'],
    ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'atob', 'btoa', 'MessageChannel'],
    ...['TextEncoder', 'TextDecoder', 'URL', 'Blob', 'Event', 'EventTarget', 'AbortController', 'AbortSignal'],
    ...['WebAssembly', 'ReadableStream', 'CompressionStream', 'DecompressionStream'],
  ]
  const globals: Record<string, unknown> = Object.fromEntries(
    names.map((name) => [name, Reflect.get(globalThis, name)]),
  )
  globals.self = globals
  return globals
}
