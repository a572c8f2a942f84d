// What a loader's worker thread runs: makes the batches that it is asked for, one after the other.

import { parentPort, workerData } from 'node:worker_threads'
import { fileSource } from './file-source.node.ts'
import { makeBatch } from './make-batch.ts'
import { memoryPixels } from './sample-source.ts'
import { makeTransform } from './transforms/table.ts'
import { messageOf, type WorkerAnswer, type WorkerJob, type WorkerStart } from './worker-messages.ts'

const start: WorkerStart = workerData

async function prepare() {
  const { source, seed } = start
  const transforms = await Promise.all(start.transforms.map(makeTransform))
  const pixels = source.kind === 'memory' ? memoryPixels(source.data, source.shape) : fileSource(source)
  return { source: pixels, transforms, seed }
}

const recipe = prepare()
// Where it failed, each job hears of it.
recipe.catch(() => {})

async function answer(job: WorkerJob): Promise<void> {
  const { number } = job
  try {
    const made = await makeBatch(await recipe, job)
    post({ number, made }, [made.data.buffer])
  } catch (error) {
    post({ number, error: messageOf(error) }, [])
  }
}

function post(message: WorkerAnswer, transferred: readonly ArrayBufferLike[]): void {
  parentPort?.postMessage(
    message,
    transferred.filter((buffer) => buffer instanceof ArrayBuffer),
  )
}

let last: Promise<void> = Promise.resolve()
parentPort?.on('message', (job: WorkerJob) => {
  last = last.then(() => answer(job))
})
