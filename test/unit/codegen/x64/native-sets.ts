// The instruction sets that this machine can test; where there are none, one line says why.

import type { InstructionSet } from '../../../../src/codegen/x64/target.ts'
import { DeviceError } from '../../../../src/core/errors.ts'
import { instructionSets } from '../../../../src/devices/native/features.node.ts'

function available(): readonly InstructionSet[] {
  try {
    const sets = instructionSets()
    for (const set of ['avx2', 'avx512'] as const) {
      if (!sets.includes(set)) console.warn(`skipped: this processor has no ${set}`)
    }
    return sets
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error
    console.warn(`skipped: ${error.message}`)
    return []
  }
}

export const nativeSets: readonly InstructionSet[] = available()
