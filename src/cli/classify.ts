// `ocellus classify`: what is on pictures, by a network with given weights.

import { type Command, Option } from 'commander'
import { type DeviceFlags, deviceOption, threadsOption } from './choose-device.ts'
import { examples, newCommand, notes } from './command.ts'
import { numberList, ratio, wholeNumber } from './option-values.ts'

export interface ClassifyFlags extends DeviceFlags {
  readonly weights?: string
  readonly model?: string
  readonly entry?: string
  readonly layout?: 'ocellus' | 'pytorch'
  readonly labels?: string
  readonly top: number
  readonly mean?: readonly number[]
  readonly std?: readonly number[]
  readonly scale?: number
  readonly json: boolean
}

const details = `
With --json an image is { file, top }, each of top { class, label, probability }; one image gives an object, several an array of
those that could be read. Network, preparation and labels are named on stderr.
An image that cannot be read is one sentence on stderr, and the exit code 1 in the end; the others are classified all the same.`

export function classifyCommand(): Command {
  return newCommand('classify')
    .summary('print what is on pictures')
    .description(
      'Prints the most likely classes of pictures (JPEG, PNG, WebP, TIFF), by a network that was trained elsewhere, such as SqueezeNet 1.1 on ' +
        'ImageNet. Which network a file belongs to is told by its tensors, and pictures are prepared as it was trained.',
    )
    .argument('<image...>', 'image files')
    .option(
      '--weights <file>',
      'weights of the network, as `ocellus evaluate` takes them (default: weights/squeezenet1.1_nchw/weights in the data folder)',
    )
    .option('--model <name>', 'the network, where it is not to be recognised (`ocellus summary --help` lists them)')
    .option('--entry <keys>', 'where the state dict lies in a checkpoint that holds several, as ema or models/student')
    .addOption(
      new Option('--layout <name>', 'how the weights are arranged, where the file does not say so').choices([
        'ocellus',
        'pytorch',
      ]),
    )
    .option(
      '--labels <file>',
      'names of the classes, one per line (default: a file called labels, classes or synset beside the weights or in the two folders above)',
    )
    .option('--top <number>', 'how many classes to print', wholeNumber({ most: 1000 }), 5)
    .option('--mean <numbers>', 'subtracted from each channel, as 0.485,0.456,0.406', numberList())
    .option('--std <numbers>', 'that each channel is divided by', numberList({ positive: true }))
    .option('--scale <number>', 'that bytes are multiplied by first, as 1/255 or 1', ratio)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--json', 'print the result as JSON', false)
    .addHelpText(
      'after',
      `${examples([
        ['ocellus classify photo.jpg --weights squeezenet1_1.pth --labels imagenet.txt', ''],
        ['ocellus classify *.jpg --weights resnet18.safetensors --top 1 --json', 'one class for each picture'],
      ])}\n${notes(details)}`,
    )
    .action(async (images: string[], flags: ClassifyFlags) => {
      const { classifyByFlags } = await import('./network/classify-by-flags.ts')
      await classifyByFlags(images, flags)
    })
}
