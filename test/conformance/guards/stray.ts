// Touches a guard page, which must end the process: `stray.ts behind|before`.

import { writeSync } from 'node:fs'
import { loadForeign } from '../../../src/devices/native/foreign.node.ts'
import { type GuardedBuffer, GuardedMemory } from './guarded-memory.ts'

const [side] = process.argv.slice(2)
const memory = new GuardedMemory([4096 - 64])
const { address, bytes } = memory.buffers[0] as GuardedBuffer
const byte = new Uint8Array(1)
// The last byte that a vector may read.
loadForeign().read(byte, address + BigInt(bytes + 63))
writeSync(1, 'reads what it may\n')
loadForeign().read(byte, side === 'behind' ? address + BigInt(bytes + 64) : address - 1n)
