// Samples that are image files: read and decoded one by one.

import { decodeGray, decodeRgb } from '../image/decode.node.ts'
import type { FilesRecipe, PixelSource } from './sample-source.ts'

/** Decodes the file of each sample to bytes of 1 or 3 channels. What cannot be decoded is a FormatError that names the file. */
export function fileSource({ paths, channels }: FilesRecipe): PixelSource {
  return {
    read: async (index) => {
      const path = paths[index] as string
      const { width, height, data } = channels === 1 ? await decodeGray(path) : await decodeRgb(path)
      return { height, width, channels, data }
    },
  }
}
