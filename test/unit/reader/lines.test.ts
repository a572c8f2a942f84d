// Lines, words and stacked letters from boxes alone, with the truth known.

import { describe, expect, it } from 'vitest'
import { findLines } from '../../../src/reader/lines.ts'
import { joinParts } from '../../../src/reader/parts.ts'
import { joinShapes, type Shape } from '../../../src/reader/shape.ts'
import { cutStacked } from '../../../src/reader/stacked.ts'
import { findSpaces, spaceLevel } from '../../../src/reader/words.ts'
import { block, shapeOf } from './drawing.ts'

/** `count` letters 40 high and 30 wide, 12 apart, on a line that starts at (y, x) and falls by `slope`. */
function line(y: number, x: number, count: number, slope = 0): Shape[] {
  return Array.from({ length: count }, (_, i) => {
    const left = x + 42 * i
    const top = Math.round(y + slope * (left - x))
    return block(top, left, top + 40, left + 30)
  })
}

const shuffled = (shapes: readonly Shape[]): Shape[] => shapes.map((_, i) => shapes[(i * 7 + 3) % shapes.length]!)

describe('findLines', () => {
  it.each([0, 0.08, -0.08])('finds lines that slant by %f, in order', (slope) => {
    // 13 and 20 letters have no divisor in common with 7, so that the shuffle takes each once.
    const lines = [line(200, 50, 13, slope), line(262, 80, 20, slope), line(330, 40, 20, slope)]
    expect(findLines(shuffled(lines.flat().slice(0, 52)), 40).map((found) => found.length)).toEqual([13, 20, 19])
    expect(findLines(lines.flat(), 40)).toEqual(lines)
  })

  it('keeps lines apart that are closer than a letter is high', () => {
    const lines = [line(100, 50, 8), line(148, 50, 8), line(196, 50, 8)]
    expect(findLines(lines.flat(), 40)).toEqual(lines)
  })

  it('goes on after a wide gap, also on a slant', () => {
    const whole = line(300, 50, 20, -0.06)
    const parts = [...whole.slice(0, 6), ...whole.slice(13)]
    const below = line(380, 50, 20, -0.06)
    expect(findLines([...parts, ...below], 40)).toEqual([parts, below])
  })

  it('puts marks into the line whose band they lie in and drops those far from all lines', () => {
    const letters = line(100, 50, 5)
    const stop = block(134, 255, 140, 261)
    const speck = block(300, 100, 306, 106)
    expect(findLines([speck, stop, ...letters], 40)).toEqual([[...letters, stop]])
  })

  it('finds nothing in nothing', () => {
    expect(findLines([], 40)).toEqual([])
  })
})

describe('joinParts', () => {
  it('joins the bars of an E with its post only where they overlap, and a broken S', () => {
    const upper = block(100, 100, 118, 130)
    const lower = block(121, 102, 140, 131)
    expect(joinParts([upper, lower], 40).map((shape) => shape.box)).toEqual([[100, 100, 140, 131]])
  })

  it('leaves letters of two lines apart', () => {
    const shapes = [block(100, 100, 140, 130), block(146, 100, 186, 130)]
    expect(joinParts(shapes, 40)).toHaveLength(2)
  })

  it('leaves a full stop under the arm of a 7 apart', () => {
    const seven = shapeOf(['#####', '...##', '..##.', '.##..', '.##..', '.##..'], { size: 7, y: 100, x: 50 })
    const stop = block(134, 78, 141, 85)
    expect(joinParts([seven, stop], 42)).toHaveLength(2)
  })
})

describe('cutStacked', () => {
  it('cuts letters of two lines apart where they touch, and keeps a large capital', () => {
    const above = line(100, 50, 6)
    const below = line(141, 50, 6)
    const stacked = joinShapes([above[2]!, block(139, 140, 142, 160), below[2]!])
    const shapes = [...above.toSpliced(2, 1), ...below.toSpliced(2, 1), stacked]
    const cut = cutStacked(shapes, 40).filter((shape) => shape.box[1] === stacked.box[1])
    expect(cut.map((shape) => shape.box[0])).toEqual([100, expect.closeTo(141, -1)])
    const heading = [block(10, 50, 90, 100), block(10, 120, 90, 170)]
    expect(cutStacked([...heading, ...above], 40)).toHaveLength(8)
  })
})

describe('findSpaces', () => {
  /** Glyphs 30 wide with these gaps, letters 40 high. */
  const extents = (gaps: readonly number[]): { extents: [number, number][]; height: number } => {
    let x = 0
    const boxes: [number, number][] = [[0, 30]]
    for (const gap of gaps) {
      x += 30 + gap
      boxes.push([x, x + 30])
    }
    return { extents: boxes, height: 40 }
  }

  it.each([
    ['tight', 4, 26],
    ['usual', 10, 38],
    ['wide', 24, 52],
  ])('%s writing: a gap of %i is none, one of %i is a space', (_, gap, space) => {
    const gaps = [gap, gap + 2, space, gap - 2, gap, gap + 3, space + 4, gap, gap - 1, space - 2, gap]
    expect(findSpaces([extents(gaps)])).toEqual([gaps.map((value) => value >= space - 2)])
  })

  it('sees no space in one word and one between two letters far apart', () => {
    expect(findSpaces([extents([6, 8, 7, 5, 9])])).toEqual([[false, false, false, false, false]])
    expect(findSpaces([extents([44])])).toEqual([[true]])
    expect(findSpaces([extents([])])).toEqual([[]])
  })

  it('divides a table of single letters everywhere', () => {
    expect(spaceLevel([0.9, 1.1, 1.3, 1, 1.2, 1.6])).toBeLessThan(0.9)
  })
})
