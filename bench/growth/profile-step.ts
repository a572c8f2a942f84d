// Steps of one shape, for `OCELLUS_DEBUG=time` to tell the time of each kernel: `tsx profile-step.ts DEVICE FAMILY SIZE STEPS`.

import { type DeviceName, init, OcellusError } from '../../src/index.node.ts'
import { families } from './shapes.ts'

const [device, name, size, steps] = process.argv.slice(2)
await init({ device: device as DeviceName, threads: 1 })
const family = families.find((family) => family.name === name)
if (family === undefined) throw new OcellusError(`there is no family of shapes called ${name}`)
const { run, multiplyAdds } = family.step(Number(size))
for (let step = 0; step < Number(steps); step++) run()
console.log(`multiply-adds ${multiplyAdds}`)
process.exit(0)
