// Images that the loader crops, flips and normalises per second on one core, beside those that a training step of W5 takes. CIFAR-10.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataLoader, horizontalFlip, loadDataset, normalize, randomCrop } from '../src/data/index.node.ts'
import { startOurs } from './comparison/contestants.ts'
import { writeTask } from './comparison/exchange.ts'
import { median } from './timing.ts'
import { findWorkload } from './workloads/index.ts'

/** Images per second of the loader on one core, and of W5's step on one thread of the native device. */
export interface Loading {
  readonly loaded: number
  readonly trained: number
}

/** The loader should make this many times the images that the step takes. */
export const loadingBar = 1.2

const batchSize = 128
const rounds = 9

/** In turns, both by the time that was computed. Throws UsageError where the data are not there. */
export async function measureLoading(): Promise<Loading> {
  const { train } = await loadDataset('cifar10', { notice: () => undefined })
  const transforms = [
    randomCrop({ size: 32, padding: 4 }),
    horizontalFlip(),
    normalize({ mean: [0.4914, 0.4822, 0.4465], deviation: [0.247, 0.2435, 0.2616] }),
  ]
  const loader = new DataLoader(train, { transforms })
  const { process: trainer } = await startOurs('native', 1)
  const folder = mkdtempSync(join(tmpdir(), 'ocellus-bench-'))
  try {
    writeTask(findWorkload('W5'), folder)
    await trainer.request({ command: 'prepare', workload: 'W5', mode: 'native', folder })
    const [loading, training]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      const before = process.cpuUsage()
      let images = 0
      for await (const { labels } of loader.batches({ batchSize, epoch: round })) images += labels.length
      const { user, system } = process.cpuUsage(before)
      loading.push(images / ((user + system) / 1e6))
      const { cpu } = await trainer.request({ command: 'time', mode: 'native', calls: 1 })
      training.push(batchSize / (Number(cpu) / 1000))
    }
    return { loaded: median(loading), trained: median(training) }
  } finally {
    await trainer.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

export function formatLoading({ loaded, trained }: Loading): string {
  return `loader, CIFAR-10, random crop, flip and normalise: ${loaded.toFixed(0)} images per second and core; a step of W5 takes ${trained.toFixed(0)}: ${(loaded / trained).toFixed(0)} times`
}
