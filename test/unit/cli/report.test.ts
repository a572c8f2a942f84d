// The pieces of reports: markup that escapes, ticks at round numbers, lines where the numbers are, counts of confusions, pictures.

import { describe, expect, it } from 'vitest'
import { countConfusion, mistaken, mostConfused, pairText } from '../../../src/cli/report/confusion.ts'
import { confusionMatrix } from '../../../src/cli/report/confusion-matrix.ts'
import { chartFile, lineChart, roundTicks } from '../../../src/cli/report/line-chart.ts'
import { markup } from '../../../src/cli/report/markup.ts'
import { letterStrip, weightSheet } from '../../../src/cli/report/pictures.ts'
import { chartStyle } from '../../../src/cli/report/style.ts'

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

  const perCent = (values: readonly number[], valid: readonly number[] = []) =>
    lineChart({
      title: 'Accuracy',
      series: [
        { label: 'train', values },
        { label: 'valid', values: valid },
      ],
      format: (value, digits) => `${(100 * value).toFixed(Math.max(0, digits - 2))} %`,
      most: 1,
    }).text

  it('has no two ticks that read the same, and names the last values with a digit more', () => {
    const text = perCent([0.981, 0.9913, 0.9958])
    const ticks = [...text.matchAll(/text-anchor="end">([^<]*%)</g)].map(([, tick]) => tick)
    expect(ticks).toEqual(['98.0 %', '98.5 %', '99.0 %', '99.5 %', '100.0 %'])
    expect(text).toContain('>train, last 99.58 %<')
  })

  it('leaves out a part that was never measured', () => {
    const text = perCent([0.5, 0.75], [Number.NaN, Number.NaN])
    expect(text).toContain('train, last 75.0 %')
    expect(text).not.toMatch(/NaN|valid/)
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
    expect(pairText(pairs[0]!, confusion.classes)).toBe('O as 0: 2, 0 as O: 1')
    expect(pairText({ a: 0, b: 2, aAsB: 0, bAsA: 4 }, confusion.classes)).toBe('S as O: 4')
  })
})

describe('confusion matrix', () => {
  const matrix = (classes: number, count: number) => {
    const names = Array.from({ length: classes }, (_, i) => `class ${i}`)
    const counts = names.map((_, truth) => names.map((_, found) => (truth === found ? count : 0)))
    return confusionMatrix(
      { classes: names, counts },
      names.map((_, i) => String(i)),
    ).text
  }
  const widest = (text: string): number => Number(text.match(/max-width:([\d.]+)px/)?.[1])
  const narrowest = (text: string): number => Number(text.match(/min-width:([\d.]+)px/)?.[1])

  it('says what its rows and columns are, and names classes in full where one points', () => {
    const text = confusionMatrix(
      {
        classes: ['cat', 'dog'],
        counts: [
          [3, 1],
          [0, 2],
        ],
      },
      ['0', '1'],
    ).text
    expect(text).toContain('>true class<')
    expect(text).toContain('>taken for<')
    expect(text).toContain('<title>cat taken for dog: 1 of 4</title>')
    expect(text).toContain('<title>dog right: 2 of 2</title>')
    expect(text).toMatch(/y="29">0</)
    expect(text).toContain('class="names"')
    // Names of two letters side by side need smaller type.
    expect(matrix(17, 5)).toContain('class="names long"')
  })

  it('is not blown up for few classes, and fits a phone with as many as letters and digits', () => {
    expect(widest(matrix(10, 5))).toBeLessThan(360)
    // A card on a screen of 390 pixels has room for 332.
    expect(narrowest(matrix(36, 5))).toBeLessThan(332)
    expect(matrix(36, 5)).toContain('class="matrix crowded"')
    expect(matrix(10, 5)).toContain('class="matrix"')
  })

  it.each([7, 42, 980, 1135, 69_793])('keeps %d within its cell of 16 units', (count) => {
    const size = Number(matrix(2, count).match(/class="count" style="font-size:([\d.]+)px"/)?.[1] ?? 8.5)
    // Digits of common typefaces are up to 0.64 of their size wide.
    expect(String(count).length * 0.64 * size).toBeLessThan(16)
  })
})

describe('colours', () => {
  const schemes = chartStyle.text.split('@media')
  const value = (scheme: string, name: string): string => scheme.match(new RegExp(`--${name}: ([^;]+);`))?.[1] ?? ''
  const hex = (text: string): number[] => (text.match(/[\da-f]{2}/g) ?? []).map((pair) => Number.parseInt(pair, 16))

  /** Relative luminance and contrast as WCAG 2 defines them. */
  const luminance = (colour: readonly number[]): number => {
    const [red = 0, green = 0, blue = 0] = colour.map((byte) => {
      const share = byte / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const contrast = (a: readonly number[], b: readonly number[]): number => {
    const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((first, second) => first - second)
    return (high + 0.05) / (low + 0.05)
  }

  describe.each(['light', 'dark'] as const)('%s', (name) => {
    const scheme = schemes[name === 'light' ? 0 : 1] ?? ''
    const of = (colour: string): number[] => hex(value(scheme, colour))

    it.each(['ground', 'card'])('text reads on the %s: contrast of 4.5', (ground) => {
      for (const text of ['ink', 'faint', 'wrong']) expect(contrast(of(text), of(ground))).toBeGreaterThan(4.5)
    })

    it.each(['ground', 'card'])('lines stand out from the %s: contrast of 3', (ground) => {
      for (const line of ['first', 'second']) expect(contrast(of(line), of(ground))).toBeGreaterThan(3)
    })

    // All of class 0 is wrong, class 1 is right but for one, of class 2 one is right.
    const { text } = confusionMatrix({
      classes: ['a', 'b', 'c'],
      counts: [
        [0, 100, 0],
        [1, 99, 0],
        [0, 99, 1],
      ],
    })

    it.each(['heat', 'diagonal'])(
      'counts read on cells of the colour %s, faint and strong: contrast of 4.5',
      (colour) => {
        const strengths = [...text.matchAll(new RegExp(`--${colour}\\)/([\\d.]+)`, 'g'))].map(([, strength]) =>
          Number(strength),
        )
        expect(strengths.length).toBeGreaterThan(1)
        const full = value(scheme, colour).split(' ').map(Number)
        for (const strength of strengths) {
          const cell = of('card').map((byte, i) => byte + strength * ((full[i] ?? 0) - byte))
          expect(contrast(of('ink'), cell)).toBeGreaterThan(4.5)
        }
      },
    )
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
