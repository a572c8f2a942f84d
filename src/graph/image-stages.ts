// A kernel over images: operands are made, contracted, and what was computed is reduced or computed on, while an image's data stay in cache.

import type { Stage } from '../kernels/kernel.ts'
import type { OpNode } from '../ops/node.ts'
import { forward, phases, weightGradient } from './convolutions.ts'
import { elementwiseStage } from './elementwise.ts'
import type { Group } from './fuse.ts'
import { imagesOver } from './image-rules.ts'
import { LocalValues } from './local-values.ts'
import { reductionNames } from './op-roles.ts'
import { overlapStages } from './overlaps.ts'
import type { Places } from './places.ts'
import { joinReductions, reduceStages } from './reductions.ts'
import { bySlab, type SlabStages, shareImages } from './slabs.ts'

/** Stages of a group that is no convolution, over all images. */
function stagesOver(group: Group, places: Places): Stage[] {
  const { name } = group.root.op
  if (name === 'overlapAdd') return overlapStages(group, places)
  return reductionNames.has(name) ? reduceStages(group, places) : [elementwiseStage(group, places)]
}

/** `local`: results that only later groups read. */
export function imageStages(groups: readonly Group[], local: readonly OpNode[], outer: Places): SlabStages {
  const summed = groups.find(({ root }) => root.op.name === 'chunkedWeightGradient')?.root
  const images = imagesOver((groups[0] as Group).root)
  const { slabs, steps } =
    summed === undefined
      ? shareImages(images)
      : { slabs: summed.shape[0] as number, steps: images / (summed.shape[0] as number) }
  const locals = new LocalValues(outer, steps)
  for (const result of local) locals.keep(result)
  const { places } = locals
  const opening: Stage[] = []
  const stages: Stage[] = []
  for (const group of groups) {
    const { root } = group
    const made = locals.make(group)
    opening.push(...made.opening)
    stages.push(...made.stages)
    if (root.op.name === 'chunkedWeightGradient') {
      const gradient = weightGradient(group, places, steps)
      opening.push(gradient.opening)
      stages.push(gradient.adding)
    } else {
      const over =
        root.op.name === 'convolution'
          ? [forward(group, places)]
          : root.op.name === 'phaseConvolution'
            ? phases(group, places)
            : stagesOver(group, places)
      stages.push(...over.map((stage) => bySlab(stage, steps)))
    }
  }
  return { slabs, steps, opening, stages: joinReductions(stages) }
}
