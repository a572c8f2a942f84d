// Binary functions against scikit-image and SciPy: the same pixels, exactly; measures to 1e-9 relative.

import { describe, expect, it } from 'vitest'
import {
  areasOf,
  clearBorder,
  closing,
  dilate,
  distanceTransform,
  erode,
  eulerNumber,
  findComponents,
  invert,
  labelsOf,
  maskOf,
  opening,
  pad,
  perimeter,
  regionProperties,
  removeSmallHoles,
  removeSmallObjects,
  skeletonize,
  structuringElement,
} from '../../../src/image/index.ts'
import { binaryOf, differences, largestError, reference, valuesOf } from './reference.ts'

const pictures = { blobs: binaryOf(reference.images.blobs), sparse: binaryOf(reference.images.sparse) }
const named = (name: string) => (name === 'blobs' ? pictures.blobs : pictures.sparse)

describe('morphology against scikit-image', () => {
  it.each(reference.morphology)('$shape on $image', ({ image, element, ...expected }) => {
    const picture = named(image)
    const shape = structuringElement(element)
    expect(differences(dilate(picture, shape).data, valuesOf(expected.dilate)), 'dilate').toBe(0)
    expect(differences(erode(picture, shape).data, valuesOf(expected.erode)), 'erode').toBe(0)
    expect(differences(opening(picture, shape).data, valuesOf(expected.opening)), 'opening').toBe(0)
    expect(differences(closing(picture, shape).data, valuesOf(expected.closing)), 'closing').toBe(0)
  })

  it.each(reference.removeSmallObjects)('removeSmallObjects below $area, connectivity $connectivity', (row) => {
    const { area, connectivity, result } = row
    expect(differences(removeSmallObjects(pictures.sparse, { area, connectivity }).data, valuesOf(result))).toBe(0)
  })

  it.each(reference.removeSmallHoles)('removeSmallHoles below $area, connectivity $connectivity', (row) => {
    const { area, connectivity, result } = row
    expect(differences(removeSmallHoles(invert(pictures.sparse), { area, connectivity }).data, valuesOf(result))).toBe(
      0,
    )
  })

  it.each(reference.clearBorder)('clearBorder of $image, margin $margin', ({ image, margin, result }) => {
    expect(differences(clearBorder(named(image), { margin }).data, valuesOf(result))).toBe(0)
  })

  it('skeletonize', () => {
    for (const { image, result } of reference.skeleton) {
      expect(differences(skeletonize(binaryOf(image)).data, valuesOf(result))).toBe(0)
    }
  })

  it('distanceTransform is exact to f32', () => {
    for (const { image, result } of reference.distance) {
      expect(largestError(distanceTransform(binaryOf(image)), valuesOf(result))).toBeLessThanOrEqual(1e-6)
    }
  })
})

describe('components against scikit-image', () => {
  it.each(reference.components)('$image, connectivity $connectivity', ({ image, connectivity, ...expected }) => {
    const picture = named(image)
    const components = findComponents(picture, { connectivity })
    expect(components.count).toBe(expected.count)
    expect(differences(labelsOf(components), valuesOf(expected.labels))).toBe(0)
    const regions = regionProperties(components)
    expect(regions.map((r) => r.label)).toEqual(expected.regions.map((r) => r.label))
    expect(Array.from(areasOf(components).subarray(1))).toEqual(expected.regions.map((r) => r.area))
    for (const [index, region] of regions.entries()) {
      const wanted = expected.regions[index]!
      expect(region.area).toBe(wanted.area)
      expect(region.box).toEqual(wanted.box)
      expect(region.centroid[0]).toBeCloseTo(wanted.centroid[0]!, 9)
      expect(region.centroid[1]).toBeCloseTo(wanted.centroid[1]!, 9)
      expect(region.majorAxis).toBeCloseTo(wanted.majorAxis, 6)
      expect(region.minorAxis).toBeCloseTo(wanted.minorAxis, 6)
      expect(region.eccentricity).toBeCloseTo(wanted.eccentricity, 6)
      // A round component has no direction; a rounding error in the reference may then choose another.
      if (wanted.eccentricity > 1e-6) expect(region.orientation).toBeCloseTo(wanted.orientation, 6)
      const mask = pad(maskOf(components, region.label, region.box), { top: 1, left: 1, bottom: 1, right: 1 })
      expect(perimeter(mask)).toBeCloseTo(wanted.perimeter, 9)
    }
  })

  it('perimeter and eulerNumber of whole pictures', () => {
    for (const name of ['blobs', 'sparse'] as const) {
      expect(perimeter(named(name), { neighbours: 4 })).toBeCloseTo(reference.perimeter[name][0], 9)
      expect(perimeter(named(name), { neighbours: 8 })).toBeCloseTo(reference.perimeter[name][1], 9)
      expect(eulerNumber(named(name), { connectivity: 4 })).toBe(reference.euler[name][0])
      expect(eulerNumber(named(name), { connectivity: 8 })).toBe(reference.euler[name][1])
    }
  })
})
