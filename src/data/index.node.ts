// Data sets in Node: everything of index.ts, and loading by name from the data folder.

export { loadCharacters } from './characters.node.ts'
export { dataFolder } from './folder.node.ts'
export * from './index.ts'
export {
  type DatasetName,
  type DatasetParts,
  datasetNames,
  type LoadDatasetOptions,
  loadDataset,
  type TrainValidTest,
} from './load.node.ts'
