// The benchmark's JSON stands as the repository's formatter would leave it, and says the same.

import { expect, it } from 'vitest'
import { asJson } from '../../../bench/comparison/json.ts'

it('writes short arrays of numbers and texts in one line, and nothing else', () => {
  const value = {
    size: [256, -1e-7, 3],
    names: ['a "b", c'],
    rows: [{ ms: [1, 2] }],
    none: [],
    long: ['x'.repeat(130)],
  }
  const text = asJson(value)
  expect(JSON.parse(text)).toEqual(value)
  expect(text).toContain('  "size": [256, -1e-7, 3],\n')
  expect(text).toContain('  "names": ["a \\"b\\", c"],\n')
  expect(text).toContain('      "ms": [1, 2]\n')
  expect(text).toContain('"long": [\n')
})
