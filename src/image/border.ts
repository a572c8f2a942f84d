// What the edge of the photograph cuts: components that touch it.

import type { Connectivity } from './components.ts'
import { findComponents, selectComponents } from './components.ts'
import type { BinaryImage } from './image.ts'

/**
 * Removes the components that reach into the outer frame of 1 + `margin` pixels (`skimage.segmentation.clear_border`).
 * Defaults: margin 0, connectivity 8.
 */
export function clearBorder(
  image: BinaryImage,
  options: { readonly margin?: number; readonly connectivity?: Connectivity } = {},
): BinaryImage {
  const { margin = 0, connectivity = 8 } = options
  const components = findComponents(image, { connectivity })
  const { width, height, count, runs, rowStart } = components
  const touches = new Uint8Array(count + 1)
  for (let y = 0; y < height; y++) {
    const frameRow = y <= margin || y >= height - 1 - margin
    for (let r = rowStart[y]!; r < rowStart[y + 1]!; r++) {
      if (frameRow || runs[3 * r]! <= margin || runs[3 * r + 1]! >= width - margin) touches[runs[3 * r + 2]!] = 1
    }
  }
  return selectComponents(components, (component) => touches[component] === 0)
}
