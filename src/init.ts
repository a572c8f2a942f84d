// Choosing the device. Without a call the fastest device starts by itself when it is first needed.

import { UsageError } from './core/errors.ts'
import type { DeviceName } from './devices/device.ts'
import { deviceNames, useDevice } from './devices/registry.ts'

export interface InitOptions {
  /**
   * `wasm` (default), `native` (AVX2 or AVX-512 on x64 Linux and macOS, in Node, where the optional package koffi is installed) or
   * `reference` (slow: plain TypeScript in f64, for checking).
   */
  readonly device?: DeviceName
  /** Worker threads; only 1 exists so far. */
  readonly threads?: number
}

/** Starts the device; the fastest there is when none is named. */
export async function init(options: InitOptions = {}): Promise<void> {
  if (options.threads !== undefined && options.threads !== 1) {
    throw new UsageError(`init: threads is ${options.threads}; this version runs on 1 thread`)
  }
  useDevice(options.device ?? (deviceNames[0] as DeviceName))
}
