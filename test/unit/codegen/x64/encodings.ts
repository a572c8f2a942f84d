// One case per encoding form of every instruction that the assembler writes, each with its text in Intel's syntax.

import type { Assembler } from '../../../../src/codegen/x64/assembler.ts'
import { type Encoding, instructions, type VectorInstruction } from '../../../../src/codegen/x64/instructions.ts'
import type { BaseMemory, Operand, VectorWidth } from '../../../../src/codegen/x64/operands.ts'

export interface EncodingCase {
  readonly text: string
  readonly assemble: (code: Assembler) => void
}

/** What an operand is: a register of the instruction's width, of half of it, an xmm, a ymm, a mask, or a 32-bit integer. */
type Kind = 'w' | 'h' | 'x' | 'y' | 'k' | 'd'

interface Spec {
  readonly widths: readonly VectorWidth[]
  readonly operands: readonly Kind[]
  readonly immediate?: number
  /** Bytes of the memory that the last operand (the first of a store) may be; 'full', 'half', 'quarter' of the width. */
  readonly memory?: 'full' | 'half' | 'quarter' | number
  readonly broadcast?: boolean
  readonly masked?: boolean
}

const all: readonly VectorWidth[] = [16, 32, 64]
const three: Spec = { widths: all, operands: ['w', 'w', 'w'], memory: 'full', broadcast: true, masked: true }
const two: Spec = { widths: all, operands: ['w', 'w'], memory: 'full', broadcast: true, masked: true }
const plainMove: Spec = { widths: all, operands: ['w', 'w'], memory: 'full', masked: true }
const blend: Spec = { widths: [16, 32], operands: ['w', 'w', 'w'], memory: 'full' }
const shift: Spec = { widths: all, operands: ['w', 'w'], immediate: 5, masked: true }

const specs: Readonly<Partial<Record<VectorInstruction, Spec>>> = {
  vmovups: { ...plainMove, operands: ['w', 'w'] },
  vmovupsStore: plainMove,
  vmovupdStore: plainMove,
  vmovaps: plainMove,
  vmovapd: plainMove,
  vmovss: { widths: [16], operands: ['x', 'x'], memory: 4 },
  vmovssStore: { widths: [16], operands: ['x', 'x'], memory: 4 },
  vmovsd: { widths: [16], operands: ['x', 'x'], memory: 8 },
  vmovlpsStore: { widths: [16], operands: ['x', 'x'], memory: 8 },
  vmovhps: { widths: [16], operands: ['x', 'x', 'x'], memory: 8 },
  vmovd: { widths: [16], operands: ['x', 'd'], memory: 4 },
  vmovdStore: { widths: [16], operands: ['d', 'x'], memory: 4 },
  vbroadcastss: { widths: all, operands: ['w', 'x'], memory: 4 },
  vbroadcastsd: { widths: [32, 64], operands: ['w', 'x'], memory: 8 },
  vpbroadcastd: { widths: all, operands: ['w', 'x'], memory: 4 },
  vsqrtps: two,
  vsqrtpd: two,
  vpabsd: two,
  vroundps: { ...two, immediate: 9 },
  vroundpd: { ...two, immediate: 10 },
  vpslld: shift,
  vpsrad: shift,
  vpsrld: shift,
  vpsllq: shift,
  vpsrlq: shift,
  vcvtdq2ps: two,
  vcvttps2dq: two,
  vcvtdq2pd: { widths: [32, 64], operands: ['w', 'h'], memory: 'half' },
  vcvtps2pd: { widths: [32, 64], operands: ['w', 'h'], memory: 'half' },
  vcvttpd2dq: { widths: [32, 64], operands: ['h', 'w'], memory: 'full' },
  vcvtpd2ps: { widths: [32, 64], operands: ['h', 'w'], memory: 'full' },
  vpmovzxbd: { widths: all, operands: ['w', 'x'], memory: 'quarter' },
  vpmovsxdq: { widths: [32, 64], operands: ['w', 'h'], memory: 'half' },
  vpmovdb: { widths: all, operands: ['x', 'w'], memory: 'quarter', masked: true },
  vcmpps: { ...blend, immediate: 0x11 },
  vcmppd: { ...blend, immediate: 7 },
  vpcmpeqd: blend,
  vpcmpgtd: blend,
  vblendvps: { widths: [16, 32], operands: ['w', 'w', 'w', 'w'], memory: 'full' },
  vblendvpd: { widths: [16, 32], operands: ['w', 'w', 'w', 'w'], memory: 'full' },
  vblendps: { ...blend, immediate: 6 },
  vblendpd: { ...blend, immediate: 2 },
  vcmppsMask: { ...three, operands: ['k', 'w', 'w'], immediate: 0x12, masked: false },
  vcmppdMask: { ...three, operands: ['k', 'w', 'w'], immediate: 0x1d, masked: false },
  vpcmpd: { ...three, operands: ['k', 'w', 'w'], immediate: 2, masked: false },
  vpcmpud: { ...three, operands: ['k', 'w', 'w'], immediate: 1, masked: false },
  kmovw: { widths: [16], operands: ['k', 'd'] },
  vinsertps: { widths: [16], operands: ['x', 'x', 'x'], immediate: 0x20, memory: 4 },
  vextractps: { widths: [16], operands: ['d', 'x'], immediate: 2, memory: 4 },
  vpinsrb: { widths: [16], operands: ['x', 'x', 'd'], immediate: 9, memory: 1 },
  vpextrb: { widths: [16], operands: ['d', 'x'], immediate: 3, memory: 1 },
  vpshufb: { ...three, broadcast: false },
  vpermilps: { ...two, immediate: 0x0e },
  vshufps: { ...three, immediate: 0x88 },
  vinsertf128: { widths: [32, 64], operands: ['w', 'w', 'x'], immediate: 1, memory: 16 },
  vextractf128: { widths: [32, 64], operands: ['x', 'w'], immediate: 1, memory: 16 },
  vinsertf64x4: { widths: [64], operands: ['w', 'w', 'y'], immediate: 1, memory: 32 },
  vextractf64x4: { widths: [64], operands: ['y', 'w'], immediate: 1, memory: 32 },
}

