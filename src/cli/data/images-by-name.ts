// Images by the name of a data set, or by the folder that they lie in: which of the two a name is.

import { stat } from 'node:fs/promises'
import { UsageError } from '../../core/errors.ts'
import { type DatasetName, datasetNames } from '../../data/load.node.ts'

/** Is it the name of a known data set, and no folder? */
export function isDatasetName(name: string): name is DatasetName {
  return datasetNames.some((known) => known === name)
}

/** Throws UsageError where a name that is none of a data set is none of a folder either. */
export async function checkImageFolder(folder: string): Promise<void> {
  if ((await stat(folder).catch(() => undefined)) !== undefined) return
  throw new UsageError(
    `there is no data set and no folder called '${folder}', the data sets are ${datasetNames.join(', ')}`,
  )
}
