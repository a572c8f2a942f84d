// The character network trained in Chromium, with threads on a cross-origin isolated page and without on a plain one: the bits of Node.

import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleScript, findChromium, launch, type Site, serve } from './browser.ts'
import { type TrainedNetwork, trainNetwork } from './train-network.ts'

const executable = findChromium()
if (executable === undefined) console.warn('skipped: there is no Chromium here (apt-get install chromium)')

describe.runIf(executable !== undefined)('Chromium', () => {
  let browser: Browser
  let site: Site
  let wanted: TrainedNetwork

  beforeAll(async () => {
    site = await serve(await bundleScript(fileURLToPath(new URL('worker.ts', import.meta.url))))
    browser = await launch(executable as string)
    wanted = await trainNetwork(1)
  })

  afterAll(async () => {
    await browser?.close()
    site?.close()
  })

  /** Trains in a worker of a page; `said` collects what the console shows. */
  async function trainOn(path: '/isolated' | '/plain', threads: number, said: string[] = []): Promise<TrainedNetwork> {
    const page = await browser.newPage()
    page.on('console', (message) => said.push(message.text()))
    await page.goto(`${site.address}${path}`)
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(path === '/isolated')
    const answer = await page.evaluate(
      (count) =>
        new Promise<{ trained?: unknown; error?: string }>((resolve) => {
          const worker = new Worker('/worker.js')
          worker.onmessage = ({ data }) => resolve(data)
          worker.onerror = ({ message }) => resolve({ error: message })
          worker.postMessage(count)
        }),
      threads,
    )
    await page.close()
    expect(answer.error).toBeUndefined()
    return answer.trained as TrainedNetwork
  }

  test.each([
    ['/isolated', 1],
    ['/isolated', 2],
    ['/plain', 1],
  ] as const)('on the page %s with %i threads', async (path, threads) => {
    const said: string[] = []
    const trained = await trainOn(path, threads, said)
    expect(trained.threads).toBe(threads)
    if (threads === 1) expect(trained.sharedRuns).toBe(0)
    else expect(trained.sharedRuns).toBeGreaterThanOrEqual(trained.losses.length)
    expect(said).toEqual([])
    // Where only one of the engines fuses multiply-add, their results agree to tolerance only.
    if (trained.numberClass !== wanted.numberClass) return
    expect(trained.losses).toEqual(wanted.losses)
    expect(trained.parameters).toBe(wanted.parameters)
  })

  test('a page that is not isolated runs on one thread, and says so once', async () => {
    const said: string[] = []
    const trained = await trainOn('/plain', 2, said)
    expect(trained.threads).toBe(1)
    expect(said).toEqual([
      'ocellus runs on one thread: this page is not cross-origin isolated, so threads cannot share memory.',
    ])
  })
})
