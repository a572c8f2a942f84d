// A chart of cost per multiply-add over sizes, both axes logarithmic, as an SVG file.

import { type Markup, markup } from '../../src/cli/report/markup.ts'
import { chartStyle } from '../../src/cli/report/style.ts'
import type { Point } from './measure.ts'

/** In user units; text is 13 units high, so that it reads where the chart is as wide as a phone. */
const size = { width: 560, height: 360 } as const
const frame = { left: 60, right: 534, top: 82, bottom: 300 } as const

export interface ChartOptions {
  readonly title: string
  readonly axis: string
  /** At most two lines, by label. */
  readonly lines: ReadonlyMap<string, readonly Pick<Point, 'size' | 'cost'>[]>
}

export function growthChart({ title, axis, lines }: ChartOptions): string {
  const points = [...lines.values()].flat()
  const xs = points.map(({ size }) => size)
  const costs = points.map(({ cost }) => cost)
  const costTicks = logarithmicTicks(Math.min(...costs), Math.max(...costs))
  const x = scale(Math.min(...xs), Math.max(...xs), frame.left, frame.right)
  const y = scale(costTicks[0] as number, costTicks.at(-1) as number, frame.bottom, frame.top)
  const doublings = Array.from({ length: 11 }, (_, i) => 2 ** i).filter(
    (size) => size >= Math.min(...xs) && size <= Math.max(...xs),
  )
  const sheet = markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="${title}: nanoseconds per multiply-add over ${axis}">
<style>${chartStyle}</style>
<rect class="ground" width="100%" height="100%"/>
<g class="chart">
<text class="title" x="${frame.left}" y="24">${title}</text>
<text class="faint" x="${frame.left}" y="46">nanoseconds per multiply-add, less is better; both axes logarithmic</text>
${[...lines.keys()].map((label, i) => markup`<line class="series-${i}" x1="${frame.left + 100 * i}" x2="${frame.left + 18 + 100 * i}" y1="62" y2="62"/><text x="${frame.left + 24 + 100 * i}" y="66">${label}</text>`)}
${costTicks.map((cost) => markup`<line class="grid" x1="${frame.left}" x2="${frame.right}" y1="${y(cost)}" y2="${y(cost)}"/><text x="${frame.left - 8}" y="${y(cost) + 4}" text-anchor="end">${String(cost)}</text>`)}
${doublings.map((size) => markup`<line class="grid" x1="${x(size)}" x2="${x(size)}" y1="${frame.bottom}" y2="${frame.bottom + 5}"/><text x="${x(size)}" y="${frame.bottom + 20}" text-anchor="middle">${size}</text>`)}
<text class="faint" x="${(frame.left + frame.right) / 2}" y="${frame.bottom + 42}" text-anchor="middle">${axis}</text>
${[...lines.values()].map((series, i) => polyline(series, i, x, y))}
</g>
</svg>
`
  return sheet.text
}

/** 1, 2 and 5 times powers of ten, from at or below `low` to at or above `high`; at least two. */
export function logarithmicTicks(low: number, high: number): number[] {
  const powers = Array.from(
    { length: Math.ceil(Math.log10(high / low)) + 3 },
    (_, i) => Math.floor(Math.log10(low)) + i,
  )
  const round = powers.flatMap((power) => [1, 2, 5].map((factor) => Number(`${factor}e${power}`)))
  const first = round.findLastIndex((tick) => tick <= low)
  const last = round.findIndex((tick, i) => tick >= high && i > first)
  return round.slice(first, last + 1)
}

/** From a range of values to a range of places, logarithmic. */
function scale(low: number, high: number, from: number, to: number): (value: number) => number {
  return (value) => from + (Math.log(value / low) / Math.log(high / low)) * (to - from)
}

function polyline(
  series: readonly Pick<Point, 'size' | 'cost'>[],
  index: number,
  x: (size: number) => number,
  y: (cost: number) => number,
): Markup {
  const places = series.map(({ size, cost }) => markup`${x(size)},${y(cost)} `)
  return markup`<polyline class="series-${index}" points="${places}"/>`
}
