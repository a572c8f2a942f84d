// `npm run bench`: the figures of the README, measured here and now. `npm run bench -- product step` measures a part.

import { benchColdStart } from './cold-start.ts'
import { benchMemory } from './memory.ts'
import { benchProducts } from './product.ts'
import { benchStandin } from './standin.ts'
import { benchNativeStep, benchStep } from './step.ts'

const parts = {
  product: benchProducts,
  step: benchStep,
  native: benchNativeStep,
  start: benchColdStart,
  memory: benchMemory,
  standin: benchStandin,
} as const

const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !(name in parts))
if (unknown.length > 0) {
  console.error(`there is no part called ${unknown.join(', ')}; choose from ${Object.keys(parts).join(', ')}`)
  process.exit(2)
}
for (const [name, part] of Object.entries(parts)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  for (const line of await part()) console.log(line)
}
