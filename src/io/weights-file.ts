// What a file of weights holds, whatever its format, and what a format has to offer.

import type { HostTensor } from '../core/host-tensor.ts'
import type { ByteRanges } from './byte-ranges.ts'
import type { WeightsLayout } from './layout.ts'

/** The contents of a file of weights. */
export interface WeightsFile {
  /** Its name in messages. */
  readonly file: string
  /** Name of its format, as `safetensors`. */
  readonly format: string
  /** Tensors by name. */
  readonly tensors: ReadonlyMap<string, HostTensor>
  /** How the weights are arranged; undefined where the file does not say. */
  readonly layout: WeightsLayout | undefined
  /** Free text that goes with the tensors. */
  readonly metadata: Readonly<Record<string, string>>
  /** What was chosen and changed on reading, and what is odd, as sentences. */
  readonly notes: readonly string[]
}

/** What a format finds in a file: all but what is the same for every format. */
export type WeightsContents = Pick<WeightsFile, 'tensors' | 'layout'> & Partial<Pick<WeightsFile, 'metadata' | 'notes'>>

/** What goes into a file. */
export interface WeightsToWrite {
  readonly tensors: ReadonlyMap<string, HostTensor>
  readonly layout: WeightsLayout | undefined
  readonly metadata: Readonly<Record<string, string>>
}

export interface ReadContext {
  /** Name of the file, for messages. */
  readonly file: string
  /** Where the state dict lies in a checkpoint that holds several. */
  readonly entry: string | undefined
}

/** One row of the table of formats. */
export interface WeightsFormat {
  readonly name: string
  /** Endings of names under which such files are written, with the dot. */
  readonly endings: readonly string[]
  /** Whether the bytes are such a file, by what they are; `file` is only for messages of what is damaged beyond recognition. */
  readonly recognises: (bytes: Uint8Array, file: string) => boolean
  /** Throws FormatError that names file and field where the file is damaged. */
  readonly read: (bytes: Uint8Array, context: ReadContext) => WeightsContents
  /** As `read`, but large tensors are read from the source each time that their data are asked for; absent where a format cannot. */
  readonly open?: (source: ByteRanges, context: ReadContext) => WeightsContents
  /** Whether a file may hold several sets of weights, of which the option `entry` chooses one. */
  readonly hasEntries?: true
  /** Absent where the format is read only. */
  readonly write?: (weights: WeightsToWrite) => Uint8Array<ArrayBuffer>
}
