// Colour only where it is wanted, and numbers as people read them.

import { describe, expect, it } from 'vitest'
import { formatCount, formatSeconds, formatShare, styleFor } from '../../../src/cli/terminal.ts'

describe('styleFor', () => {
  it('colours a terminal, and nothing where NO_COLOR is set, the terminal is dumb or output is piped', () => {
    expect(styleFor({ isTTY: true }, {}).bold('x')).toBe('\u001b[1mx\u001b[22m')
    expect(styleFor({ isTTY: true }, { NO_COLOR: '1' }).bold('x')).toBe('x')
    expect(styleFor({ isTTY: true }, { TERM: 'dumb' }).bold('x')).toBe('x')
    expect(styleFor({ isTTY: false }, {}).bold('x')).toBe('x')
  })
})

describe('numbers', () => {
  it('read as people say them', () => {
    expect([0.04, 9.94, 9.96, 59.4, 59.6, 185].map(formatSeconds)).toEqual([
      '0.0 s',
      '9.9 s',
      '10 s',
      '59 s',
      '1 min 0 s',
      '3 min 5 s',
    ])
    expect(formatShare(0.9135)).toBe('91.3 %')
    expect(formatCount(10800)).toBe('10,800')
  })
})
