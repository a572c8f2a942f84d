// How the bars read: lines for the terminal, and the part of docs/performance.md.

import { type Bar, barsOf, missing } from './bars.ts'
import type { Results } from './results.ts'
import { table } from './table.ts'

/** Lines for the terminal, those that are missed last. */
export function formatBars(bars: readonly Bar[]): string[] {
  if (bars.length === 0) return []
  const line = ({ what, found, wanted, met }: Bar): string =>
    `${met ? 'met   ' : 'MISSED'} ${what}: ${found}, wanted ${wanted}`
  const ordered = [...bars.filter(({ met }) => met), ...bars.filter(({ met }) => !met)]
  return [...ordered.map(line), summary(bars)]
}

function summary(bars: readonly Bar[]): string {
  return `${bars.filter(({ met }) => met).length} of ${bars.length} bars that were measured are met`
}

/** The part of docs/performance.md. */
export function barsPage(results: Results): string {
  const bars = barsOf(results)
  const left = missing(results)
  const lines = bars.map(({ what, found, wanted, met, command }) => [
    what,
    found,
    wanted,
    met ? 'yes' : '**no**',
    `\`${command}\``,
  ])
  return [
    '## Bars',
    `What the project wants of itself, and what the latest run of each row found: ${summary(bars)}. A ratio to PyTorch that would take more than 85 % of the machine's peak of multiply-adds counts as met at 85 %. The last column are the arguments of \`npm run bench --\` that measure a row alone.`,
    table(['what', 'found', 'wanted', 'met', 'command'], lines),
    ...(left.length === 0 ? [] : [`Not measured in what this page was written from: ${left.join('; ')}.`]),
  ].join('\n\n')
}
