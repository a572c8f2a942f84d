// Resizing and warping against Pillow and scikit-image: floats to 2e-6, bytes to the rounding.

import { describe, expect, it } from 'vitest'
import { crop, grayImage, resize, rotate, toBytes, warpAffine } from '../../../src/image/index.ts'
import { grayNamed, largestError, reference, valuesOf } from './reference.ts'

const floats = grayNamed('floats')

describe('resize', () => {
  it.each(reference.resizePillow)('$filter to $width x $height is Pillow', ({ filter, width, height, result }) => {
    const { data } = resize(floats, { width, height, filter })
    expect(largestError(data, valuesOf(result))).toBeLessThanOrEqual(2e-6)
  })

  it.each(reference.resizeBilinear)('bilinear without antialias to $width x $height is scikit-image', (row) => {
    const { width, height, result } = row
    const { data } = resize(floats, { width, height, filter: 'bilinear', antialias: false })
    expect(largestError(data, valuesOf(result))).toBeLessThanOrEqual(2e-6)
  })

  it.each(reference.resizeArea)('area to $width x $height is the mean over the covered pixels', (row) => {
    const { width, height, result } = row
    const { data } = resize(floats, { width, height, filter: 'area' })
    expect(largestError(data, valuesOf(result))).toBeLessThanOrEqual(2e-6)
  })

  it('area by whole factors is downscale_local_mean, and the default for smaller sizes', () => {
    const page = crop(grayNamed('bytes'), [0, 0, 52, 70])
    const { data } = resize(page, { width: 14, height: 13 })
    expect(largestError(data, valuesOf(reference.blockMean))).toBeLessThanOrEqual(0.5 + 1e-4)
  })

  it('bytes are the rounded, clamped floats', () => {
    const bytes = toBytes(floats)
    const exact = grayImage(bytes.width, bytes.height, Float32Array.from(bytes.data))
    const size = { width: 61, height: 50, filter: 'bicubic' } as const
    const clamped = resize(exact, size).data.map((v) => Math.min(255, Math.max(0, v)))
    expect(largestError(resize(bytes, size).data, clamped)).toBeLessThanOrEqual(0.5 + 1e-4)
  })
})

describe('warpAffine against scikit-image', () => {
  it('any affine map', () => {
    const { map, width, height, fill, result } = reference.warp
    const { data } = warpAffine(floats, map, { width, height, fill })
    expect(largestError(data, valuesOf(result))).toBeLessThanOrEqual(2e-6)
  })

  it.each(reference.rotate)('rotate by $degrees degrees', ({ degrees, result }) => {
    expect(largestError(rotate(floats, { degrees }).data, valuesOf(result))).toBeLessThanOrEqual(2e-6)
  })
})
