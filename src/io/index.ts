// ocellus/io for browsers: weights as the bytes of files.

export type { HostDType, HostTensor } from '../core/host-tensor.ts'
export { readSafetensors, type Safetensors, writeSafetensors } from './safetensors.ts'
export {
  compareWeights,
  loadWeights,
  type MismatchedWeight,
  readWeights,
  saveWeights,
  WeightsReport,
  writeWeights,
} from './weights.ts'
