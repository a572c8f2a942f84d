// ocellus/reader in Node: everything of index.ts, and the recognizer that comes with the package.

export * from './index.ts'
export { type LoadReaderOptions, Reader } from './reader.node.ts'
export { loadRecognizer } from './recognizer.node.ts'