/** Names that differ from the table's: stores and masks share one, and some have another under EVEX. */
const evexNames: Readonly<Record<string, string>> = {
  vpand: 'vpandd',
  vpor: 'vpord',
  vpxor: 'vpxord',
  vroundps: 'vrndscaleps',
  vroundpd: 'vrndscalepd',
  vinsertf128: 'vinsertf32x4',
  vextractf128: 'vextractf32x4',
}

const vectorNames: Readonly<Record<number, string>> = { 16: 'xmm', 32: 'ymm', 64: 'zmm' }
const sizeNames: Readonly<Record<number, string>> = {
  1: 'BYTE PTR ',
  4: 'DWORD PTR ',
  8: 'QWORD PTR ',
  16: 'XMMWORD PTR ',
  32: 'YMMWORD PTR ',
  64: 'ZMMWORD PTR ',
}
const wideNames = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ')
const narrowNames = 'eax ecx edx ebx esp ebp esi edi r8d r9d r10d r11d r12d r13d r14d r15d'.split(' ')

/** Bases and displacements whose encodings differ; one-byte displacements count units under EVEX. */
const memories: readonly BaseMemory[] = [
  { base: 0, displacement: 0 },
  { base: 5, displacement: 0 },
  { base: 13, displacement: 64 },
  { base: 4, displacement: 4 },
  { base: 12, displacement: -8192 },
  { base: 9, displacement: 8128 },
  { base: 3, displacement: 16, index: 1, scale: 4 },
  { base: 10, displacement: 100000, index: 14, scale: 1 },
]

function memoryText({ base, displacement, index, scale = 1 }: BaseMemory): string {
  const parts = [wideNames[base], ...(index === undefined ? [] : [`${wideNames[index]}*${scale}`])].join('+')
  if (displacement === 0) return `[${parts}]`
  return `[${parts}${displacement < 0 ? '-' : '+'}0x${Math.abs(displacement).toString(16)}]`
}

