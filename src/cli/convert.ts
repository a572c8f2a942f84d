// `ocellus convert`: weights from one format to another.

import { type Command, Option } from 'commander'
import { examples, newCommand } from './command.ts'

export interface ConvertFlags {
  readonly to?: string
  readonly entry?: string
  readonly model?: string
  readonly layout?: 'ocellus' | 'pytorch'
  readonly force: boolean
}

export function convertCommand(): Command {
  return newCommand('convert')
    .summary('turn a file of weights into another format')
    .description(
      'Reads a file of weights, whose format is recognised by what it holds, writes it in another format and prints its tensors. ' +
        'Names, values and layout stay; 16-bit floats become f32, and integers i32 where they fit. Nothing of a PyTorch file is run. ' +
        'As an ONNX file the network is written that the weights belong to, which is told by their names and shapes.',
    )
    .argument(
      '<input>',
      'safetensors, .npz, .npy, .onnx, what torch.save wrote (.pth, .pt, .th), or a folder of .npy files',
    )
    .argument('<output>', 'where to write: .safetensors, .npz or .onnx')
    .addOption(
      new Option('--to <format>', 'format of the output (default: by its ending)').choices([
        'safetensors',
        'npz',
        'onnx',
      ]),
    )
    .option('--entry <keys>', 'where the state dict lies in a checkpoint that holds several, as ema or models/student')
    .addOption(
      new Option('--layout <name>', 'how the input arranges its weights, where it does not say so').choices([
        'ocellus',
        'pytorch',
      ]),
    )
    .option(
      '--model <name>',
      'for ONNX: the network, where it is not to be recognised (`ocellus summary --help` lists them)',
    )
    .option('--force', 'replace the output if there is one', false)
    .addHelpText(
      'after',
      `${examples([
        ['ocellus convert resnet20.th resnet20.safetensors', 'the state dict of a PyTorch checkpoint'],
        ['ocellus convert model.safetensors model.npz', 'for NumPy'],
        ['ocellus convert resnet18.pth resnet18.onnx', 'the network with its weights'],
        ['ocellus convert network.onnx weights.safetensors', 'the weights of an ONNX file'],
        ['ocellus convert squeezenet/ squeezenet.npz --layout pytorch', 'a folder of .npy files that PyTorch arranged'],
      ])}\n\nThe input is never written to, even with --force.`,
    )
    .action(async (input: string, output: string, flags: ConvertFlags) => {
      const { convertWeights } = await import('./network/convert-weights.ts')
      await convertWeights(input, output, flags)
    })
}
