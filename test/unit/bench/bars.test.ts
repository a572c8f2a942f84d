// Which bars the benchmark takes for met: ratios, the share of the peak that is enough, memory, and nothing that was not measured.

import { describe, expect, it } from 'vitest'
import { type Bar, barsOf } from '../../../bench/comparison/bars.ts'
import { barsPage, formatBars } from '../../../bench/comparison/bars-report.ts'
import type { Row } from '../../../bench/comparison/compare.ts'
import { merged, noResults, type Results } from '../../../bench/comparison/results.ts'

function row(workload: string, peer: string, mode: string, ms: number, more: Partial<Row> = {}): Row {
  return { workload, peer, mode, threads: 1, ms, gflops: 10 / ms, peakShare: 0.5, ...more }
}

function judged(found: Partial<Results>, what: RegExp): Bar | undefined {
  return barsOf(merged(noResults(), found)).find((bar) => what.test(bar.what))
}

/** W5 on native in 100 ms at a share of the peak, PyTorch slower by a ratio; its slow mode does not count. */
function w5(ratio: number, peakShare: number): Row[] {
  return [
    row('W5', 'ocellus', 'native', 100, { peakShare }),
    row('W5', 'torch', 'eager', 900),
    row('W5', 'torch', 'channels-last', 100 * ratio),
  ]
}

describe('the bars', () => {
  it('say nothing of what was not measured', () => {
    expect(barsOf(noResults())).toEqual([])
    expect(formatBars([])).toEqual([])
  })

  it.each([
    [1.6, 0.4, true],
    [1.4, 0.4, false],
    // 1.2 at 86 %: the ratio 1.5 would take 107 % of the peak.
    [1.2, 0.86, true],
    [1.2, 0.84, false],
    // 1.4 at 70 %: the ratio 1.5 would take 75 %, so nothing excuses it.
    [1.4, 0.7, false],
  ])('W5 at a ratio of %f with %f of the peak: %s', (ratio, share, met) => {
    expect(judged({ rows: w5(ratio, share) }, /^W5 native/)?.met).toBe(met)
  })

  it('excuse nothing by the peak where another library than PyTorch is ahead', () => {
    const rows = [
      row('W7-resnet18', 'ocellus', 'native', 40, { peakShare: 0.9 }),
      row('W7-resnet18', 'onnxruntime', 'native', 34),
    ]
    expect(judged({ rows }, /onnxruntime/)).toMatchObject({ met: false, wanted: '>= 0.9' })
  })

  it('compare the JavaScript libraries with ours on WebAssembly', () => {
    const rows = [row('W1', 'ocellus', 'wasm', 0.3), row('W1', 'tfjs', 'wasm', 1.4), row('W1', 'jax', 'wasm', 0.4)]
    expect(judged({ rows }, /tfjs/)?.met).toBe(false)
    const product = [row('W8-256', 'ocellus', 'wasm', 0.6), row('W8-256', 'tfjs', 'wasm', 1.2)]
    expect(judged({ rows: product }, /tfjs/)?.met).toBe(true)
    expect(judged({ rows }, /jax-js/)?.met).toBe(true)
    expect(judged({ rows }, /^W1 wasm$/)?.met).toBe(true)
  })

  it('take the geometric mean only of all six', () => {
    const all = ['W1', 'W2', 'W3', 'W4', 'W5', 'W6'].flatMap((name, i) => [
      row(name, 'ocellus', 'native', 1),
      row(name, 'torch', 'eager', i % 2 === 0 ? 1 : 4.5),
    ])
    expect(judged({ rows: all }, /geometric mean/)).toMatchObject({ found: '2.12', met: true })
    expect(judged({ rows: all.slice(2) }, /geometric mean/)).toBeUndefined()
  })

  it('compare memory with that of PyTorch, workload by workload', () => {
    const footprint = { afterImport: 1, mode: 'native' }
    const footprints = [
      { ...footprint, workload: 'W4', peer: 'ocellus', growth: 300 },
      { ...footprint, workload: 'W4', peer: 'torch', mode: 'eager', growth: 200 },
      { ...footprint, workload: 'W5', peer: 'ocellus', growth: 1 },
    ]
    expect(judged({ footprints }, /^W4 native, growth/)?.met).toBe(false)
    expect(judged({ footprints }, /^W5/)).toBeUndefined()
  })

  it('judge threads by what the machine gains, and shapes by their neighbours', () => {
    const scaling = [{ workload: 'W5', device: 'wasm', ms: [200, 125] as const, gain: 1.6, machineGain: 1.9 }]
    expect(judged({ scaling }, /two threads/)).toMatchObject({ met: false, found: '84 % (1.60 of 1.90)' })
    const point = { family: 'dense-batch', size: 9, ms: 1, cost: 1, device: 'wasm' as const }
    expect(judged({ growth: [{ ...point, standsOut: 1.51 }] }, /growth, wasm/)?.met).toBe(false)
    expect(judged({ growth: [{ ...point, standsOut: 1.5 }] }, /growth, wasm/)?.met).toBe(true)
  })

  it('judge products of squares only, by their medians', () => {
    const product = { node: 'v24.0.0', peak: 100, best: 99, fused: true }
    const products = [
      { ...product, size: [256, 256, 256] as const, median: 83 },
      { ...product, size: [128, 3072, 256] as const, median: 50 },
    ]
    expect(judged({ products }, /Node v24/)?.met).toBe(true)
    expect(judged({ products: products.map((one) => ({ ...one, median: 81 })) }, /Node v24/)?.met).toBe(false)
  })

  it('are counted in the page, and what is missed is said', () => {
    const page = barsPage(merged(noResults(), { rows: w5(1.2, 0.5) }))
    expect(page).toMatch(/0 of 1 bars that were measured are met/)
    expect(page).toMatch(/\*\*no\*\*/)
    expect(page).toMatch(/Not measured .*W4p native against PyTorch;.*scaling; product; growth; memory; start; loading/)
  })
})

describe('a run of a part', () => {
  const known = merged(noResults(), {
    rows: [...w5(1.6, 0.4), row('W1', 'torch', 'eager', 1)],
    failures: ['W5, jax: no'],
  })

  it('takes the place of all times of the workload that were measured before', () => {
    const { rows, failures } = merged(known, { rows: [row('W5', 'ocellus', 'native', 90)] })
    expect(rows.map(({ workload, peer }) => `${workload} ${peer}`)).toEqual(['W1 torch', 'W5 ocellus'])
    expect(failures).toEqual([])
  })

  it('leaves other thread counts and other parts', () => {
    const { rows } = merged(known, { rows: [row('W5', 'ocellus', 'native', 50, { threads: 2 })] })
    expect(rows).toHaveLength(known.rows.length + 1)
    expect(merged(known, { firstSteps: [{ peer: 'ocellus', ms: 1 }] }).rows).toEqual(known.rows)
  })
})
