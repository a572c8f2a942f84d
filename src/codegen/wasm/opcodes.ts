// The WebAssembly instructions that emitted kernels use, grouped by the immediates that follow the opcode.
// Numbers from the core specification 2.0 and the relaxed SIMD proposal.

/** 0xfd0000 | n is instruction n of the SIMD page, encoded as byte 0xfd and n as LEB128. */
export const simdPage = 0xfd0000
/** 0xfe0000 | n is instruction n of the page of atomic operations. */
export const atomicPage = 0xfe0000

/** Instructions without immediates. */
export const plainOpcodes = {
  'i32.eq': 0x46,
  'i32.ne': 0x47,
  'i32.lt_s': 0x48,
  'i32.ge_s': 0x4e,
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.mul': 0x6c,
  'i32x4.splat': 0xfd0011,
  'f32x4.splat': 0xfd0013,
  'i32x4.eq': 0xfd0037,
  'i32x4.ne': 0xfd0038,
  'i32x4.lt_s': 0xfd0039,
  'i32x4.lt_u': 0xfd003a,
  'i32x4.le_s': 0xfd003d,
  'f32x4.eq': 0xfd0041,
  'f32x4.ne': 0xfd0042,
  'f32x4.lt': 0xfd0043,
  'f32x4.le': 0xfd0045,
  'f64x2.eq': 0xfd0047,
  'f64x2.ne': 0xfd0048,
  'f64x2.lt': 0xfd0049,
  'f64x2.le': 0xfd004b,
  'v128.and': 0xfd004e,
  'v128.or': 0xfd0050,
  'v128.xor': 0xfd0051,
  'v128.bitselect': 0xfd0052,
  'f32x4.demote_f64x2_zero': 0xfd005e,
  'f64x2.promote_low_f32x4': 0xfd005f,
  'f32x4.ceil': 0xfd0067,
  'f32x4.floor': 0xfd0068,
  'f32x4.trunc': 0xfd0069,
  'f32x4.nearest': 0xfd006a,
  'f64x2.ceil': 0xfd0074,
  'f64x2.floor': 0xfd0075,
  'f64x2.trunc': 0xfd007a,
  'i16x8.extend_low_i8x16_u': 0xfd0089,
  'f64x2.nearest': 0xfd0094,
  'i32x4.abs': 0xfd00a0,
  'i32x4.neg': 0xfd00a1,
  'i32x4.extend_low_i16x8_u': 0xfd00a9,
  'i32x4.shl': 0xfd00ab,
  'i32x4.shr_s': 0xfd00ac,
  'i32x4.shr_u': 0xfd00ad,
  'i32x4.add': 0xfd00ae,
  'i32x4.sub': 0xfd00b1,
  'i32x4.mul': 0xfd00b5,
  'i32x4.min_s': 0xfd00b6,
  'i32x4.max_s': 0xfd00b8,
  'i64x2.extend_low_i32x4_s': 0xfd00c7,
  'i64x2.shl': 0xfd00cb,
  'i64x2.shr_u': 0xfd00cd,
  'f32x4.abs': 0xfd00e0,
  'f32x4.neg': 0xfd00e1,
  'f32x4.sqrt': 0xfd00e3,
  'f32x4.add': 0xfd00e4,
  'f32x4.sub': 0xfd00e5,
  'f32x4.mul': 0xfd00e6,
  'f32x4.div': 0xfd00e7,
  'f32x4.pmin': 0xfd00ea,
  'f32x4.pmax': 0xfd00eb,
  'f64x2.abs': 0xfd00ec,
  'f64x2.neg': 0xfd00ed,
  'f64x2.sqrt': 0xfd00ef,
  'f64x2.add': 0xfd00f0,
  'f64x2.sub': 0xfd00f1,
  'f64x2.mul': 0xfd00f2,
  'f64x2.div': 0xfd00f3,
  'f64x2.pmin': 0xfd00f6,
  'f64x2.pmax': 0xfd00f7,
  'i32x4.trunc_sat_f32x4_s': 0xfd00f8,
  'f32x4.convert_i32x4_s': 0xfd00fa,
  'i32x4.trunc_sat_f64x2_s_zero': 0xfd00fc,
  'f64x2.convert_low_i32x4_s': 0xfd00fe,
  'f32x4.relaxed_madd': 0xfd0105,
  'f64x2.relaxed_madd': 0xfd0107,
  'i32x4.relaxed_laneselect': 0xfd010b,
  'i64x2.relaxed_laneselect': 0xfd010c,
} as const

/** Loads and stores: followed by alignment and offset. */
export const memoryOpcodes = {
  'i32.load': 0x28,
  'i32.load8_u': 0x2d,
  'v128.load': 0xfd0000,
  'v128.load32_splat': 0xfd0009,
  'v128.load64_splat': 0xfd000a,
  'v128.store': 0xfd000b,
  'v128.load32_zero': 0xfd005c,
  'v128.load64_zero': 0xfd005d,
} as const

/** Operations on words that threads share: alignment (always that of the word) and offset. */
export const atomicOpcodes = {
  'memory.atomic.notify': 0xfe0000,
  'memory.atomic.wait32': 0xfe0001,
  'i32.atomic.load': 0xfe0010,
  'i32.atomic.store': 0xfe0017,
  'i32.atomic.rmw.add': 0xfe001e,
} as const

/** Loads and stores of one lane: alignment, offset, lane. */
export const memoryLaneOpcodes = {
  'v128.load8_lane': 0xfd0054,
  'v128.load32_lane': 0xfd0056,
  'v128.load64_lane': 0xfd0057,
  'v128.store8_lane': 0xfd0058,
  'v128.store16_lane': 0xfd0059,
  'v128.store32_lane': 0xfd005a,
  'v128.store64_lane': 0xfd005b,
} as const

/** Between a lane and a scalar: followed by the lane. */
export const laneOpcodes = {
  'i32x4.extract_lane': 0xfd001b,
  'f32x4.extract_lane': 0xfd001f,
} as const

export type PlainOpcode = keyof typeof plainOpcodes
export type MemoryOpcode = keyof typeof memoryOpcodes
export type AtomicOpcode = keyof typeof atomicOpcodes
export type MemoryLaneOpcode = keyof typeof memoryLaneOpcodes
export type LaneOpcode = keyof typeof laneOpcodes

/** Instructions whose immediates `FunctionBody` writes itself. */
export const structureOpcodes = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  return: 0x0f,
  drop: 0x1a,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i64Const: 0x42,
  v128Const: 0xfd000c,
  shuffle: 0xfd000d,
} as const

export const valueTypes = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const
export type ValueType = keyof typeof valueTypes
