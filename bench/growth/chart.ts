// A chart of cost per multiply-add over sizes, both axes logarithmic, as an SVG file.

import { type Markup, markup } from '../../src/cli/report/markup.ts'
import { chartStyle } from '../../src/cli/report/style.ts'
import type { Point } from './measure.ts'

const size = { width: 720, height: 360 } as const
const frame = { left: 64, right: 700, top: 44, bottom: 306 } as const

export interface ChartOptions {
  readonly title: string
  readonly axis: string
  /** At most two lines, by label. */
  readonly lines: ReadonlyMap<string, readonly Point[]>
}

export function growthChart({ title, axis, lines }: ChartOptions): string {
  const points = [...lines.values()].flat()
  const xs = points.map(({ size }) => size)
  const costs = points.map(({ cost }) => cost)
  const x = scale(Math.min(...xs), Math.max(...xs), frame.left, frame.right)
  const low = 10 ** Math.floor(Math.log10(Math.min(...costs)))
  const high = 10 ** Math.ceil(Math.log10(Math.max(...costs)))
  const y = scale(low, high, frame.bottom, frame.top)
  const decades = Array.from({ length: Math.round(Math.log10(high / low)) + 1 }, (_, i) => low * 10 ** i)
  const doublings = Array.from({ length: 11 }, (_, i) => 2 ** i).filter(
    (size) => size >= Math.min(...xs) && size <= Math.max(...xs),
  )
  const sheet = markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="${title}">
<style>${chartStyle}</style>
<rect class="ground" width="100%" height="100%"/>
<g class="chart">
<text class="title" x="${frame.left}" y="22">${title}</text>
${[...lines.keys()].map((label, i) => markup`<line class="series-${i}" x1="${frame.right - 200 + 100 * i}" x2="${frame.right - 182 + 100 * i}" y1="17" y2="17"/><text x="${frame.right - 176 + 100 * i}" y="22">${label}</text>`)}
${decades.map((cost) => markup`<line class="grid" x1="${frame.left}" x2="${frame.right}" y1="${y(cost)}" y2="${y(cost)}"/><text x="${frame.left - 8}" y="${y(cost) + 4}" text-anchor="end">${String(Number(cost.toPrecision(1)))}</text>`)}
${doublings.map((size) => markup`<text x="${x(size)}" y="${frame.bottom + 19}" text-anchor="middle">${size}</text>`)}
<text class="faint" x="${(frame.left + frame.right) / 2}" y="${frame.bottom + 40}" text-anchor="middle">${axis}; upwards: nanoseconds per multiply-add</text>
${[...lines.values()].map((series, i) => polyline(series, i, x, y))}
</g>
</svg>
`
  return sheet.text
}

/** From a range of values to a range of places, logarithmic. */
function scale(low: number, high: number, from: number, to: number): (value: number) => number {
  return (value) => from + (Math.log(value / low) / Math.log(high / low)) * (to - from)
}

function polyline(
  series: readonly Point[],
  index: number,
  x: (size: number) => number,
  y: (cost: number) => number,
): Markup {
  const places = series.map(({ size, cost }) => markup`${x(size)},${y(cost)} `)
  return markup`<polyline class="series-${index}" points="${places}"/>`
}
