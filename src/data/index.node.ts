// Data sets in Node: everything of index.ts, loading by name from the data folder, folders of images, and loaders with worker threads.

export { loadCharacters } from './characters.node.ts'
export { dataFolder } from './folder.node.ts'
export {
  ImageFolder,
  type ImageFolderOptions,
  type ImageFolderParts,
  openImageFolder,
  openImageFolderParts,
} from './image-folder.node.ts'
export * from './index.ts'
export {
  type DatasetName,
  type DatasetParts,
  datasetNames,
  type LoadDatasetOptions,
  loadDataset,
  type TrainValidTest,
} from './load.node.ts'
export { DataLoader, type DataLoaderOptions } from './loader.node.ts'