function bytesOf(memory: NonNullable<Spec['memory']>, width: VectorWidth): number {
  if (memory === 'full') return width
  if (memory === 'half') return width / 2
  return memory === 'quarter' ? width / 4 : memory
}

function vectorCases(name: VectorInstruction): EncodingCase[] {
  const encoding: Encoding = instructions[name]
  const spec = specs[name] ?? three
  const stores = encoding.form === 'mr'
  const memoryPlace = stores ? 0 : encoding.form === 'rvms' ? 2 : spec.operands.length - 1
  const cases: EncodingCase[] = []
  const add = (
    width: VectorWidth,
    numbers: readonly number[],
    memory?: BaseMemory,
    options: { mask?: number; zeroing?: boolean } = {},
  ): void => {
    const { mask = 0, zeroing = false } = options
    const operands: Operand[] = spec.operands.map((kind, i) => {
      if (i === memoryPlace && memory !== undefined) return memory
      const number = numbers[i] as number
      return kind === 'k' ? number % 8 : kind === 'd' ? number % 16 : number
    })
    const evex =
      encoding.only === 'evex' ||
      width === 64 ||
      mask !== 0 ||
      memory?.broadcast === true ||
      operands.some((operand) => typeof operand === 'number' && operand > 15)
    if (evex && encoding.only === 'vex') return
    const texts = operands.map((operand, i) => {
      if (typeof operand !== 'number') {
        const place = memoryText(operand as BaseMemory)
        if (memory?.broadcast === true) {
          const element = encoding.evexW === undefined ? 4 : 8
          return `${sizeNames[element]}${place}{1to${width / element}}`
        }
        return `${sizeNames[bytesOf(spec.memory ?? 'full', width)]}${place}`
      }
      const kind = spec.operands[i] as Kind
      if (kind === 'k') return `k${operand}`
      if (kind === 'd') return narrowNames[operand] as string
      const bytes = kind === 'w' ? width : kind === 'h' ? width / 2 : kind === 'x' ? 16 : 32
      return `${vectorNames[bytes]}${operand}`
    })
    if (mask !== 0) texts[0] += `{k${mask}}${zeroing ? '{z}' : ''}`
    if (spec.immediate !== undefined) texts.push(`0x${spec.immediate.toString(16)}`)
    const base = name.replace(/(Store|Mask)$/, '')
    const mnemonic = (evex ? evexNames[base] : undefined) ?? base
    const immediate = spec.immediate === undefined ? {} : { immediate: spec.immediate }
    cases.push({
      text: `${mnemonic} ${texts.join(',')}`,
      assemble: (code) => code.vector(name, width, operands, { ...immediate, mask, zeroing }),
    })
  }
  for (const width of spec.widths) {
    // Each register number's fourth and fifth bit, in each operand.
    const numberings = [
      [1, 2, 3, 4],
      [9, 2, 3, 4],
      [1, 10, 3, 4],
      [1, 2, 11, 12],
      [17, 2, 3, 4],
      [1, 18, 3, 4],
      [1, 2, 27, 4],
      [31, 31, 31, 4],
    ]
    // A move between registers is written from the load's side only.
    const memoryOnly = /Store$|vmovss|vmovsd|vmovhps/.test(name) && name !== 'vmovdStore'
    // GNU as turns a move from a high register to a low one around, to save a byte.
    const turned = /^vmov[ua]p[sd]$/.test(name) && width < 64
    if (!memoryOnly) for (const numbers of numberings) if (!turned || numbers[1] !== 10) add(width, numbers)
    if (spec.masked === true && !memoryOnly) {
      add(width, [5, 6, 7, 4], undefined, { mask: 3 })
      if (!stores) add(width, [21, 6, 7, 4], undefined, { mask: 7, zeroing: true })
    }
    if (spec.memory === undefined) continue
    for (const memory of memories) {
      add(width, [1, 2, 3, 4], memory)
      add(width, [20, 21, 22, 4], memory)
    }
    if (spec.masked === true) add(width, [1, 2, 3, 4], { base: 7, displacement: width }, { mask: 2 })
    if (spec.broadcast === true) {
      add(width, [1, 2, 3, 4], { base: 2, displacement: 36 * 8, broadcast: true })
      add(width, [24, 9, 3, 4], { base: 15, displacement: 6, broadcast: true })
    }
  }
  return cases
}

