// The part of docs/performance.md about growth: charts, and the shapes that cost more than their neighbours.

import { table } from '../comparison/page.ts'
import { growthChart } from './chart.ts'
import { measureFamily, mostOutstanding, type Point, slowest } from './measure.ts'
import { families } from './shapes.ts'

export interface GrowthReport {
  /** Markdown; empty where nothing was measured. */
  readonly text: string
  /** SVG by file name. */
  readonly charts: ReadonlyMap<string, string>
}

export async function reportGrowth(say: (line: string) => void): Promise<GrowthReport> {
  const charts = new Map<string, string>()
  const all: (Point & { readonly device: string; readonly title: string })[] = []
  for (const family of families) {
    const lines = new Map<string, Point[]>()
    for (const device of ['native', 'wasm'] as const) {
      const points = await measureFamily(family, device)
      lines.set(device, points)
      all.push(...points.map((point) => ({ ...point, device, title: family.title })))
      const [worst] = slowest(points, 1)
      say(`${family.title}, ${device}: ${points.length} sizes, most outstanding ${describe(worst as Point)}`)
    }
    charts.set(`${family.name}.svg`, growthChart({ title: family.title, axis: family.axis, lines }))
  }
  const above = all.filter(({ standsOut }) => standsOut > mostOutstanding).length
  const worst = slowest(all, 3) as typeof all
  const text = [
    '## Growth with the shape',
    `Time of a training step per multiply-add on one thread, against batch and channels, round and awkward sizes. ${above === 0 ? `No size costs more than ${mostOutstanding} times the mean of its two neighbours` : `${above} of ${all.length} sizes cost more than ${mostOutstanding} times the mean of their two neighbours`}. The three that stand out most:`,
    table(
      ['what', 'device', 'size', 'ms', 'ns per multiply-add', 'over the mean of its neighbours'],
      worst.map(({ title, device, size, ms, cost, standsOut }) => [
        title,
        device,
        String(size),
        ms.toPrecision(3),
        cost.toPrecision(3),
        standsOut.toFixed(2),
      ]),
    ),
    ...families.map(({ name, title }) => `![${title}](performance/${name}.svg)`),
  ].join('\n\n')
  return { text, charts }
}

function describe({ size, standsOut }: Point): string {
  return `${size}, ${standsOut.toFixed(2)} times its neighbours`
}
