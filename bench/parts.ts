// What can be measured alone, by name; each part's code is loaded when it is asked for.

import type { Findings } from './comparison/results.ts'
import type { Clock } from './timing.ts'

/** The outside world. */
export interface Surroundings {
  readonly say: (line: string) => void
  readonly write: (file: string, text: string) => void
}

export interface PartOptions extends Surroundings {
  readonly python: string
  readonly clock: Clock
  /** Other Nodes than this one. */
  readonly node: readonly string[]
}

/** What a part found, for bench/results.json, and its charts by name. */
export interface PartResult {
  readonly found?: Findings
  readonly charts?: ReadonlyMap<string, string>
}

export interface Part {
  readonly about: string
  readonly run: (options: PartOptions) => Promise<PartResult>
}

export type PartName =
  | 'scaling'
  | 'growth'
  | 'product'
  | 'loading'
  | 'start'
  | 'step'
  | 'native'
  | 'memory'
  | 'standin'
  | 'page'

export const parts: Readonly<Record<PartName, Part>> = {
  scaling: {
    about: 'two threads on W4 and W5 against what two cores gain on bare multiply-adds',
    run: async ({ say }) => {
      const { measureScaling } = await import('./scaling.ts')
      return { found: { scaling: await measureScaling(say) } }
    },
  },
  growth: {
    about: 'step time against batch and channels, with charts, and why the slowest shapes are slow',
    run: async ({ say, clock }) => {
      const { measureGrowth } = await import('./growth/report.ts')
      const { points, explanations, charts } = await measureGrowth(say, clock)
      return { found: { growth: points, explanations }, charts }
    },
  },
  product: {
    about: 'matrix products on WebAssembly as a share of the peak, in this Node and in those of --node',
    run: async ({ say, node, clock }) => {
      const { formatProduct, measureProducts, measureProductsWith } = await import('./product.ts')
      const products = [...(await measureProducts(clock)), ...node.flatMap((path) => measureProductsWith(path, clock))]
      for (const product of products) say(formatProduct(product))
      return { found: { products } }
    },
  },
  loading: {
    about: 'images that the loader prepares per second on one core, beside those of a step of W5',
    run: async ({ say }) => {
      const { formatLoading, measureLoading } = await import('./loading.ts')
      const loading = await measureLoading()
      say(formatLoading(loading))
      return { found: { loading } }
    },
  },
  start: {
    about: 'from the start of a process to the end of its first training step, ours and PyTorch’s',
    run: async ({ say, python }) => {
      const { formatFirstStep, measureFirstSteps } = await import('./comparison/first-step.ts')
      const firstSteps = measureFirstSteps(python, say)
      for (const one of firstSteps) say(formatFirstStep(one))
      return { found: { firstSteps } }
    },
  },
  step: {
    about: 'one training step of 1024-64-36 on WebAssembly',
    run: async ({ say }) => {
      const { benchStep } = await import('./step.ts')
      for (const line of await benchStep()) say(line)
      return {}
    },
  },
  native: {
    about: 'the same step on the native device',
    run: async ({ say }) => {
      const { benchNativeStep } = await import('./step.ts')
      for (const line of await benchNativeStep()) say(line)
      return {}
    },
  },
  memory: {
    about: 'resident memory over 10,000 steps',
    run: async ({ say }) => {
      const { benchMemory } = await import('./memory.ts')
      for (const line of await benchMemory()) say(line)
      return {}
    },
  },
  standin: {
    about: 'accuracy of 1024-64-36 on nist36-standin, five seeds',
    run: async ({ say }) => {
      const { benchStandin } = await import('./standin.ts')
      for (const line of await benchStandin()) say(line)
      return {}
    },
  },
  page: {
    about: 'writes docs/performance.md anew from bench/results.json, and says which bars are met',
    run: async () => ({ found: {} }),
  },
}

/** Those that belong to the whole run, beside the comparison. */
export const wholeRunParts: readonly PartName[] = ['start', 'scaling', 'product', 'loading', 'growth']

export function isPart(name: string): name is PartName {
  return Object.hasOwn(parts, name)
}
