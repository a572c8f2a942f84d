// How threads meet: the words of memory through which emitted code waits at barriers, and where in a program it does.

/** Places of 32-bit words from the control block's start; those that different threads write lie on lines of their own. */
export const controlWords = {
  /** Threads that have reached the barrier. */
  arrived: 0,
  /** Barriers passed; changes when the last thread arrives. */
  phase: 16,
  /** Not 0: a thread gave up, and nobody waits for it any longer. */
  abort: 32,
  /** Threads of this run. */
  threads: 48,
  /** Native code only: addresses of the system's `sched_yield()` and `usleep(microseconds)`, 8 bytes each. */
  yield: 50,
  sleep: 52,
} as const

/** First word behind those that emitted code knows: the device's own. */
export const firstDeviceWord = 64

/** Bytes of an entry of the argument table: the address of a buffer. */
export const entryBytes = 8

/** Bytes of a kernel's entry in a thread's list of ranges: first slab and the one behind the last, 8 bytes each. */
export const rangeBytes = 16

/** What decides where threads wait, and which function runs a kernel on which entries of the table. */
export interface SharedKernel {
  /** The number of an earlier kernel whose function it runs; a function of its own when absent. */
  readonly code?: number
  /** Entries of the argument table before its own; 0 when absent. */
  readonly firstEntry?: number
  /** Threads share its slabs; else the first thread runs it alone. */
  readonly shared?: boolean
}

/** Must all threads wait for each other after kernel `index`? Not between two that the first thread runs, nor after its last. */
export function waitsAfter(kernels: readonly SharedKernel[], index: number): boolean {
  if (kernels[index]?.shared === true) return true
  return kernels[index + 1]?.shared === true
}

/** How long a thread waits for the others before it takes them for lost: kernels that long do not exist. */
export const longestWaitSeconds = 600
