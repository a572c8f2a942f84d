// The pieces of reports: markup that escapes, ticks at round numbers, lines where the numbers are, counts of confusions, pictures.

import { describe, expect, it } from 'vitest'
import { countConfusion, mistaken, mostConfused } from '../../../src/cli/report/confusion.ts'
import { chartFile, lineChart, roundTicks } from '../../../src/cli/report/line-chart.ts'
import { markup } from '../../../src/cli/report/markup.ts'
import { letterStrip, weightSheet } from '../../../src/cli/report/pictures.ts'

describe('markup', () => {
  it('escapes text, rounds numbers, joins lists, and leaves markup alone', () => {
    const inner = markup`<b>${'<&"\'>'}</b>`
    expect(inner.text).toBe('<b>&lt;&amp;&quot;&#39;&gt;</b>')
    expect(markup`${[inner, 1 / 3, undefined, 'x']}`.text).toBe(`${inner.text}0.33x`)
  })
})

describe('ticks', () => {
  it.each([
    [0, 1, 4, [0, 0.25, 0.5, 0.75, 1]],
    [0, 3.27, 4, [0, 1, 2, 3, 4]],
    [0.15, 1, 4, [0, 0.25, 0.5, 0.75, 1]],
    [-3, 7, 5, [-4, -2, 0, 2, 4, 6, 8]],
    [5, 5, 4, [4, 6]],
    [0, 0, 4, [0, 0.25]],
  ])('from %d to %d in about %d steps', (low, high, count, expected) => {
    const ticks = roundTicks(low, high, count)
    expect(ticks[0]).toBeLessThanOrEqual(low)
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(high)
    if (low < high) expect(ticks).toEqual(expected)
  })
})

describe('line chart', () => {
  const chart = (values: readonly number[]) =>
    lineChart({ title: 'Loss <1>', series: [{ label: 'train', values }], format: String, least: 0 })

  it('draws each value at its epoch and height', () => {
    const { text } = chart([4, 2, 0])
    const [, points = ''] = text.match(/points="([^"]*)"/) ?? []
    const [first, second, third] = points
      .trim()
      .split(' ')
      .map((point) => point.split(',').map(Number)) as [number, number][]
    // Equal steps to the right, equal steps down.
    expect(second![0] - first![0]).toBeCloseTo(third![0] - second![0])
    expect(second![1] - first![1]).toBeCloseTo(third![1] - second![1])
    expect(third![1]).toBeGreaterThan(first![1])
    expect(text).toContain('Loss &lt;1&gt;')
  })

  it('draws a single epoch as a dot, and copes with none', () => {
    expect(chart([1]).text).toContain('<circle')
    expect(chart([]).text).not.toMatch(/NaN|Infinity/)
    expect(chart([1]).text).not.toMatch(/NaN|Infinity/)
  })

  it('as a file is an SVG document with its own style', () => {
    expect(chartFile([chart([1, 2]), chart([2, 1])])).toMatch(
      /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<style>/,
    )
  })
})

describe('confusion', () => {
  const labels = Int32Array.of(0, 0, 0, 1, 1, 2)
  const predictions = Int32Array.of(0, 1, 1, 0, 1, 2)
  const confusion = countConfusion(['O', '0', 'S'], labels, predictions)

  it('counts true classes by found ones', () => {
    expect(confusion.counts).toEqual([
      [1, 2, 0],
      [1, 1, 0],
      [0, 0, 1],
    ])
  })

  it('names the pairs that are confused, both ways together, and their letters', () => {
    const pairs = mostConfused(confusion, 5)
    expect(pairs).toEqual([{ a: 0, b: 1, aAsB: 2, bAsA: 1 }])
    expect(mistaken(pairs[0]!, labels, predictions, 2)).toEqual([1, 2])
  })
})

describe('pictures', () => {
  it('of weights: blue for positive, orange for negative, white for zero, each unit on its own scale', () => {
    // Two units of 2x2 pixels: [1, -1, 0, 0] and [0, 0, 0, 5].
    const sheet = weightSheet(Float32Array.of(1, 0, -1, 0, 0, 0, 0, 5), 2)
    expect([sheet.width, sheet.height]).toEqual([2 + 2 + 2, 2])
    const pixel = (x: number, y: number): number[] => [...sheet.data.subarray(3 * (y * 6 + x), 3 * (y * 6 + x) + 3)]
    const [red, , blue] = pixel(0, 0)
    expect(blue).toBeGreaterThan(red as number)
    const [orangeRed, , orangeBlue] = pixel(1, 0)
    expect(orangeRed).toBeGreaterThan(orangeBlue as number)
    expect(pixel(0, 1)).toEqual([250, 250, 250])
    expect(pixel(5, 1)).toEqual(pixel(0, 0))
  })

  it('of letters: ink is black on white, in bytes and in numbers from 0 to 1', () => {
    const strip = letterStrip([Uint8Array.of(255, 0, 0, 0), Float32Array.of(0, 1, 0, 0)], 2)
    const shades = [...strip.data].filter((_, i) => i % 3 === 0)
    expect(shades).toEqual([0, 255, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255])
  })
})
