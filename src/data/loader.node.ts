// DataLoader in Node: as in browsers, with worker threads that decode and augment.

import { UsageError } from '../core/errors.ts'
import type { BatchMaker } from './loader.ts'
import { DataLoader as CoreLoader, type DataLoaderOptions as CoreOptions } from './loader.ts'
import type { SampleSource } from './sample-source.ts'
import { recipeOf } from './transforms/transform.ts'
import { WorkerPool } from './worker-pool.node.ts'

export interface DataLoaderOptions extends CoreOptions {
  /** Threads that read, decode and transform (default 0: the calling thread does it). The batches do not depend on it. */
  readonly workers?: number
}

/** Threads beyond this are a mistake. */
const mostWorkers = 64

/**
 * The loader of every platform, with worker threads. They do not keep the process from ending, and end by themselves some seconds after
 * the last batch; `close()` ends them at once.
 */
export class DataLoader extends CoreLoader {
  readonly workers: number

  constructor(source: SampleSource, { workers = 0, ...options }: DataLoaderOptions = {}) {
    if (!(Number.isInteger(workers) && workers >= 0 && workers <= mostWorkers)) {
      throw new UsageError(`workers must be a whole number from 0 to ${mostWorkers}, not ${workers}`)
    }
    if (workers > 0 && source.share === undefined) {
      throw new UsageError('this source of samples cannot be read by other threads (it has no share()); use 0 workers')
    }
    super(source, { prefetch: 2 * workers, ...options })
    this.workers = workers
  }

  protected override createMaker(): BatchMaker {
    const source = this.workers === 0 ? undefined : this.source.share?.()
    if (source === undefined) return super.createMaker()
    return new WorkerPool(this.workers, { source, transforms: this.transforms.map(recipeOf), seed: this.seed })
  }
}