function integerCases(): EncodingCase[] {
  const cases: EncodingCase[] = []
  const add = (text: string, assemble: (code: Assembler) => void): void => {
    cases.push({ text, assemble })
  }
  const name = (register: number): string => wideNames[register] as string
  for (const memory of memories) {
    const place = memoryText(memory)
    for (const register of [0, 2, 13]) {
      add(`mov ${name(register)},QWORD PTR ${place}`, (code) => code.move(register, memory))
      add(`mov QWORD PTR ${place},${name(register)}`, (code) => code.store(memory, register))
      add(`mov ${narrowNames[register]},DWORD PTR ${place}`, (code) => code.move32(register, memory))
      add(`mov DWORD PTR ${place},${narrowNames[register]}`, (code) => code.store32(memory, register))
      add(`movsxd ${name(register)},DWORD PTR ${place}`, (code) => code.moveSigned32(register, memory))
      add(`movzx ${narrowNames[register]},BYTE PTR ${place}`, (code) => code.moveByte(register, memory))
      add(`lea ${name(register)},${place}`, (code) => code.address(register, memory))
      add(`add ${name(register)},QWORD PTR ${place}`, (code) => code.add(register, memory))
      add(`cmp ${name(register)},QWORD PTR ${place}`, (code) => code.compare(register, memory))
      add(`imul ${name(register)},QWORD PTR ${place},0x1000`, (code) => code.multiply(register, memory, 0x1000))
    }
    add(`mov BYTE PTR ${place},dl`, (code) => code.store8(memory, 2))
    add(`prefetcht0 BYTE PTR ${place}`, (code) => code.prefetch(memory))
    for (const operation of ['add', 'sub', 'and', 'cmp'] as const) {
      add(`${operation} QWORD PTR ${place},0x7f`, (code) => code.immediate(operation, memory, 127))
      add(`${operation} QWORD PTR ${place},0x12345`, (code) => code.immediate(operation, memory, 0x12345))
    }
  }
  for (const register of [1, 7, 8, 15]) {
    for (const operation of ['add', 'sub', 'and', 'cmp'] as const) {
      add(`${operation} ${name(register)},0x40`, (code) => code.immediate(operation, register, 64))
      add(`${operation} ${name(register)},0x12345`, (code) => code.immediate(operation, register, 0x12345))
    }
    add(`imul ${name(register)},${name(register)},0xc`, (code) => code.multiply(register, register, 12))
    add(`push ${name(register)}`, (code) => code.push(register))
    add(`pop ${name(register)}`, (code) => code.pop(register))
    add(`mov ${narrowNames[register]},0x5`, (code) => code.moveImmediate(register, 5))
    add(`mov ${name(register)},0xffffffffffffffff`, (code) => code.moveImmediate(register, -1))
    add(`movabs ${name(register)},0x123456789a`, (code) => code.moveImmediate(register, 0x123456789a))
  }
  add('vzeroupper', (code) => code.zeroUpper())
  add('cpuid', (code) => code.cpuid())
  add('xgetbv', (code) => code.xgetbv())
  for (const memory of memories) {
    add(`call QWORD PTR ${memoryText(memory)}`, (code) => code.callAt(memory))
    add(`lock xadd DWORD PTR ${memoryText(memory)},r9d`, (code) => code.atomicAdd32(memory, 9))
  }
  add('pause', (code) => code.pause())
  add('ret', (code) => code.return())
  return cases
}

export const encodingCases: readonly EncodingCase[] = [
  ...(Object.keys(instructions) as VectorInstruction[]).flatMap(vectorCases),
  ...integerCases(),
]
