// The command line of the benchmark.

import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import { OcellusError, UsageError } from '../src/index.ts'
import { type Clock, clocks } from './comparison/compare.ts'
import { deviceNames, type PeerName, peerNames } from './comparison/contestants.ts'
import { measureFirstSteps } from './comparison/first-step.ts'
import { measureFootprints } from './comparison/footprint.ts'
import { performancePage } from './comparison/page.ts'
import { machineName, type Results } from './comparison/results.ts'
import { runComparison } from './comparison/run-comparison.ts'
import { chooseWorkloads, workloads } from './workloads/index.ts'

/** What can be measured of ours alone, by name; loaded when it is asked for. */
const parts: Readonly<Record<string, (surroundings: Surroundings) => Promise<string[]>>> = {
  product: async () => (await import('./product.ts')).benchProducts(),
  step: async () => (await import('./step.ts')).benchStep(),
  native: async () => (await import('./step.ts')).benchNativeStep(),
  start: async () => (await import('./cold-start.ts')).benchColdStart(),
  memory: async () => (await import('./memory.ts')).benchMemory(),
  growth: async (surroundings) => [await writeGrowth(surroundings)],
  standin: async () => (await import('./standin.ts')).benchStandin(),
}

/** The outside world. */
export interface Surroundings {
  readonly say: (line: string) => void
  readonly write: (file: string, text: string) => void
}

interface Flags {
  readonly only?: string[]
  readonly peers?: PeerName[]
  readonly devices: string[]
  readonly threads: number[]
  readonly python: string
  readonly anyTorch: boolean
  readonly allModes: boolean
  readonly repeats: number
  readonly clock: Clock
  readonly json?: string
  readonly footprint: boolean
  readonly write: boolean
}

export function createCommand(surroundings: Surroundings): Command {
  return new Command('npm run bench --')
    .exitOverride()
    .description(
      'Times training steps, inference and products beside PyTorch and the JavaScript libraries, in one run and in turns.\n' +
        'Before a workload is timed all contestants prove that they do the same work from the same weights and batches.',
    )
    .argument('[parts...]', `measure parts of ours alone instead: ${Object.keys(parts).join(', ')}`)
    .option('--only <names>', 'workloads, such as W1,W5 (default: all)', listOf(undefined))
    .option('--peers <names>', `of ${peerNames.join(', ')} (default: all that are there)`, listOf(peerNames))
    .option('--devices <names>', 'ours', listOf(deviceNames), [...deviceNames])
    .option('--threads <counts>', 'thread counts', threadCounts, [1, 2])
    .option('--python <path>', 'the Python that has PyTorch', 'python3')
    .option('--all-modes', 'also PyTorch’s TorchScript and compile modes, as the whole run has them', false)
    .option('--any-torch', 'take any version of PyTorch', false)
    .option('--repeats <count>', 'blocks of calls of which the median counts, 7 or more', repeatCount, 15)
    .addOption(
      new Option('--clock <which>', 'cpu counts what a process computed, for 1 thread on a busy machine')
        .choices(clocks)
        .default('wall'),
    )
    .option('--json <file>', 'write the rows to a file')
    .option('--write', 'write bench/results.json and docs/performance.md of a part, too', false)
    .option('--footprint', 'measure memory instead of time', false)
    .addHelpText(
      'after',
      '\nThe whole run, without --only and parts, writes bench/results.json and docs/performance.md.',
    )
    .action(async (chosen: string[], flags: Flags) => {
      if (chosen.length > 0) await runParts(chosen, surroundings)
      else if (flags.footprint) await runFootprint(flags, surroundings)
      else await runComparisonOf(flags, surroundings)
    })
}

async function runParts(chosen: readonly string[], surroundings: Surroundings): Promise<void> {
  const unknown = chosen.filter((name) => !Object.hasOwn(parts, name))
  if (unknown.length > 0) {
    throw new UsageError(`there is no part called ${unknown.join(', ')}; choose from ${Object.keys(parts).join(', ')}`)
  }
  for (const [name, part] of Object.entries(parts)) {
    if (chosen.includes(name)) for (const line of await part(surroundings)) surroundings.say(line)
  }
}

/** Measures growth, writes its charts, and returns what docs/performance.md says about it. */
async function writeGrowth({ say, write }: Surroundings): Promise<string> {
  const { text, charts } = await (await import('./growth/report.ts')).reportGrowth(say)
  for (const [name, chart] of charts) write(inRepository(`docs/performance/${name}`), chart)
  return text
}

function inRepository(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url))
}

/** Memory is about networks; products have nothing but their operands. */
async function runFootprint(flags: Flags, { say, write }: Surroundings): Promise<void> {
  const chosen = flags.only === undefined ? workloads : chooseWorkloads(flags.only)
  const networks = chosen.filter(({ kind }) => kind !== 'product')
  const options = { ...flags, threads: 1, allModes: false, say }
  const found = await measureFootprints(networks, flags.devices, options)
  if (flags.json !== undefined) write(flags.json, `${JSON.stringify(found, undefined, 2)}\n`)
}

async function runComparisonOf(flags: Flags, surroundings: Surroundings): Promise<void> {
  const { say, write } = surroundings
  const whole = flags.write || (flags.only === undefined && flags.peers === undefined)
  const chosen = flags.only === undefined ? workloads : chooseWorkloads(flags.only)
  const options = { ...flags, allModes: flags.allModes || flags.only === undefined, say }
  const comparison = await runComparison({
    ...options,
    workloads: chosen,
    peers: flags.peers ?? peerNames,
    required: flags.peers ?? [],
  })
  const { rows, failures } = comparison
  if (flags.json !== undefined) write(flags.json, `${JSON.stringify(rows, undefined, 2)}\n`)
  if (whole) {
    const networks = chosen.filter(({ kind }) => kind !== 'product')
    const results: Results = {
      machine: machineName(),
      node: process.version,
      ...comparison,
      footprints: await measureFootprints(networks, flags.devices, { ...options, threads: 1 }),
      firstSteps: measureFirstSteps(flags.python, say),
    }
    write(inRepository('bench/results.json'), `${JSON.stringify(results, undefined, 2)}\n`)
    const growth = await writeGrowth(surroundings)
    write(inRepository('docs/performance.md'), performancePage(chosen, results, growth))
  }
  if (failures.length > 0) throw new OcellusError(`${failures.length} of the measurements above could not be made`)
}

function listOf(allowed: readonly string[] | undefined): (value: string) => string[] {
  return (value) => {
    const names = value.split(',').map((name) => name.trim())
    const unknown = names.find((name) => name === '' || allowed?.includes(name) === false)
    if (unknown !== undefined)
      throw new InvalidArgumentError(allowed === undefined ? 'a name is empty' : `choose from ${allowed.join(', ')}`)
    return names
  }
}

function threadCounts(value: string): number[] {
  return value.split(',').map((text) => wholeNumber(text, 1))
}

function repeatCount(value: string): number {
  return wholeNumber(value, 7)
}

function wholeNumber(text: string, least: number): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < least) throw new InvalidArgumentError(`a whole number of ${least} or more`)
  return number
}
