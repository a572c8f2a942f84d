// Stages over whole batches become stages of one slab: their first axis, the images, moves to the kernel's loops over slabs and steps.

import type { Stage } from '../kernels/kernel.ts'
import { rewriteStage } from '../kernels/rewrite.ts'

/** Loops of a kernel and what runs in them. */
export interface SlabStages {
  readonly slabs: number
  readonly steps: number
  readonly opening: readonly Stage[]
  readonly stages: readonly Stage[]
}

/** `stage` for one image of the batch that is its first axis: that axis becomes slab and step, `steps` images following each other in a slab. */
export function bySlab(stage: Stage, steps = 1): Stage {
  // A single image of a larger batch has a stride that leads nowhere: slabs may be bands of it later.
  const alone = stage.axes[0] === 1
  const rewritten = rewriteStage(stage, (walk) => {
    const [stride, ...strides] = walk.strides as [number, ...number[]]
    const image = alone ? 0 : stride
    return { ...walk, slab: walk.slab + image * steps, ...(steps > 1 ? { step: image } : {}), strides }
  })
  const axes = stage.axes.slice(1)
  switch (rewritten.kind) {
    case 'materialise':
      return { ...rewritten, axes }
    case 'reduce':
      return { ...rewritten, axes, reduced: rewritten.reduced.slice(1) }
    case 'contract':
      return { ...rewritten, axes, roles: rewritten.roles.slice(1) }
  }
}

/** Slabs at most: enough for as many threads, and few enough that what each does once does not count. */
const mostSlabs = 32

/** Slabs that share images evenly, `steps` images each. */
export function shareImages(images: number): { slabs: number; steps: number } {
  for (let slabs = Math.min(mostSlabs, images); slabs > 1; slabs--)
    if (images % slabs === 0) return { slabs, steps: images / slabs }
  return { slabs: Math.min(1, images), steps: images }
}
