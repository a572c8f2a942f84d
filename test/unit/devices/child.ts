// A process that works with two threads and then ends in one way or another: `child.ts <device> <ending>`.

import { writeSync } from 'node:fs'
import { compile, type DeviceName, full, init, type Tensor } from '../../../src/index.node.ts'

const [device, ending] = process.argv.slice(2)
await init({ device: device as DeviceName, threads: 2 })
const product = compile((a: Tensor, b: Tensor) => a.matmul(b).sum())
const matrix = full([512, 512], 1)
/** A product that threads share: 512 x 512 sums of 512 ones. */
const work = (): void => {
  const total = product(matrix, matrix).item()
  if (total !== 512 ** 3) throw new Error(`the sum is ${total}`)
}
work()
writeSync(1, 'ready\n')
switch (ending) {
  case 'return':
    break
  case 'throw':
    throw new Error('on purpose')
  case 'exit':
    process.exit(7)
    break
  case 'busy':
    // Until a signal ends it: at work most of the time, and with a turn of the event loop in between.
    for (;;) {
      work()
      await new Promise((resolve) => setImmediate(resolve))
    }
  case 'interrupted':
    process.on('SIGINT', () => process.exit(130))
    for (;;) {
      work()
      await new Promise((resolve) => setImmediate(resolve))
    }
}
