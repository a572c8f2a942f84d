import { test } from 'vitest'
import { opTable } from '../../src/ops/table.ts'
import { casesOf } from './device-check.ts'
import { allShapes, viewedShapes, smallShapes } from './shapes.ts'
import { differentiableSamples } from './gradient-check.ts'
test('x', () => {
  let t = 0, v = 0, g = 0
  for (const op of opTable) {
    const c = casesOf(op, allShapes, false), w = casesOf(op, viewedShapes, true)
    t += c.length; v += w.length; g += differentiableSamples(op, smallShapes).length
    const by: Record<string, number> = {}
    for (const k of c) by[k.dtype] = (by[k.dtype] ?? 0) + 1
    console.log(op.name, c.length, w.length, JSON.stringify(by))
  }
  console.log(t, v, g)
})
