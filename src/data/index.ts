// Data sets for browsers and Node: the in-memory set, mini-batches, and the file formats. Loading by name is in index.node.ts.

export { Batches, type BatchesOptions, type BatchPosition } from './batches.ts'
export { type CharacterSet, readCharacters } from './characters.ts'
export { type Batch, Dataset, type DatasetContents, type DatasetInputs, type SplitOptions } from './dataset.ts'
export type { NumericArray } from './formats/elements.ts'
export { type IdxArray, type IdxType, readIdx, writeIdx } from './formats/idx.ts'
export { type MatlabFile, type MatlabReadOptions, matlabNumbers, readMatlab } from './formats/matlab.ts'
export type { MatlabArray, MatlabNumeric, MatlabNumericClass, MatlabText } from './formats/matlab-types.ts'
export { type MatlabWriteOptions, writeMatlab } from './formats/matlab-writer.ts'
export { type NistOptions, readNist } from './nist.ts'
