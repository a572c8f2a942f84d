// docs/performance.md: the tables of a whole run, with what they mean.

import { growthPage } from '../growth/report.ts'
import { formatLoading } from '../loading.ts'
import { formatProduct } from '../product.ts'
import { formatScaling } from '../scaling.ts'
import type { Workload } from '../workloads/workload.ts'
import { barsPage } from './bars-report.ts'
import type { Row } from './compare.ts'
import { mebibytes } from './footprint.ts'
import { fastest, markdownTable, milliseconds, percent, ratio } from './report.ts'
import type { Results } from './results.ts'
import { table } from './table.ts'

/** The page; parts that were not measured are left out. */
export function performancePage(workloads: readonly Workload[], results: Results): string {
  const { rows, peaks, footprints, firstSteps, machine, node, versions, failures, load, clock } = results
  const others = load > 0.5 ? ` About ${load.toFixed(1)} other programs ran at the same time.` : ''
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const parts = [
    '# Performance',
    `Measured by \`npm run bench\` on ${machine}, Node ${node}; ${libraries.join(', ')}. This page and \`bench/results.json\` are written by that command.${others}${clock === 'cpu' ? ' Times are those that the process computed, not those of a clock on the wall.' : ''} Shared machines are noisy: read ratios, which come from turns in one run, before milliseconds.`,
    barsPage(results),
    '## How it is measured',
    method,
    ...peaks.flatMap(({ threads, widest, wasm }) => [
      `## ${threads === 1 ? 'One thread' : `${threads} threads`}`,
      `Peak of multiply-adds: ${widest.toFixed(0)} GFLOP/s, with 128-bit vectors in WebAssembly ${wasm.toFixed(0)} GFLOP/s, measured by emitted loops in the same run.`,
      summaryTable(
        workloads,
        rows.filter((row) => row.threads === threads),
        wasm / widest,
      ),
      'Every mode of everyone; each one’s fastest is bold:',
      markdownTable(
        workloads,
        rows.filter((row) => row.threads === threads),
      ),
    ]),
    ...(failures.length === 0 ? [] : ['## What could not be measured', list(failures)]),
    ...(footprints.length === 0
      ? []
      : [
          '## Memory',
          'How far the peak of the resident size grows over the size after import, in ten steps or calls, in a process of its own.',
          footprintTable(results),
        ]),
    ...(firstSteps.length === 0
      ? []
      : [
          '## Start',
          `From the start of the process to the end of the first training step of W1, median of cold processes: ${firstSteps.map(({ peer, ms }) => `${peer} ${(ms / 1000).toFixed(2)} s`).join(', ')}.`,
        ]),
    ...(results.scaling.length === 0 ? [] : ['## Two threads', list(results.scaling.map(formatScaling))]),
    ...(results.products.length === 0
      ? []
      : ['## Products on WebAssembly, by Node', list(results.products.map(formatProduct))]),
    ...(results.loading === undefined ? [] : ['## Loading images', list([formatLoading(results.loading)])]),
    ...(results.growth.length === 0
      ? []
      : [growthPage({ points: results.growth, explanations: results.explanations })]),
  ]
  return `${parts.join('\n\n')}\n`
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join('\n')
}

const method = `A training step is forward, loss, backward and update, with a new batch each call and the loss read; batches are made beforehand. Every
contestant runs in a process of its own. Before a workload is timed all prove that they do the same work, from the same weights and batches
with dropout off: the losses of 10 steps at rate 1e-3 agree to 1e-4, every parameter's gradient of step 1 to 1e-3 of its norm; of inference
and products the outputs agree to 1e-4. PyTorch's losses and gradients are its float64 ones there, because its own rounding in float32 is
larger than these bounds on deep networks; each of its modes must agree with them too, to 1e-3 and 3e-2. Where rounding in float32 takes
anybody over the bounds, ours does the work in float64 too: the two must agree to 1e-9, and every float32 run must be as near to that as
PyTorch's. W4p is such a case: of its 4.3 million choices in max pooling ten fall differently in PyTorch's float32 and float64, which moves
gradients by 2e-3 of their norm (with the same choices, by 2e-5), and Adam carries that to 1e-4 of the loss by step 9. Then blocks of calls are
timed in turns, with dropout on and at the workload's own rate, and the median of the blocks counts. PyTorch's optimizers run in their plain or their
fused form, whichever is faster here. GFLOP/s count the multiplications and additions of products and convolutions only, without an input
gradient for the first layer.`

/** Ours beside each one's fastest mode. */
function summaryTable(workloads: readonly Workload[], rows: readonly Row[], wasmShare: number): string {
  const peers = [...new Set(rows.map(({ peer }) => peer))].filter((peer) => peer !== 'ocellus')
  const head = ['workload', 'native ms', 'share of peak', 'wasm ms', 'share of 128-bit peak']
  const headOfPeers = peers.flatMap((peer) => [`${peer} ms`, `/ native`, `/ wasm`])
  const lines = workloads.flatMap(({ name }) => {
    const of = rows.filter(({ workload }) => workload === name)
    if (of.length === 0) return []
    const [native, wasm] = ['native', 'wasm'].map((mode) =>
      of.find((row) => row.peer === 'ocellus' && row.mode === mode),
    )
    const cells = [
      name,
      native === undefined ? '' : milliseconds(native.ms),
      native === undefined ? '' : percent(native.peakShare),
      wasm === undefined ? '' : milliseconds(wasm.ms),
      wasm === undefined ? '' : percent(wasm.peakShare / wasmShare),
      ...peers.flatMap((peer) => {
        const best = fastest(of.filter((row) => row.peer === peer))
        const by = (device: string): string => ratio(of, peer, device)?.toFixed(2) ?? ''
        return best === undefined ? ['', '', ''] : [milliseconds(best.ms), by('native'), by('wasm')]
      }),
    ]
    return [cells]
  })
  return table([...head, ...headOfPeers], lines)
}

function footprintTable({ footprints }: Results): string {
  const names = [...new Set(footprints.map(({ workload }) => workload))]
  const contestants = [...new Set(footprints.map(({ peer, mode }) => `${peer} ${mode}`))]
  return table(
    ['workload', ...contestants],
    names.map((name) => [
      name,
      ...contestants.map((contestant) => {
        const found = footprints.find(
          ({ workload, peer, mode }) => workload === name && `${peer} ${mode}` === contestant,
        )
        return found === undefined ? '' : mebibytes(found.growth)
      }),
    ]),
  )
}
