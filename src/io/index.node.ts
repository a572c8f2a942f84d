// ocellus/io in Node: weights in files.

export type { HostDType, HostTensor } from '../core/host-tensor.ts'
export { readSafetensors, type Safetensors, writeSafetensors } from './safetensors.ts'
export { loadWeights, saveWeights } from './weights.node.ts'
export { compareWeights, type MismatchedWeight, readWeights, WeightsReport, writeWeights } from './weights.ts'
