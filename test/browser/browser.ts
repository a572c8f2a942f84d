// A headless Chromium and the pages that it visits: a server of this process that can make them cross-origin isolated.

import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { build } from 'vite'

/** Where the packages of Debian and others put it; OCELLUS_CHROMIUM names another place. */
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The path of a Chromium, or undefined where there is none. */
export function findChromium(): string | undefined {
  const named = process.env.OCELLUS_CHROMIUM
  if (named !== undefined) return existsSync(named) ? named : undefined
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path))
}

const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: flags })
}

/** All kernels that have slabs are shared, however small: the network of the test would else run on one thread. */
const shareAll = {
  name: 'share-all',
  load: (id: string): string | undefined =>
    id.endsWith('/src/devices/threads/worth.ts')
      ? 'export const shareKernels = (kernels) => kernels.map(({ slabs }) => slabs > 1)'
      : undefined,
}

/** A script with everything that it imports. Built from sources, whose imports for effect package.json does not list: nothing is dropped. */
export async function bundleScript(entry: string): Promise<string> {
  const lib = { entry, formats: ['iife' as const], name: 'bundle', fileName: 'bundle' }
  const options = { write: false, minify: false, lib, rolldownOptions: { treeshake: false } }
  const output = await build({ configFile: false, logLevel: 'silent', plugins: [shareAll], build: options })
  if (!Array.isArray(output)) throw new Error('vite returned no finished bundle')
  return output.flatMap((each) => each.output.flatMap((file) => (file.type === 'chunk' ? [file.code] : []))).join('\n')
}

export interface Site {
  /** `/isolated` can share memory between threads, `/plain` cannot. */
  readonly address: string
  close(): void
}

/** Serves an empty page at every path but /worker.js. */
export async function serve(workerCode: string): Promise<Site> {
  const server: Server = createServer((request, response) => {
    const isWorker = request.url === '/worker.js'
    response.setHeader('content-type', isWorker ? 'text/javascript' : 'text/html')
    // A worker needs the header of its page.
    if (isWorker || request.url === '/isolated') {
      response.setHeader('cross-origin-embedder-policy', 'require-corp')
      response.setHeader('cross-origin-opener-policy', 'same-origin')
    }
    response.end(isWorker ? workerCode : '<!doctype html><title>ocellus</title>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { address: `http://127.0.0.1:${port}`, close: () => server.close() }
}
