// Gray functions against scikit-image. Bytes may differ by half a level (the rounding), floats by 2e-6.

import { describe, expect, it } from 'vitest'
import {
  binarize,
  equalizeAdaptive,
  equalizeHistogram,
  gaussianBlur,
  otsuLevel,
  psnr,
  sauvola,
  sauvolaLevels,
  ssim,
  toFloats,
  toGray,
} from '../../../src/image/index.ts'
import { bytesOf, grayNamed, grayOf, largestError, reference, rgbOf, valuesOf } from './reference.ts'

const rounding = 0.5 + 1e-4

describe('against scikit-image', () => {
  it('toGray is rgb2gray, rounded to bytes', () => {
    const gray = toGray(rgbOf(reference.images.rgb))
    expect(largestError(gray.data, valuesOf(reference.gray))).toBeLessThanOrEqual(rounding)
  })

  it.each(reference.gaussian)('gaussianBlur of $image, sigma $sigma', ({ image, sigma, result }) => {
    const blurred = gaussianBlur(grayNamed(image), { sigma })
    expect(largestError(blurred.data, valuesOf(result))).toBeLessThanOrEqual(image === 'bytes' ? rounding : 2e-6)
  })

  it('otsuLevel finds the same level, exactly', () => {
    expect(otsuLevel(grayNamed('bytes'))).toBe(reference.otsu.bytes)
    expect(otsuLevel(grayNamed('floats'))).toBe(reference.otsu.floats)
    expect(otsuLevel(grayNamed('floats'), { bins: 32 })).toBe(reference.otsu.floats32)
  })

  it.each(reference.sauvola)('sauvolaLevels of $image, window $window, k $k', ({ image, window, k, result }) => {
    const gray = grayNamed(image)
    const levels = sauvolaLevels(gray, { window, k })
    expect(largestError(levels, valuesOf(result))).toBeLessThanOrEqual(image === 'bytes' ? 1e-4 : 2e-6)
    const ink = sauvola(gray, { window, k })
    for (let i = 0; i < levels.length; i++) expect(ink.data[i]).toBe(gray.data[i]! <= levels[i]! ? 1 : 0)
  })

  it('equalizeHistogram', () => {
    const bytes = equalizeHistogram(grayNamed('bytes'))
    expect(
      largestError(
        bytes.data,
        valuesOf(reference.equalize.bytes).map((v) => v * 255),
      ),
    ).toBeLessThanOrEqual(rounding)
    const floats = equalizeHistogram(grayNamed('floats'))
    expect(largestError(floats.data, valuesOf(reference.equalize.floats))).toBeLessThanOrEqual(2e-6)
  })

  it.each(reference.adaptive)('equalizeAdaptive of $image, tile $tile, clipLimit $clipLimit, bins $bins', (row) => {
    const tile = row.tile === null ? {} : { tileHeight: row.tile[0], tileWidth: row.tile[1] }
    const { data } = equalizeAdaptive(grayNamed(row.image), { ...tile, clipLimit: row.clipLimit, bins: row.bins })
    const expected = valuesOf(row.result)
    if (row.image === 'bytes')
      expect(
        largestError(
          data,
          expected.map((v) => v * 255),
        ),
      ).toBeLessThanOrEqual(rounding)
    else expect(largestError(data, expected)).toBeLessThanOrEqual(2e-6)
  })

  it('psnr and ssim', () => {
    const { noisyBytes, noisyFloats, psnr: decibels, ssim: similarity, ssim11 } = reference.metrics
    expect(psnr(grayNamed('bytes'), grayOf(noisyBytes))).toBeCloseTo(decibels[0], 9)
    expect(psnr(grayNamed('floats'), grayOf(noisyFloats))).toBeCloseTo(decibels[1], 6)
    expect(ssim(grayNamed('bytes'), grayOf(noisyBytes))).toBeCloseTo(similarity[0], 9)
    expect(ssim(grayNamed('floats'), grayOf(noisyFloats))).toBeCloseTo(similarity[1], 7)
    expect(ssim(grayNamed('bytes'), grayOf(noisyBytes), { window: 11 })).toBeCloseTo(ssim11, 9)
  })
})

describe('bytes and floats agree', () => {
  it('on Otsu: the same pixels are ink', () => {
    const bytes = grayNamed('bytes')
    const level = otsuLevel(bytes)
    const floats = binarize(toFloats(bytes), { level: (level + 0.5) / 255 })
    expect(binarize(bytes, { level }).data).toEqual(floats.data)
  })

  it('on blur: half a level apart at most', () => {
    const bytes = grayNamed('bytes')
    const floats = gaussianBlur(toFloats(bytes), { sigma: 1.7 })
    expect(
      largestError(
        gaussianBlur(bytes, { sigma: 1.7 }).data,
        floats.data.map((v) => v * 255),
      ),
    ).toBeLessThanOrEqual(rounding)
    expect(bytesOf(reference.images.bytes)).toEqual(bytes.data)
  })
})
