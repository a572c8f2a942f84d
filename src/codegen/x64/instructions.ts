// The vector instructions that the emitter uses: opcode map, prefix, opcode, and how memory displacements shrink under EVEX.
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.

/**
 * Where the operands go. r: ModRM.reg, v: VEX.vvvv, m: ModRM.rm, s: a register in the immediate's upper half. `vm` has a digit in
 * ModRM.reg.
 */
export type Form = 'rvm' | 'rm' | 'mr' | 'vm' | 'rvms'

/** What a memory operand spans, the unit of EVEX's one-byte displacements: the vector, a part of it, or so many bytes. */
export type Span = 'full' | 'half' | 'quarter' | number

export interface Encoding {
  readonly form: Form
  /** 1: 0F, 2: 0F 38, 3: 0F 3A. */
  readonly map: 1 | 2 | 3
  /** 0: none, 1: 66, 2: F3, 3: F2. */
  readonly prefix: 0 | 1 | 2 | 3
  readonly opcode: number
  /** The whole vector when absent. */
  readonly span?: Span
  /** The W bit under VEX and under EVEX, 0 when absent; under EVEX it also says that broadcast elements have 8 bytes. */
  readonly vexW?: 1
  readonly evexW?: 1
  /** Exists in only one of the encodings, or must be taken from it. */
  readonly only?: 'vex' | 'evex'
  readonly digit?: number
}

