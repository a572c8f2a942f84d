// `ocellus data`: the known data sets, where they come from, and getting them.

import { type Command, Option } from 'commander'
import { examples, newCommand } from './command.ts'
import type { DescribeFlags } from './data/describe.ts'
import type { GetFlags } from './data/get.ts'

const folderOption = (): Option =>
  new Option('--folder <folder>', 'the data folder (default: OCELLUS_DATA, else .cache/ocellus in the home folder)')
const formatOption = (): Option =>
  new Option('--format <name>', 'how to print').choices(['text', 'json']).default('text')
const jsonOption = (): Option => new Option('--json', 'the same as --format json').implies({ format: 'json' })

export function dataCommand(): Command {
  return newCommand('data')
    .summary('list, describe and download data sets')
    .description('Lists the known data sets, describes them, and downloads them into the data folder.')
    .usage('<command> [options]')
    .helpCommand(false)
    .addCommand(listCommand())
    .addCommand(infoCommand())
    .addCommand(getCommand())
    .addHelpText(
      'after',
      examples([
        ['ocellus data list', 'which sets there are, and which are on this machine'],
        ['ocellus data info cifar10', 'contents, licence, addresses, checksums'],
        ['ocellus data get mnist fashion-mnist', 'downloads both; after a break it goes on from there'],
      ]),
    )
}

function listCommand(): Command {
  return newCommand('data list')
    .name('list')
    .summary('list the known data sets')
    .description('Lists the known data sets, and which of them are in the data folder.')
    .addOption(folderOption())
    .addOption(formatOption())
    .addOption(jsonOption())
    .action(async (flags: DescribeFlags) => {
      const { describeAll } = await import('./data/describe.ts')
      console.log(await describeAll(flags, process.stdout.columns))
    })
}

function infoCommand(): Command {
  return newCommand('data info')
    .name('info')
    .summary('describe one data set')
    .description('Prints contents, licence, homepage, folder, addresses and checksums of one data set.')
    .argument('<name>', 'as `ocellus data list` prints it')
    .addOption(folderOption())
    .addOption(formatOption())
    .addOption(jsonOption())
    .action(async (name: string, flags: DescribeFlags) => {
      const { describeOne } = await import('./data/describe.ts')
      console.log(await describeOne(name, flags))
    })
}

function getCommand(): Command {
  return newCommand('data get')
    .name('get')
    .summary('download data sets')
    .description(
      'Downloads data sets, verifies their checksums, unpacks archives, and puts the files into the data folder. A download that was ' +
        'interrupted goes on from there.',
    )
    .argument('<names...>', 'as `ocellus data list` prints them')
    .addOption(folderOption())
    .option('--keep-archive', 'keep a downloaded archive after it was unpacked', false)
    .action(async (names: string[], flags: GetFlags) => {
      const { getByFlags } = await import('./data/get.ts')
      await getByFlags(names, flags)
    })
}
