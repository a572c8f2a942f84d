// docs/performance.md: the tables of a whole run, with what they mean.

import type { Workload } from '../workloads/workload.ts'
import type { Row } from './compare.ts'
import { mebibytes } from './footprint.ts'
import { fastest, markdownTable, milliseconds, percent, ratio } from './report.ts'
import type { Results } from './results.ts'

/** The page; `growth` is the part about growth with the shape, in Markdown, or empty where it was not measured. */
export function performancePage(workloads: readonly Workload[], results: Results, growth: string): string {
  const { rows, peaks, footprints, firstSteps, machine, node, versions, failures, load, clock } = results
  const others = load > 0.5 ? ` About ${load.toFixed(1)} other programs ran at the same time.` : ''
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const parts = [
    '# Performance',
    `Measured by \`npm run bench\` on ${machine}, Node ${node}; ${libraries.join(', ')}. This page and \`bench/results.json\` are written by that command.${others}${clock === 'cpu' ? ' Times are those that the process computed, not those of a clock on the wall.' : ''} Shared machines are noisy: read ratios, which come from turns in one run, before milliseconds.`,
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
    ...(failures.length === 0
      ? []
      : ['## What could not be measured', failures.map((failure) => `- ${failure}`).join('\n')]),
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
    ...(growth === '' ? [] : [growth]),
  ]
  return `${parts.join('\n\n')}\n`
}

const method = `A training step is forward, loss, backward and update, with a new batch each call and the loss read; batches are made beforehand. Every
contestant runs in a process of its own. Before a workload is timed all prove that they do the same work, from the same weights and batches
with dropout off: the losses of 10 steps at rate 1e-3 agree to 1e-4, every parameter's gradient of step 1 to 1e-3 of its norm; of inference
and products the outputs agree to 1e-4. PyTorch's losses and gradients are its float64 ones there, because its own rounding in float32 is
larger than these bounds on deep networks; each of its modes must agree with them too, to 1e-3 and 3e-2. Then blocks of calls are timed in
turns, with dropout on and at the workload's own rate, and the median of the blocks counts. PyTorch's optimizers run in their plain or their
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

export function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n')
}