export const instructions = {
  vmovups: { form: 'rm', map: 1, prefix: 0, opcode: 0x10 },
  vmovupsStore: { form: 'mr', map: 1, prefix: 0, opcode: 0x11 },
  vmovupdStore: { form: 'mr', map: 1, prefix: 1, opcode: 0x11, evexW: 1 },
  vmovaps: { form: 'rm', map: 1, prefix: 0, opcode: 0x28 },
  vmovapd: { form: 'rm', map: 1, prefix: 1, opcode: 0x28, evexW: 1 },
  vmovss: { form: 'rm', map: 1, prefix: 2, opcode: 0x10, span: 4 },
  vmovssStore: { form: 'mr', map: 1, prefix: 2, opcode: 0x11, span: 4 },
  vmovsd: { form: 'rm', map: 1, prefix: 3, opcode: 0x10, span: 8, evexW: 1 },
  vmovlpsStore: { form: 'mr', map: 1, prefix: 0, opcode: 0x13, span: 8 },
  vmovhps: { form: 'rvm', map: 1, prefix: 0, opcode: 0x16, span: 8 },
  vmovd: { form: 'rm', map: 1, prefix: 1, opcode: 0x6e, span: 4 },
  vmovdStore: { form: 'mr', map: 1, prefix: 1, opcode: 0x7e, span: 4 },
  vbroadcastss: { form: 'rm', map: 2, prefix: 1, opcode: 0x18, span: 4 },
  vbroadcastsd: { form: 'rm', map: 2, prefix: 1, opcode: 0x19, span: 8, evexW: 1 },
  vpbroadcastd: { form: 'rm', map: 2, prefix: 1, opcode: 0x58, span: 4 },

  vaddps: { form: 'rvm', map: 1, prefix: 0, opcode: 0x58 },
  vsubps: { form: 'rvm', map: 1, prefix: 0, opcode: 0x5c },
  vmulps: { form: 'rvm', map: 1, prefix: 0, opcode: 0x59 },
  vdivps: { form: 'rvm', map: 1, prefix: 0, opcode: 0x5e },
  vminps: { form: 'rvm', map: 1, prefix: 0, opcode: 0x5d },
  vmaxps: { form: 'rvm', map: 1, prefix: 0, opcode: 0x5f },
  vsqrtps: { form: 'rm', map: 1, prefix: 0, opcode: 0x51 },
  vaddpd: { form: 'rvm', map: 1, prefix: 1, opcode: 0x58, evexW: 1 },
  vsubpd: { form: 'rvm', map: 1, prefix: 1, opcode: 0x5c, evexW: 1 },
  vmulpd: { form: 'rvm', map: 1, prefix: 1, opcode: 0x59, evexW: 1 },
  vdivpd: { form: 'rvm', map: 1, prefix: 1, opcode: 0x5e, evexW: 1 },
  vminpd: { form: 'rvm', map: 1, prefix: 1, opcode: 0x5d, evexW: 1 },
  vmaxpd: { form: 'rvm', map: 1, prefix: 1, opcode: 0x5f, evexW: 1 },
  vsqrtpd: { form: 'rm', map: 1, prefix: 1, opcode: 0x51, evexW: 1 },
  /** Under EVEX these two are vrndscaleps and vrndscalepd, with the same rounding in the immediate. */
  vroundps: { form: 'rm', map: 3, prefix: 1, opcode: 0x08 },
  vroundpd: { form: 'rm', map: 3, prefix: 1, opcode: 0x09, evexW: 1 },

  vfmadd132ps: { form: 'rvm', map: 2, prefix: 1, opcode: 0x98 },
  vfmadd213ps: { form: 'rvm', map: 2, prefix: 1, opcode: 0xa8 },
  vfmadd231ps: { form: 'rvm', map: 2, prefix: 1, opcode: 0xb8 },
  vfmadd132pd: { form: 'rvm', map: 2, prefix: 1, opcode: 0x98, vexW: 1, evexW: 1 },
  vfmadd213pd: { form: 'rvm', map: 2, prefix: 1, opcode: 0xa8, vexW: 1, evexW: 1 },
  vfmadd231pd: { form: 'rvm', map: 2, prefix: 1, opcode: 0xb8, vexW: 1, evexW: 1 },

  vpaddd: { form: 'rvm', map: 1, prefix: 1, opcode: 0xfe },
  vpsubd: { form: 'rvm', map: 1, prefix: 1, opcode: 0xfa },
  vpmulld: { form: 'rvm', map: 2, prefix: 1, opcode: 0x40 },
  vpminsd: { form: 'rvm', map: 2, prefix: 1, opcode: 0x39 },
  vpmaxsd: { form: 'rvm', map: 2, prefix: 1, opcode: 0x3d },
  vpminud: { form: 'rvm', map: 2, prefix: 1, opcode: 0x3b },
  vpmaxud: { form: 'rvm', map: 2, prefix: 1, opcode: 0x3f },
  vpabsd: { form: 'rm', map: 2, prefix: 1, opcode: 0x1e },
  /** Under EVEX these three are vpandd, vpord and vpxord. */
  vpand: { form: 'rvm', map: 1, prefix: 1, opcode: 0xdb },
  vpor: { form: 'rvm', map: 1, prefix: 1, opcode: 0xeb },
  vpxor: { form: 'rvm', map: 1, prefix: 1, opcode: 0xef },
  vpslld: { form: 'vm', map: 1, prefix: 1, opcode: 0x72, digit: 6 },
  vpsrad: { form: 'vm', map: 1, prefix: 1, opcode: 0x72, digit: 4 },
  vpsrld: { form: 'vm', map: 1, prefix: 1, opcode: 0x72, digit: 2 },
  vpsllq: { form: 'vm', map: 1, prefix: 1, opcode: 0x73, digit: 6, evexW: 1 },
  vpsrlq: { form: 'vm', map: 1, prefix: 1, opcode: 0x73, digit: 2, evexW: 1 },

  vcvtdq2ps: { form: 'rm', map: 1, prefix: 0, opcode: 0x5b },
  vcvttps2dq: { form: 'rm', map: 1, prefix: 2, opcode: 0x5b },
  vcvtdq2pd: { form: 'rm', map: 1, prefix: 2, opcode: 0xe6, span: 'half' },
  vcvttpd2dq: { form: 'rm', map: 1, prefix: 1, opcode: 0xe6, evexW: 1 },
  vcvtps2pd: { form: 'rm', map: 1, prefix: 0, opcode: 0x5a, span: 'half' },
  vcvtpd2ps: { form: 'rm', map: 1, prefix: 1, opcode: 0x5a, evexW: 1 },
  vpmovzxbd: { form: 'rm', map: 2, prefix: 1, opcode: 0x31, span: 'quarter' },
  vpmovsxdq: { form: 'rm', map: 2, prefix: 1, opcode: 0x25, span: 'half' },
  vpmovdb: { form: 'mr', map: 2, prefix: 2, opcode: 0x31, span: 'quarter', only: 'evex' },

  vcmpps: { form: 'rvm', map: 1, prefix: 0, opcode: 0xc2, only: 'vex' },
  vcmppd: { form: 'rvm', map: 1, prefix: 1, opcode: 0xc2, only: 'vex', evexW: 1 },
  vpcmpeqd: { form: 'rvm', map: 1, prefix: 1, opcode: 0x76, only: 'vex' },
  vpcmpgtd: { form: 'rvm', map: 1, prefix: 1, opcode: 0x66, only: 'vex' },
  vblendvps: { form: 'rvms', map: 3, prefix: 1, opcode: 0x4a, only: 'vex' },
  vblendvpd: { form: 'rvms', map: 3, prefix: 1, opcode: 0x4b, only: 'vex' },
  vblendps: { form: 'rvm', map: 3, prefix: 1, opcode: 0x0c, only: 'vex' },
  vblendpd: { form: 'rvm', map: 3, prefix: 1, opcode: 0x0d, only: 'vex' },
  /** Comparisons into a mask register. */
  vcmppsMask: { form: 'rvm', map: 1, prefix: 0, opcode: 0xc2, only: 'evex' },
  vcmppdMask: { form: 'rvm', map: 1, prefix: 1, opcode: 0xc2, only: 'evex', evexW: 1 },
  vpcmpd: { form: 'rvm', map: 3, prefix: 1, opcode: 0x1f, only: 'evex' },
  vpcmpud: { form: 'rvm', map: 3, prefix: 1, opcode: 0x1e, only: 'evex' },
  vblendmps: { form: 'rvm', map: 2, prefix: 1, opcode: 0x65, only: 'evex' },
  vblendmpd: { form: 'rvm', map: 2, prefix: 1, opcode: 0x65, only: 'evex', evexW: 1 },
  kmovw: { form: 'rm', map: 1, prefix: 0, opcode: 0x92, only: 'vex' },

  vinsertps: { form: 'rvm', map: 3, prefix: 1, opcode: 0x21, span: 4 },
  vextractps: { form: 'mr', map: 3, prefix: 1, opcode: 0x17, span: 4 },
  vpinsrb: { form: 'rvm', map: 3, prefix: 1, opcode: 0x20, span: 1 },
  vpextrb: { form: 'mr', map: 3, prefix: 1, opcode: 0x14, span: 1 },
  vpshufb: { form: 'rvm', map: 2, prefix: 1, opcode: 0x00 },
  vpermilps: { form: 'rm', map: 3, prefix: 1, opcode: 0x04 },
  vshufps: { form: 'rvm', map: 1, prefix: 0, opcode: 0xc6 },
  /** Under EVEX these two are vinsertf32x4 and vextractf32x4. */
  vinsertf128: { form: 'rvm', map: 3, prefix: 1, opcode: 0x18, span: 16 },
  vextractf128: { form: 'mr', map: 3, prefix: 1, opcode: 0x19, span: 16 },
  vinsertf64x4: { form: 'rvm', map: 3, prefix: 1, opcode: 0x1a, span: 32, only: 'evex', evexW: 1 },
  vextractf64x4: { form: 'mr', map: 3, prefix: 1, opcode: 0x1b, span: 32, only: 'evex', evexW: 1 },
} as const

export type VectorInstruction = keyof typeof instructions
