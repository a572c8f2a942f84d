// Asks the processor what it can do, by emitted code: cpuid, and xgetbv for what the system saves when threads switch.

import { Assembler } from './assembler.ts'
import { integerRegisters } from './operands.ts'
import type { InstructionSet } from './target.ts'

const { rax, rbx, rcx, rdx, rsi, rdi, r8 } = integerRegisters

/** The function (leaf, subleaf, out): writes eax, ebx, ecx, edx as four 32-bit numbers to `out`. */
export function emitCpuid(): Uint8Array<ArrayBuffer> {
  const code = new Assembler()
  code.push(rbx)
  code.move(r8, rdx)
  code.move32(rax, rdi)
  code.move32(rcx, rsi)
  code.cpuid()
  for (const [i, register] of [rax, rbx, rcx, rdx].entries()) code.store32({ base: r8, displacement: 4 * i }, register)
  code.pop(rbx)
  code.return()
  return code.finish()
}

/** The function (register, unused, out): writes the low and the high half of an extended control register to `out`. */
export function emitXgetbv(): Uint8Array<ArrayBuffer> {
  const code = new Assembler()
  code.move(r8, rdx)
  code.move32(rcx, rdi)
  code.xgetbv()
  code.store32({ base: r8, displacement: 0 }, rax)
  code.store32({ base: r8, displacement: 4 }, rdx)
  code.return()
  return code.finish()
}

/** How to ask: the answers of the two functions above. */
export interface ProcessorQuery {
  cpuid(leaf: number, subleaf: number): { readonly eax: number; readonly ebx: number; readonly ecx: number }
  /** Low half of extended control register 0. */
  xgetbv(): number
}

/** Bytes of the caches that a core has to itself; undefined where the processor does not tell. */
export interface CacheSizes {
  readonly l1: number
  readonly l2: number
}

/** Leaves with one cache per subleaf: Intel's, and AMD's in the same form. */
const cacheLeaves = [4, 0x8000001d] as const
const cacheTypes = { none: 0, data: 1, unified: 3 } as const

/** Sizes of the first data cache and the second cache. Fields: Intel SDM volume 2, CPUID leaf 4; AMD APM volume 3, 8000_001D. */
export function cacheSizes({ cpuid }: ProcessorQuery): CacheSizes | undefined {
  for (const leaf of cacheLeaves) {
    if (cpuid(leaf & 0x80000000, 0).eax >>> 0 < leaf) continue
    const sizes = new Map<number, number>()
    for (let subleaf = 0; subleaf < 8; subleaf++) {
      const { eax, ebx, ecx } = cpuid(leaf, subleaf)
      const type = eax & 31
      if (type === cacheTypes.none) break
      const [ways, partitions, line] = [(ebx >>> 22) + 1, ((ebx >>> 12) & 1023) + 1, (ebx & 4095) + 1]
      const isForData = type === cacheTypes.data || type === cacheTypes.unified
      if (isForData) sizes.set((eax >>> 5) & 7, ways * partitions * line * ((ecx >>> 0) + 1))
    }
    const [l1, l2] = [sizes.get(1), sizes.get(2)]
    if (l1 !== undefined && l2 !== undefined) return { l1, l2 }
  }
  return undefined
}

const bit = (word: number, number: number): boolean => ((word >>> number) & 1) === 1

/** Instruction sets that both processor and system support, fastest first. Bits: Intel SDM volume 2, CPUID. */
export function supportedSets({ cpuid, xgetbv }: ProcessorQuery): readonly InstructionSet[] {
  if (cpuid(0, 0).eax < 7) return []
  const basic = cpuid(1, 0).ecx
  const [fma, osxsave, avx] = [bit(basic, 12), bit(basic, 27), bit(basic, 28)]
  if (!fma || !osxsave || !avx) return []
  const saved = xgetbv()
  const extended = cpuid(7, 0).ebx
  // The system saves xmm (1) and ymm (2); for AVX-512 also masks (5) and both parts of the zmm registers (6, 7).
  const avx2 = bit(extended, 5) && [1, 2].every((part) => bit(saved, part))
  // F, DQ, BW, VL.
  const avx512 = avx2 && [16, 17, 30, 31].every((part) => bit(extended, part)) && [5, 6, 7].every((p) => bit(saved, p))
  return [...(avx512 ? (['avx512'] as const) : []), ...(avx2 ? (['avx2'] as const) : [])]
}
