// Changes of training pictures by name: `crop:4,flip,rotate` of `ocellus train --augment`, with amounts that suit the pictures.

import { UsageError } from '../../../core/errors.ts'
import { type RandomAffineOptions, randomAffine } from '../../../data/transforms/affine.ts'
import { colorJitter } from '../../../data/transforms/color-jitter.ts'
import { randomCrop, randomResizedCrop } from '../../../data/transforms/crop.ts'
import { elastic } from '../../../data/transforms/elastic.ts'
import { cutout, randomErasing } from '../../../data/transforms/erase.ts'
import { horizontalFlip, verticalFlip } from '../../../data/transforms/flip.ts'
import { mixup } from '../../../data/transforms/mixup.ts'
import type { Transform } from '../../../data/transforms/transform.ts'
import type { Augmentation } from '../../../train/trainer.ts'

/** What decides how much a picture may change. */
export interface PictureKind {
  /** Of what the network takes. */
  readonly height: number
  readonly width: number
  /** Letters and digits: mirror images are other letters, and they are never turned far. */
  readonly letters: boolean
  /** Photographs of many sizes: a crop takes a part of the photograph instead of moving it. */
  readonly photographs: boolean
  /** Value of what lies beyond the edge, where 1 is white: that of the paper. */
  readonly fill: number
  /** Number of classes of the data. */
  readonly classes: number
}

export interface Augmentations {
  /** Takes the place of what brings pictures to the network's size. */
  readonly sizing: Transform | undefined
  /** Of pictures of the network's size, before they are normalised. */
  readonly before: readonly Transform[]
  /** Of normalised pictures. */
  readonly after: readonly Transform[]
  /** Of whole batches. */
  readonly batches: readonly Augmentation[]
  /** All of them with their amounts: `crop:4 flip:0.5`. */
  readonly sentence: string
}

type Stage = { readonly [Name in 'sizing' | 'before' | 'after']?: Transform } & {
  readonly batches?: Augmentation
  /** A part of one affine map: all such parts become one change, so that a picture is interpolated once. */
  readonly affine?: RandomAffineOptions
}

interface AugmentationRule {
  /** What the number after the colon is, for messages. */
  readonly amount: string
  readonly usual: (kind: PictureKind) => number
  readonly allowed: (amount: number, kind: PictureKind) => boolean
  readonly make: (amount: number, kind: PictureKind) => Stage
}

const isShare = (amount: number): boolean => amount > 0 && amount <= 1
const smallerSide = ({ height, width }: PictureKind): number => Math.min(height, width)

type AugmentationName =
  | 'crop'
  | 'flip'
  | 'vflip'
  | 'rotate'
  | 'shift'
  | 'zoom'
  | 'shear'
  | 'color'
  | 'elastic'
  | 'cutout'
  | 'erase'
  | 'mixup'

const rules: Readonly<Record<AugmentationName, AugmentationRule>> = {
  crop: {
    amount: 'pixels around the picture, or of photographs the smallest share of the area',
    usual: (kind) => (kind.photographs ? 0.35 : Math.round(smallerSide(kind) / 8)),
    allowed: (amount, { photographs }) => (photographs ? isShare(amount) : Number.isInteger(amount) && amount > 0),
    make: (amount, { height, width, photographs, fill }) => {
      const size = { height, width }
      if (photographs) return { sizing: randomResizedCrop({ size, scale: [amount, 1] }) }
      return { before: randomCrop({ size, padding: amount, fill }) }
    },
  },
  flip: {
    amount: 'a share of the pictures',
    usual: () => 0.5,
    allowed: isShare,
    make: (probability) => ({ before: horizontalFlip({ probability }) }),
  },
  vflip: {
    amount: 'a share of the pictures',
    usual: () => 0.5,
    allowed: isShare,
    make: (probability) => ({ before: verticalFlip({ probability }) }),
  },
  rotate: {
    amount: 'degrees, from 0 to 180',
    usual: ({ letters }) => (letters ? 10 : 15),
    allowed: (amount) => amount > 0 && amount <= 180,
    make: (degrees) => ({ affine: { degrees } }),
  },
  shift: {
    amount: 'a share of the side',
    usual: () => 0.1,
    allowed: isShare,
    make: (share) => ({ affine: { translate: [share, share] } }),
  },
  zoom: {
    amount: 'a share below 1',
    usual: () => 0.1,
    allowed: (amount) => amount > 0 && amount < 1,
    make: (scale) => ({ affine: { scale } }),
  },
  shear: {
    amount: 'degrees below 90',
    usual: () => 10,
    allowed: (amount) => amount > 0 && amount < 90,
    make: (shear) => ({ affine: { shear } }),
  },
  color: {
    amount: 'a share of brightness, contrast and saturation',
    usual: () => 0.3,
    allowed: isShare,
    make: (amount) => ({ before: colorJitter({ brightness: amount, contrast: amount, saturation: amount }) }),
  },
  elastic: {
    amount: 'the strength, 34 for digits of 28 pixels',
    usual: (kind) => Math.round((34 / 28) * smallerSide(kind)),
    allowed: (amount) => amount > 0 && amount <= 10_000,
    make: (alpha, kind) => ({ before: elastic({ alpha, sigma: smallerSide(kind) / 7, fill: kind.fill }) }),
  },
  cutout: {
    amount: 'the side of the square in pixels',
    usual: (kind) => Math.round(smallerSide(kind) / 2),
    allowed: (amount) => Number.isInteger(amount) && amount > 0,
    make: (size) => ({ after: cutout({ size }) }),
  },
  erase: {
    amount: 'a share of the pictures',
    usual: () => 0.5,
    allowed: isShare,
    make: (probability) => ({ after: randomErasing({ probability }) }),
  },
  mixup: {
    amount: 'alpha of the beta distribution',
    usual: () => 0.2,
    allowed: (amount) => amount > 0 && amount <= 100,
    make: (alpha, { classes }) => ({ batches: mixup({ alpha, classes }) }),
  },
}

