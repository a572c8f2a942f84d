// Rows as text: a line each while the benchmark runs, and the table of docs/performance.md.

import type { Workload } from '../workloads/workload.ts'
import type { Row } from './compare.ts'

export function formatRow({ workload, peer, mode, threads, ms, gflops, peakShare }: Row): string {
  const columns = [
    workload.padEnd(14),
    `${peer} ${mode}`.padEnd(30),
    `${threads} thread${threads === 1 ? ' ' : 's'}`,
    `${milliseconds(ms)} ms`.padStart(12),
    `${gflops.toFixed(1)} GFLOP/s`.padStart(16),
    percent(peakShare).padStart(6),
  ]
  return columns.join(' ')
}

/** Three digits that count. */
export function milliseconds(ms: number): string {
  return ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3)
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`
}

/** The quickest of some rows. */
export function fastest(rows: readonly Row[]): Row | undefined {
  return rows.reduce<Row | undefined>((best, row) => (best === undefined || row.ms < best.ms ? row : best), undefined)
}

/** A peer's fastest time by ours on one device; undefined where one of the two is missing. */
export function ratio(rows: readonly Row[], peer: string, device: string): number | undefined {
  const ours = rows.find((row) => row.peer === 'ocellus' && row.mode === device)
  const theirs = fastest(rows.filter((row) => row.peer === peer))
  return ours === undefined || theirs === undefined ? undefined : theirs.ms / ours.ms
}

/** Ratios of one workload as a sentence. */
export function formatRatios(rows: readonly Row[]): string {
  const peers = [...new Set(rows.map(({ peer }) => peer))].filter((peer) => peer !== 'ocellus')
  const devices = rows.filter(({ peer }) => peer === 'ocellus').map(({ mode }) => mode)
  const parts = peers.flatMap((peer) =>
    devices.flatMap((device) => {
      const value = ratio(rows, peer, device)
      return value === undefined ? [] : [`${peer} / ${device} ${value.toFixed(2)}`]
    }),
  )
  return parts.length === 0 ? '' : `  ratio ${parts.join(', ')}`
}

/** The table of all rows of one thread count, in Markdown; the ratio uses each peer's fastest mode. */
export function markdownTable(workloads: readonly Workload[], rows: readonly Row[]): string {
  const lines = [
    '| workload | who | ms | GFLOP/s | share of peak | time / ours |',
    '| --- | --- | --- | --- | --- | --- |',
  ]
  for (const { name, title } of workloads) {
    const of = rows.filter(({ workload }) => workload === name)
    const ours = fastest(of.filter(({ peer }) => peer === 'ocellus'))
    for (const [i, row] of of.entries()) {
      const quickest = row === fastest(of.filter(({ peer }) => peer === row.peer))
      const who = `${row.peer} ${row.mode}`
      const cells = [
        i === 0 ? `**${name}** ${title}` : '',
        quickest ? `**${who}**` : who,
        milliseconds(row.ms),
        row.gflops.toFixed(1),
        percent(row.peakShare),
        ours === undefined ? '' : (row.ms / ours.ms).toFixed(2),
      ]
      lines.push(`| ${cells.join(' | ')} |`)
    }
  }
  return lines.join('\n')
}
