// Keeps a long computation from freezing its surroundings: timers, input, signals and servers run in between.

/** Longest stretch without a pause, in milliseconds. The promise is 50: half of it is left for one long step. */
const stretch = 25

export class Breather {
  #last: number = performance.now()

  /** Gives way to other tasks if that is due; call it between steps. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#last < stretch) return
    await nextTask()
    this.#last = performance.now()
  }
}

/** Resolves in a task of its own, after those that wait. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
