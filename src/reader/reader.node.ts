// The reader in Node: as on every platform, and with the recognizer that comes with the package.

import { Reader as CoreReader } from './reader.ts'
import { loadRecognizer } from './recognizer.node.ts'

export type { ReaderOptions } from './reader.ts'

export interface LoadReaderOptions {
  /** File of the recognizer (default: the one that comes with the package). */
  readonly model?: string
}

/** Reads pages of hand-printed capitals and digits. */
export class Reader extends CoreReader {
  /**
   * A reader that is ready to read.
   *
   * ```ts
   * const reader = await Reader.load()
   * console.log(reader.read(await decodeGray('page.jpg')).text)
   * ```
   *
   * Throws OcellusError where the recognizer's file cannot be read, FormatError where it is damaged or something else.
   */
  static async load({ model }: LoadReaderOptions = {}): Promise<Reader> {
    return new Reader({ classifier: await loadRecognizer(model) })
  }
}
