// Ctrl-C: the first asks the work to stop between two steps and save, a second one ends the process at once.

import { exitCodes, Interrupted } from './failures.ts'

const signals = ['SIGINT', 'SIGTERM'] as const

/** Does work that can be interrupted. Where it was, `save` is called and Interrupted thrown instead of what the work throws. */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  save: () => Promise<void> = async () => {},
): Promise<Result> {
  const controller = new AbortController()
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted)
    controller.abort()
  }
  for (const name of signals) process.on(name, interrupt)
  try {
    return await work(controller.signal)
  } catch (error) {
    if (!controller.signal.aborted || error !== controller.signal.reason) throw error
    await save()
    throw new Interrupted('interrupted')
  } finally {
    for (const name of signals) process.off(name, interrupt)
  }
}