/** What `auto` stands for. */
function usualNames({ letters }: PictureKind): readonly AugmentationName[] {
  return letters ? ['rotate', 'crop'] : ['crop', 'flip']
}

/**
 * The changes that a text such as `crop:4,flip,rotate:10` names, in its order; `auto` stands for those that suit the pictures.
 * Throws UsageError, which lists the choices, for a name that is none, an amount that makes no sense, and a name given twice.
 */
export function makeAugmentations(text: string | undefined, kind: PictureKind): Augmentations {
  const items = (text ?? '').split(',').filter((item) => item.trim() !== '')
  const chosen = items.flatMap((item): readonly string[] => (item.trim() === 'auto' ? usualNames(kind) : [item.trim()]))
  const made = chosen.map((item) => makeOne(item, kind))
  const twice = made.find(({ name }, i) => made.findIndex((other) => other.name === name) !== i)
  if (twice !== undefined) throw new UsageError(`--augment has ${twice.name} twice; give it once`)
  const stages = withOneAffine(
    made.map(({ stage }) => stage),
    kind.fill,
  )
  return {
    sizing: stages.find(({ sizing }) => sizing !== undefined)?.sizing,
    before: stages.flatMap(({ before }) => before ?? []),
    after: stages.flatMap(({ after }) => after ?? []),
    batches: stages.flatMap(({ batches }) => batches ?? []),
    sentence: made.map(({ name, amount }) => `${name}:${amount}`).join(' ') || 'none',
  }
}

/** The stages with all parts of an affine map joined, in the place of the first. */
function withOneAffine(stages: readonly Stage[], fill: number): readonly Stage[] {
  const parts = stages.flatMap(({ affine }) => affine ?? [])
  const first = stages.findIndex(({ affine }) => affine !== undefined)
  const whole: RandomAffineOptions = Object.assign({}, ...parts, { fill })
  return stages.flatMap((stage, i) =>
    stage.affine === undefined ? [stage] : i === first ? [{ before: randomAffine(whole) }] : [],
  )
}

function makeOne(
  item: string,
  kind: PictureKind,
): { readonly name: string; readonly amount: number; readonly stage: Stage } {
  const [name = '', given, ...more] = item.split(':')
  const rule = isAugmentation(name) ? rules[name] : undefined
  if (rule === undefined) {
    throw new UsageError(
      `--augment: there is no change called '${name}', the names are ${Object.keys(rules).join(', ')} and auto`,
    )
  }
  const amount = given === undefined ? rule.usual(kind) : given.trim() === '' ? Number.NaN : Number(given)
  if (more.length > 0 || !rule.allowed(amount, kind))
    throw new UsageError(
      `--augment ${item}: the number of ${name} is ${rule.amount}, such as ${name}:${rule.usual(kind)}`,
    )
  return { name, amount, stage: rule.make(amount, kind) }
}

function isAugmentation(name: string): name is AugmentationName {
  return Object.hasOwn(rules, name)
}
