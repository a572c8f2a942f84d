// Line charts as SVG: one line per series over the epochs, ticks at round numbers, the values of the last epoch in the legend.

import { type Markup, markup } from './markup.ts'
import { chartStyle } from './style.ts'

export interface Series {
  readonly label: string
  /** One value per epoch, from epoch 1 on. */
  readonly values: readonly number[]
}

export interface LineChartOptions {
  readonly title: string
  readonly series: readonly Series[]
  /** How values read in the legend and on the axis, with so many digits after the point. */
  readonly format: (value: number, digits: number) => string
  /** Lower and upper end of the axis (default: the smallest and the largest value). */
  readonly least?: number
  readonly most?: number
  /** An epoch to mark, with what to call it. */
  readonly marked?: { readonly epoch: number; readonly label: string; readonly at: 'top' | 'bottom' } | undefined
}

/** Size in user units; text is 13 units high, so that it reads well where the chart is as wide as a phone. */
const chartSize = { width: 440, height: 290 } as const

const frame = { left: 48, right: 424, top: 62, bottom: 250 } as const

/** A chart as an `svg` element; colours come from the styles around it. */
export function lineChart({ title, series: given, format, least, most, marked }: LineChartOptions): Markup {
  // A part that was never measured has no line.
  const series = given.filter(({ values }) => values.length === 0 || values.some(Number.isFinite))
  const epochs = Math.max(1, ...series.map(({ values }) => values.length))
  const all = series.flatMap(({ values }) => values).filter(Number.isFinite)
  const valueTicks = roundTicks(Math.min(...all, least ?? Infinity), Math.max(...all, most ?? -Infinity), 4)
  const digits = digitsOf(valueTicks)
  const low = valueTicks[0] ?? 0
  const high = valueTicks.at(-1) ?? 1
  const x = (epoch: number): number =>
    epochs === 1
      ? (frame.left + frame.right) / 2
      : frame.left + ((epoch - 1) / (epochs - 1)) * (frame.right - frame.left)
  const y = (value: number): number => frame.bottom - ((value - low) / (high - low)) * (frame.bottom - frame.top)
  return markup`<svg class="chart" viewBox="0 0 ${chartSize.width} ${chartSize.height}" role="img" aria-label="${title} over the epochs; ${legendTexts(series, format, digits).join(', ')}">
<text class="title" x="${frame.left}" y="20">${title}</text>
${legend(legendTexts(series, format, digits))}
${valueTicks.map((tick) => markup`<line class="grid" x1="${frame.left}" x2="${frame.right}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${frame.left - 8}" y="${y(tick) + 4}" text-anchor="end">${format(tick, digits)}</text>`)}
${epochTicks(epochs).map((tick) => markup`<text x="${x(tick)}" y="${frame.bottom + 19}" text-anchor="middle">${tick}</text>`)}
<text class="faint" x="${(frame.left + frame.right) / 2}" y="${frame.bottom + 37}" text-anchor="middle">epoch</text>
${marked === undefined || epochs === 1 ? undefined : mark(marked.label, x(marked.epoch), marked.at)}
${series.map(({ values }, i) => line(values, i, x, y))}
</svg>`
}

/** Charts side by side as the text of an SVG file of its own. */
export function chartFile(charts: readonly Markup[]): string {
  const width = chartSize.width * charts.length
  const places = charts.map(
    (chart, i) =>
      markup`<svg x="${i * chartSize.width}" width="${chartSize.width}" height="${chartSize.height}">${chart}</svg>`,
  )
  const sheet = markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${chartSize.height}" width="${width}" height="${chartSize.height}">
<style>${chartStyle}</style>
<rect class="ground" width="100%" height="100%"/>
${places}
</svg>
`
  return sheet.text
}

/** Each line with its last value, with a digit more than the axis has. */
function legendTexts(series: readonly Series[], format: LineChartOptions['format'], digits: number): string[] {
  return series.map(({ label, values }) => {
    const last = values.at(-1)
    return last === undefined ? label : `${label}, last ${format(last, Math.max(3, digits + 1))}`
  })
}

function legend(texts: readonly string[]): Markup[] {
  return texts.map((text, i) => {
    const at = frame.left + i * 190
    return markup`<line class="series-${i}" x1="${at}" x2="${at + 18}" y1="40" y2="40"/><text x="${at + 24}" y="44">${text}</text>`
  })
}

function mark(label: string, x: number, at: 'top' | 'bottom'): Markup {
  const anchor = x > (frame.left + frame.right) / 2 ? 'end' : 'start'
  const gap = anchor === 'end' ? -6 : 6
  return markup`<line class="mark" x1="${x}" x2="${x}" y1="${frame.top}" y2="${frame.bottom}"/><text class="faint" x="${x + gap}" y="${at === 'top' ? frame.top + 12 : frame.bottom - 8}" text-anchor="${anchor}">${label}</text>`
}

function line(
  values: readonly number[],
  i: number,
  x: (epoch: number) => number,
  y: (value: number) => number,
): Markup {
  const points = values.map((value, epoch) => markup`${x(epoch + 1)},${y(value)} `)
  const [only] = values
  if (values.length === 1 && only !== undefined)
    return markup`<circle class="series-${i} dot" cx="${x(1)}" cy="${y(only)}" r="4"/>`
  return markup`<polyline class="series-${i}" points="${points}"/>`
}

/** Round numbers (1, 2, 2.5 or 5 times a power of ten apart) from at or below `low` to at or above `high`, about `count` steps. */
export function roundTicks(low: number, high: number, count: number): number[] {
  if (!(Number.isFinite(low) && Number.isFinite(high))) return [0, 1]
  const span = high > low ? high - low : Math.abs(high) || 1
  const rough = span / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power
  const first = Math.floor(low / step + 1e-9)
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9))
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

/** Digits after the point that tell ticks apart. */
function digitsOf(ticks: readonly number[]): number {
  return Math.max(...ticks.map((tick) => String(tick).split('.')[1]?.length ?? 0))
}

/** The first and last epoch, and round ones between that are not too near to the last. */
function epochTicks(epochs: number): number[] {
  const step = Math.max(1, ...roundTicks(0, epochs, 5).slice(1, 2).map(Math.ceil))
  const between = Array.from({ length: Math.floor(epochs / step) }, (_, i) => (i + 1) * step)
  return [...new Set([1, ...between.filter((tick) => tick > 1 && epochs - tick >= step / 2), epochs])]
}
