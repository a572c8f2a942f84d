// The part of docs/performance.md about growth: charts, and the shapes that cost more than their neighbours, with the reason.

import { mostOutstanding } from '../comparison/bars.ts'
import { deviceNames } from '../comparison/contestants.ts'
import { milliseconds } from '../comparison/report.ts'
import { table } from '../comparison/table.ts'
import type { Clock } from '../timing.ts'
import { growthChart } from './chart.ts'
import { type GrowthPoint, measureFamily, type Point, slowest } from './measure.ts'
import { type Explanation, explain, explanationPage } from './profile.ts'
import { type Family, families } from './shapes.ts'

export interface Growth {
  readonly points: readonly GrowthPoint[]
  readonly explanations: readonly Explanation[]
  /** SVG by file name. */
  readonly charts: ReadonlyMap<string, string>
}

const explained = 3

/** All families on both devices; then the shapes that stand out most are profiled. */
export async function measureGrowth(say: (line: string) => void, clock: Clock): Promise<Growth> {
  const charts = new Map<string, string>()
  const points: GrowthPoint[] = []
  for (const family of families) {
    const lines = new Map<string, Point[]>()
    for (const device of deviceNames) {
      const found = await measureFamily(family, device, clock)
      lines.set(device, found)
      points.push(...found.map((point) => ({ ...point, device })))
      const [worst] = slowest(found, 1)
      say(`${family.title}, ${device}: ${found.length} sizes, most outstanding ${describe(worst as Point)}`)
    }
    charts.set(`${family.name}.svg`, growthChart({ title: family.title, axis: family.axis, lines }))
  }
  return { points, explanations: slowest(points, explained).map(explain), charts }
}

/** In Markdown. */
export function growthPage({ points, explanations }: Pick<Growth, 'points' | 'explanations'>): string {
  const above = points.filter(({ standsOut }) => standsOut > mostOutstanding)
  const verdict =
    above.length === 0
      ? `No size costs more than ${mostOutstanding} times the mean of its two neighbours.`
      : `${above.length} of ${points.length} sizes cost more than ${mostOutstanding} times the mean of their two neighbours: ${above.map(({ family, device, size, standsOut }) => `${family} ${device} ${size} (${standsOut.toFixed(2)})`).join(', ')}.`
  return [
    '## Growth with the shape',
    `Time of a training step per multiply-add on one thread, against batch and channels, round and awkward sizes, on both devices. ${verdict}`,
    ...families.map(({ name, title }) => `![${title}](performance/${name}.svg)`),
    'Every second doubling, in nanoseconds per multiply-add:',
    ...families.map((family) => familyTable(family, points)),
    `The ${explanations.length} that stand out most, and why. Each was run again with its neighbours under \`OCELLUS_DEBUG=time\`:`,
    ...explanations.map(explanationPage),
  ].join('\n\n')
}

function familyTable({ name, title, axis, sizes }: Family, points: readonly GrowthPoint[]): string {
  const shown = sizes.filter(
    (size) => Number.isInteger(Math.log2(size) / 2) || size === sizes[0] || size === sizes.at(-1),
  )
  const lines = deviceNames.map((device) => [
    device,
    ...shown.map((size) => {
      const point = points.find((point) => point.family === name && point.device === device && point.size === size)
      return point === undefined ? '' : point.cost.toPrecision(3)
    }),
  ])
  return table([`${title}; ${axis}`, ...shown.map(String)], lines)
}

function describe({ size, standsOut, ms }: Point): string {
  return `${size} (${milliseconds(ms)} ms), ${standsOut.toFixed(2)} times its neighbours`
}
