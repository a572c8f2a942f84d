// What the engine's WebAssembly can do, found by validating and running tiny modules.

import { assemble } from './assembler.ts'
import { FunctionBody } from './function-body.ts'

export interface WasmFeatures {
  /** 128-bit vectors; without them the wasm device cannot run. */
  readonly simd: boolean
  /** Relaxed SIMD: multiply-add and blend by whole lanes. */
  readonly relaxedMadd: boolean
  /** Relaxed multiply-add rounds once on this machine, so that its bits equal those of AVX2 and AVX-512. */
  readonly fusedMadd: boolean
  /** The optimising compiler leaves instructions in their order, so that a loaded value need not live before its use. */
  readonly keepsOrder: boolean
}

/** What this file needs of Node's `process`; absent in browsers. */
interface NodeProcess {
  readonly getBuiltinModule?: (name: 'node:v8') => { setFlagsFromString(flags: string): void } | undefined
}

/** Node 20 has relaxed SIMD behind a flag that can be set while it runs; later versions have it anyway and would warn about the flag. */
function enableRelaxedSimd(): void {
  const host = globalThis as { process?: NodeProcess }
  if (!validatesRelaxedMadd())
    host.process?.getBuiltinModule?.('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd')
}

/** Probes the engine, and switches relaxed SIMD on where Node hides it. */
export function probeWasmFeatures(): WasmFeatures {
  enableRelaxedSimd()
  const relaxedMadd = validatesRelaxedMadd()
  return { simd: validatesSimd(), relaxedMadd, fusedMadd: relaxedMadd && isFused(), keepsOrder: validatesMemory64() }
}

function validatesSimd(): boolean {
  const body = new FunctionBody({ parameters: ['f32'], results: ['f32'] })
  body.get(0).op('f32x4.splat').lane('f32x4.extract_lane', 0)
  return WebAssembly.validate(assemble({ functions: [{ body }] }))
}

function validatesRelaxedMadd(): boolean {
  return WebAssembly.validate(relaxedMaddModule())
}

/**
 * 64-bit memories came to V8 (13.3) after the compiler that keeps the order of instructions (Turboshaft) took WebAssembly over; the one
 * before it moves the loads of a block to its front.
 */
function validatesMemory64(): boolean {
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
  const memorySection = [0x05, 0x03, 0x01, 0x04, 0x01]
  return WebAssembly.validate(new Uint8Array([...header, ...memorySection]))
}

/** Exports madd(a, b, c) = a * b + c by f32x4.relaxed_madd. */
function relaxedMaddModule(): Uint8Array<ArrayBuffer> {
  const body = new FunctionBody({ parameters: ['f32', 'f32', 'f32'], results: ['f32'] })
  for (const parameter of [0, 1, 2]) body.get(parameter).op('f32x4.splat')
  body.op('f32x4.relaxed_madd').lane('f32x4.extract_lane', 0)
  return assemble({ functions: [{ body, exported: 'madd' }] })
}

/** (1 + 2^-12)^2 is 1 + 2^-11 + 2^-24; rounded to f32 the last term is lost, unless the sum is rounded once. */
function isFused(): boolean {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(relaxedMaddModule()))
  const madd = exports.madd as (a: number, b: number, c: number) => number
  const factor = 1 + 2 ** -12
  return madd(factor, factor, -(1 + 2 ** -11)) === 2 ** -24
}
