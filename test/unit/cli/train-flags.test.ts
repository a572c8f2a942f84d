// What the flags of `ocellus train` become: rates by the formulas of the schedules, and changes of images with amounts that suit them.

import { describe, expect, it } from 'vitest'
import { makeAugmentations, type PictureKind } from '../../../src/cli/training/images/augmentation.ts'
import { makeSchedule, type ScheduleName, scheduleSettings } from '../../../src/cli/training/learning-rate.ts'

/** The rate at the beginning of each epoch of a training with 10 steps in each. */
function rates(
  schedule: ScheduleName,
  epochs: number,
  parameters: object = {},
  losses: readonly number[] = [],
): number[] {
  const made = makeSchedule(scheduleSettings({ schedule, epochs, ...parameters }), 0.1, 10)
  return Array.from({ length: epochs }, (_, epoch) => {
    if (typeof made === 'number') return made
    return made({ step: 10 * epoch, epoch, steps: 10 * epochs, losses: losses.slice(0, epoch) })
  })
}

function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length)
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 12)
}

describe('schedules', () => {
  it('give the rates of their formulas', () => {
    expectClose(rates('constant', 3), [0.1, 0.1, 0.1])
    expectClose(rates('step', 5, { stepEvery: 2, factor: 0.5 }), [0.1, 0.1, 0.05, 0.05, 0.025])
    expectClose(rates('exponential', 3), [0.1, 0.09, 0.081])
    expectClose(rates('cosine', 4), [0.1, 0.05 * (1 + Math.SQRT1_2), 0.05, 0.05 * (1 - Math.SQRT1_2)])
    expectClose(rates('plateau', 5, { patience: 1 }, [1, 1, 1, 1]), [0.1, 0.1, 0.1, 0.01, 0.01])
  })

  it('multi-step divides at half and three quarters unless told otherwise', () => {
    expectClose(rates('multi-step', 8), [0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001])
    expectClose(rates('multi-step', 3, { milestones: [1], factor: 0.2 }), [0.1, 0.02, 0.02])
  })

  it('a warm-up counts parts of epochs in steps', () => {
    const made = makeSchedule(scheduleSettings({ schedule: 'constant', epochs: 2, warmUp: 0.4 }), 0.1, 10)
    const first = [0, 1, 2, 3, 4].map((step) => (typeof made === 'number' ? made : made({ step, epoch: 0, steps: 20 })))
    expectClose(first, [0.025, 0.05, 0.075, 0.1, 0.1])
  })
})

const photographs: PictureKind = { height: 224, width: 224, letters: false, photographs: true, fill: 0, classes: 5 }
const digits: PictureKind = { height: 32, width: 32, letters: true, photographs: false, fill: 1, classes: 10 }

describe('changes of images', () => {
  it('have amounts that suit the images', () => {
    expect(makeAugmentations('auto', digits).sentence).toBe('rotate:10 crop:4')
    expect(makeAugmentations('auto', photographs).sentence).toBe('crop:0.35 flip:0.5')
    expect(makeAugmentations(undefined, digits)).toMatchObject({ before: [], after: [], batches: [], sentence: 'none' })
  })

  it('stand where they belong: a crop of photographs in place of the resizing, what hides after normalising', () => {
    const made = makeAugmentations('color,crop:0.5,cutout:20,mixup', photographs)
    expect(made.sizing).toMatchObject({ name: 'randomResizedCrop', options: { scale: [0.5, 1] } })
    expect(made.before.map(({ name }) => name)).toEqual(['colorJitter'])
    expect(made.after).toMatchObject([{ name: 'cutout', options: { size: 20 } }])
    expect(made.batches).toHaveLength(1)
    const moved = makeAugmentations('crop:3,rotate:5', digits)
    expect(moved.sizing).toBeUndefined()
    expect(moved.before).toMatchObject([
      { name: 'randomCrop', options: { padding: 3, fill: 1 } },
      { name: 'randomAffine', options: { degrees: 5, fill: 1 } },
    ])
  })

  it('that are parts of an affine map become one, in the place of the first', () => {
    const made = makeAugmentations('rotate:5,crop:3,shift:0.1,zoom,shear:4', digits)
    expect(made.before.map(({ name }) => name)).toEqual(['randomAffine', 'randomCrop'])
    expect(made.before[0]?.options).toEqual({ degrees: 5, translate: [0.1, 0.1], scale: 0.1, shear: 4, fill: 1 })
    expect(made.sentence).toBe('rotate:5 crop:3 shift:0.1 zoom:0.1 shear:4')
  })

  it.each([
    ['flip,flip', /^--augment has flip twice; give it once$/],
    ['crop:2', /^--augment crop:2: the number of crop is .*, such as crop:0.35$/],
    ['rotate:', /^--augment rotate:: the number of rotate is degrees/],
    ['toString', /^--augment: there is no change called 'toString'/],
  ])('refuses %s', (text, sentence) => {
    expect(() => makeAugmentations(text, photographs)).toThrow(sentence)
  })
})
