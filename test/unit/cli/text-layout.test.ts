// How help and lists fit a terminal.

import { describe, expect, it } from 'vitest'
import { outputWidth, pairLines, wrapParagraphs, wrapWords } from '../../../src/cli/text-layout.ts'

describe('words', () => {
  it('go over lines that are as full as the width lets them be', () => {
    expect(wrapWords('aa bb  cc\ndd', 5)).toEqual(['aa bb', 'cc dd'])
    expect(wrapWords('', 5)).toEqual([])
  })

  it('that are longer than the width have a line of their own', () => {
    expect(wrapWords('a bbbbbbb c', 4)).toEqual(['a', 'bbbbbbb', 'c'])
  })

  it('stay in their paragraphs', () => {
    expect(wrapParagraphs('\none two\nthree\n\nfour\n', 9)).toBe('one two\nthree\n\nfour')
  })
})

describe('pairs', () => {
  const pairs = [
    ['short', 'what it does'],
    ['rather long', ''],
  ] as const

  it('are two columns where they fit', () => {
    expect(pairLines(pairs, 80)).toEqual(['  short        what it does', '  rather long'])
  })

  it('stand one below the other where a line would be too long', () => {
    expect(pairLines(pairs, 20)).toEqual(['  short', '      what it does', '  rather long'])
  })
})

it('the width is that of the terminal, 80 where there is none, and never absurdly small', () => {
  expect([120, 10, undefined, 0].map((columns) => outputWidth({ columns: columns as number }))).toEqual([
    120, 40, 80, 80,
  ])
})
