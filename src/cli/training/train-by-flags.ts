// What `ocellus train` does: which of the two trainings it is, that of characters or that of a known model on images.

import { UsageError } from '../../core/errors.ts'
import { FolderStore } from '../../train/checkpoint.node.ts'
import { chooseDevice } from '../choose-device.ts'
import type { TrainFlags } from '../train.ts'
import { flagName } from './learning-rate.ts'
import { readSettings } from './settings-file.ts'

/** What belongs to the networks of --model, and what to the character network. */
const modelFlags = [
  'classes',
  'side',
  'augment',
  'freeze',
  'unfreezeAt',
  'backboneRate',
  'average',
  'labelSmoothing',
  'keep',
  'valid',
  'workers',
] as const
const characterFlags = ['input', 'hidden', 'activation', 'distort'] as const

/** Trains as the flags ask and prints the result; progress goes to stderr. `given`: the flags that were typed. */
export async function trainByFlags(typed: TrainFlags, given: ReadonlySet<string>): Promise<void> {
  const flags = typed.resume ? await withSavedSettings(typed, given) : typed
  if (flags.model === undefined && flags.from === undefined) {
    const strange = given.has('test') ? 'noTest' : modelFlags.find((name) => flags[name] !== undefined)
    if (strange !== undefined)
      throw new UsageError(
        `--${flagName(strange)} belongs to a network of --model; give its name, such as --model lenet5`,
      )
    await chooseDevice(flags)
    const { trainCharactersByFlags } = await import('./characters/train-characters-by-flags.ts')
    return trainCharactersByFlags(flags)
  }
  const strange = characterFlags.find((name) => given.has(name))
  if (strange !== undefined)
    throw new UsageError(`--${flagName(strange)} belongs to the character network; leave it out, or --model and --from`)
  await chooseDevice(flags)
  const { trainModelByFlags } = await import('./images/train-model-by-flags.ts')
  await trainModelByFlags(flags)
}

/** The settings of the training that lies in the folder of --out, with the flags that were typed over them. */
async function withSavedSettings(flags: TrainFlags, given: ReadonlySet<string>): Promise<TrainFlags> {
  if (flags.out === undefined)
    throw new UsageError('--resume goes on with the training in the folder of --out; give that')
  const saved = await readSettings(new FolderStore(flags.out))
  if (saved === undefined)
    throw new UsageError(`${flags.out} holds no training to go on with; leave out --resume to begin one there`)
  const others = Object.entries(saved).filter(([name]) => !given.has(name))
  return { ...flags, ...(Object.fromEntries(others) as Partial<TrainFlags>) }
}
