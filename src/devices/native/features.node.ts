// What this processor can run, asked once by emitted code.

import type { Target } from '../../codegen/loop-program.ts'
import { emitPeakLoop, peakFlops } from '../../codegen/x64/peak.ts'
import {
  type CacheSizes,
  cacheSizes,
  emitCpuid,
  emitXgetbv,
  type ProcessorQuery,
  supportedSets,
} from '../../codegen/x64/processor.ts'
import { type InstructionSet, targets } from '../../codegen/x64/target.ts'
import { CodeMemory } from './code-memory.node.ts'
import { loadForeign } from './foreign.node.ts'

interface Processor {
  readonly sets: readonly InstructionSet[]
  readonly caches: CacheSizes | undefined
}

let known: Processor | undefined

/** Instruction sets that the emitter writes and this machine runs, fastest first. Throws DeviceError where no native code can run. */
export function instructionSets(): readonly InstructionSet[] {
  known ??= ask()
  return known.sets
}

/** The target with the caches of this machine. They decide how loops are cut, never in which order numbers are added. */
export function targetHere(set: InstructionSet): Target {
  known ??= ask()
  return { ...targets[set], ...known.caches }
}

function ask(): Processor {
  const foreign = loadForeign()
  const [cpuidCode, xgetbvCode] = [new CodeMemory(emitCpuid()), new CodeMemory(emitXgetbv())]
  const [cpuid, xgetbv] = [cpuidCode.functionAt(0), xgetbvCode.functionAt(0)]
  // Shared memory does not move while its address is in use.
  const answer = new Uint32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer, 0, 4)
  const out = Number(foreign.addressOf(new Uint8Array(answer.buffer)))
  const query: ProcessorQuery = {
    cpuid: (leaf, subleaf) => {
      cpuid(leaf, subleaf, out)
      const [eax = 0, ebx = 0, ecx = 0] = answer
      return { eax, ebx, ecx }
    },
    xgetbv: () => {
      xgetbv(0, 0, out)
      return answer[0] ?? 0
    },
  }
  return { sets: supportedSets(query), caches: cacheSizes(query) }
}

/** Peak of f32 multiply-adds on one core, in GFLOP/s, measured for `duration` milliseconds. */
export function measureNativePeak(set: InstructionSet, duration = 30): number {
  const code = new CodeMemory(emitPeakLoop(set))
  const loop = code.functionAt(0)
  const iterations = 20_000
  const end = performance.now() + duration
  let best = Number.POSITIVE_INFINITY
  while (performance.now() < end) {
    const start = performance.now()
    loop(null, 0, iterations)
    best = Math.min(best, performance.now() - start)
  }
  return (peakFlops(set) * iterations) / best / 1e6
}
