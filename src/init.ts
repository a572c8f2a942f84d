// Choosing the device and its threads. Without a call the fastest device starts by itself when it is first needed.

import type { DeviceName } from './devices/device.ts'
import { useDevice } from './devices/registry.ts'

export interface InitOptions {
  /**
   * `native` (AVX2 or AVX-512; the default in Node on x64 Linux and macOS where the optional package koffi is installed), `wasm` (the
   * default elsewhere) or `reference` (slow: plain TypeScript in f64, for checking).
   */
  readonly device?: DeviceName
  /**
   * Threads that share the work of large programs, the caller's among them. Default: one per core of the processor, at most 16; 1 where
   * threads cannot share memory. Results have the same bits for any number.
   */
  readonly threads?: number
}

/**
 * Starts the device, the fastest there is when none is named, and its threads. May be called again with other choices: variables move with
 * their values, and programs are made anew. Throws DeviceError where the device cannot run, UsageError for a number of threads that makes no sense.
 */
export async function init({ device, threads }: InitOptions = {}): Promise<void> {
  const chosen = useDevice(device)
  if (threads !== undefined) await chosen.useThreads(threads)
}
