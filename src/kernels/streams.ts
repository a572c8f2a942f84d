// What the next image's stages will read from memory: contractions ask for it ahead, line by line between their tiles.

import { bytesOf, type DType } from '../core/dtype.ts'
import { expressionParts, type Kernel, type Stage, stageExpressions } from './kernel.ts'

/** The next image of one buffer, as a run of bytes. */
export interface Stream {
  readonly buffer: number
  readonly dtype: DType
  /** First element of the next image, relative to the running slab and step. */
  readonly offset: number
  readonly slab: number
  readonly step: number
  readonly elements: number
}

/** Images smaller than this are there in time without asking. */
const leastBytes = 4096

/** The largest buffers that a kernel's stages walk image by image, and that it does not write itself. */
export function streamsOf(kernel: Kernel): Stream[] {
  const written = new Set(kernel.stages.flatMap(({ stores }) => stores.map(({ access }) => access.buffer)))
  const found = new Map<number, Stream>()
  const consider = (stage: Stage): void => {
    for (const part of expressionParts(stageExpressions(stage))) {
      if (part.kind !== 'load' || written.has(part.access.buffer)) continue
      const { buffer, slab, step = 0 } = part.access
      const elements = step === 0 ? slab : step
      if (elements * bytesOf(part.dtype) < leastBytes) continue
      // The first access of an image is enough: the others fall into it.
      found.set(buffer, { buffer, dtype: part.dtype, offset: elements, slab, step, elements })
    }
  }
  for (const stage of kernel.stages) consider(stage)
  return [...found.values()]
}
