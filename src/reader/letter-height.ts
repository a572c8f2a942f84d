// Pass 1: how high are the letters of this page? Everything after it is measured in units of that height.

import type { GrayImage } from '../image/image.ts'
import { resize } from '../image/resize.ts'
import { findInk } from './ink.ts'
import { contrastOf } from './paper.ts'

// Longer side of the copy the height is measured on, and the lowest letters that are trusted on it, in pixels.
const copySide = 1200
const lowest = 12

/**
 * Letter height H in pixels of `image`: the median height of its connected components, each weighted by its height, so
 * that specks count little. What is as large as the page, or thin and long (a ruled line, an edge), is left out.
 * Undefined for a page without ink.
 */
export function findLetterHeight(image: GrayImage<Uint8Array>): number | undefined {
  const longer = Math.max(image.width, image.height)
  for (let side = Math.min(copySide, longer); ; side = Math.min(2 * side, longer)) {
    const scale = longer / side
    const height = medianHeight(scale === 1 ? image : shrink(image, scale))
    if (side === longer || (height !== undefined && height >= lowest)) return height && height * scale
  }
}

/** The picture reduced by `factor` in both directions, by area. */
export function shrink(image: GrayImage<Uint8Array>, factor: number): GrayImage<Uint8Array> {
  if (factor === 1) return image
  const width = Math.max(1, Math.round(image.width / factor))
  const height = Math.max(1, Math.round(image.height / factor))
  return resize(image, { width, height, filter: 'area' })
}

function medianHeight(image: GrayImage<Uint8Array>): number | undefined {
  const side = Math.max(image.width, image.height)
  // The letters' size is unknown: the window must be wider than any stroke, yet follow the light.
  const cell = Math.max(1, Math.round(side / 300))
  const ink = findInk(contrastOf(image, { cell, reach: 7 }))
  if (ink === undefined) return undefined
  const heights: number[] = []
  for (const { box, area } of ink.regions) {
    const height = box[2] - box[0]
    const width = box[3] - box[1]
    if (height < 4 || area < 12) continue
    if (height > 0.7 * image.height && height > 3 * width) continue
    if (width > 0.7 * image.width && width > 3 * height) continue
    if (width > 8 * height) continue
    heights.push(height)
  }
  heights.sort((a, b) => a - b)
  let rest = heights.reduce((sum, height) => sum + height, 0) / 2
  return heights.find((height) => {
    rest -= height
    return rest <= 0
  })
}
