// The command line of the benchmark.

import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import { OcellusError, UsageError } from '../src/index.ts'
import { barsOf } from './comparison/bars.ts'
import { formatBars } from './comparison/bars-report.ts'
import { deviceNames, type PeerName, peerNames } from './comparison/contestants.ts'
import { measureFootprints } from './comparison/footprint.ts'
import { asJson } from './comparison/json.ts'
import { performancePage } from './comparison/page.ts'
import { type Findings, machineName, merged, noResults, type Results } from './comparison/results.ts'
import { runComparison } from './comparison/run-comparison.ts'
import { isPart, type PartName, type PartResult, parts, type Surroundings, wholeRunParts } from './parts.ts'
import { type Clock, clocks } from './timing.ts'
import { chooseWorkloads, workloads } from './workloads/index.ts'

interface Flags {
  readonly only?: string[]
  readonly peers?: PeerName[]
  readonly devices: string[]
  readonly threads: number[]
  readonly python: string
  readonly node: string[]
  readonly anyTorch?: true
  readonly allModes?: true
  readonly repeats: number
  readonly clock: Clock
  readonly json?: string
  readonly footprint?: true
  readonly write?: true
}

export function createCommand(surroundings: Surroundings): Command {
  return new Command('npm run bench --')
    .exitOverride()
    .description(
      'Times training steps, inference and products beside PyTorch, NumPy and the JavaScript libraries, in one run and in turns.\n' +
        'Before a workload is timed all contestants prove that they do the same work from the same weights and batches.\n' +
        'Without arguments everything is measured, and bench/results.json and docs/performance.md are written.',
    )
    .argument('[parts...]', 'measure these parts instead of the comparison (listed below)')
    .option('--only <names>', 'workloads, such as W1,W5; W7 and W8 choose all of theirs (default: all)', listOf())
    .option('--peers <names>', `of ${peerNames.join(', ')} (default: all that are there)`, listOf(peerNames))
    .addOption(
      new Option('--devices <names>', 'ours')
        .argParser(listOf(deviceNames))
        .default([...deviceNames], deviceNames.join(',')),
    )
    .addOption(
      new Option('--threads <counts>', 'thread counts; the JavaScript libraries take part at 1')
        .argParser(threadCounts)
        .default([1, 2], '1,2'),
    )
    .option('--python <path>', 'the Python that has PyTorch and NumPy', 'python3')
    .addOption(
      new Option('--node <paths>', 'other Nodes that measure products on WebAssembly, beside this one')
        .argParser(listOf())
        .default([], 'none'),
    )
    .option('--all-modes', 'also PyTorch’s TorchScript and compile modes, as the whole run has them')
    .option('--any-torch', 'take any version of PyTorch')
    .option('--repeats <count>', 'blocks of calls of which the median counts, 7 or more', repeatCount, 9)
    .addOption(
      new Option('--clock <which>', 'cpu counts what a process computed, for 1 thread on a busy machine')
        .choices(clocks)
        .default('wall'),
    )
    .option('--json <file>', 'write the rows to a file')
    .option('--write', 'put what is found into bench/results.json and docs/performance.md, in place of what is there')
    .option('--footprint', 'measure memory instead of time')
    .addHelpText('after', help())
    .action(async (chosen: string[], flags: Flags) => {
      const unknown = chosen.filter((name) => !isPart(name))
      if (unknown.length > 0) {
        throw new UsageError(
          `there is no part called ${unknown.join(', ')}; choose from ${Object.keys(parts).join(', ')}`,
        )
      }
      if (chosen.length > 0) await runParts(chosen.filter(isPart), flags, surroundings)
      else if (flags.footprint) await runFootprint(flags, surroundings)
      else if (flags.only === undefined && flags.peers === undefined) await runAll(flags, surroundings)
      else await runSome(flags, surroundings)
    })
}

function help(): string {
  const list = Object.entries(parts).map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`)
  const names = workloads.map(({ name, title }) => `  ${name.padEnd(14)} ${title}`)
  return `
Parts:
${list.join('\n')}

Workloads:
${names.join('\n')}

Examples:
  npm run bench -- --only W1,W5 --peers torch --threads 1 --json rows.json
  npm run bench -- --footprint --only W4,W7
  npm run bench -- scaling growth --write
  npm run bench -- product --node /path/to/another/node

Exit codes: 0 all was measured (whether bars are met or not), 1 something could not be measured, 2 wrong arguments.`
}

/** Parts in the order of the list. */
async function runParts(chosen: readonly PartName[], flags: Flags, surroundings: Surroundings): Promise<void> {
  const ordered = Object.keys(parts).filter((name): name is PartName => isPart(name) && chosen.includes(name))
  const found = await measureParts(ordered, flags, surroundings)
  if (flags.json !== undefined) surroundings.write(flags.json, asJson(found))
  if (flags.write || chosen.includes('page')) writeResults(merged(knownResults(), found), surroundings)
  else sayBars(merged(noResults(), found), surroundings)
  refuse(found.failures ?? [])
}

/** One part after the other; one that cannot be measured is a failure, and the others go on. */
async function measureParts(names: readonly PartName[], flags: Flags, surroundings: Surroundings): Promise<Findings> {
  let found: Findings = {}
  for (const name of names) {
    try {
      found = { ...found, ...(await runPart(name, flags, surroundings)) }
    } catch (error) {
      if (!(error instanceof OcellusError)) throw error
      surroundings.say(`${name}: ${error.message}`)
      found = { ...found, failures: [...(found.failures ?? []), `${name}: ${error.message}`] }
    }
  }
  return found
}

async function runPart(name: PartName, flags: Flags, { say, write }: Surroundings): Promise<Findings> {
  const { found = {}, charts = new Map() }: PartResult = await parts[name].run({ ...flags, say, write })
  if (flags.write) for (const [file, chart] of charts) write(inRepository(`docs/performance/${file}`), chart)
  return found
}

function inRepository(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url))
}

/** What bench/results.json says of this machine and this Node; nothing where it speaks of others. */
function knownResults(): Results {
  try {
    const known = JSON.parse(readFileSync(inRepository('bench/results.json'), 'utf8')) as Partial<Results>
    const same = known.machine === machineName() && known.node === process.version
    return same ? { ...noResults(), ...known } : noResults()
  } catch {
    return noResults()
  }
}

function writeResults(results: Results, { say, write }: Surroundings): void {
  write(inRepository('bench/results.json'), asJson(results))
  const listed = workloads.filter(({ name }) => results.rows.some(({ workload }) => workload === name))
  write(inRepository('docs/performance.md'), performancePage(listed, results))
  sayBars(results, { say })
}

function sayBars(results: Results, { say }: Pick<Surroundings, 'say'>): void {
  for (const line of formatBars(barsOf(results))) say(line)
}

/** Memory, ours and PyTorch's. */
async function runFootprint(flags: Flags, surroundings: Surroundings): Promise<void> {
  const { say, write } = surroundings
  const chosen = flags.only === undefined ? workloads : chooseWorkloads(flags.only)
  const footprints = await measureFootprints(chosen, flags.devices, { ...flags, threads: 1, allModes: false, say })
  if (flags.json !== undefined) write(flags.json, asJson(footprints))
  if (flags.write) writeResults(merged(knownResults(), { footprints }), surroundings)
  else sayBars(merged(noResults(), { footprints }), surroundings)
}

/** Some workloads against some peers: quick, and only what was asked for. */
async function runSome(flags: Flags, surroundings: Surroundings): Promise<void> {
  const { say, write } = surroundings
  const comparison = await runComparison({
    ...flags,
    say,
    workloads: flags.only === undefined ? workloads : chooseWorkloads(flags.only),
    peers: flags.peers ?? peerNames,
    required: flags.peers ?? [],
  })
  if (flags.json !== undefined) write(flags.json, asJson(comparison.rows))
  if (flags.write) writeResults(merged(knownResults(), comparison), surroundings)
  else sayBars(merged(noResults(), comparison), surroundings)
  refuse(comparison.failures)
}

/** Everything. What was found is written after each stage, so that a run that ends early leaves what it has. */
async function runAll(flags: Flags, surroundings: Surroundings): Promise<void> {
  const { say, write } = surroundings
  const begin = performance.now()
  const stage = (name: string): void =>
    say(`--- ${name} (${((performance.now() - begin) / 60_000).toFixed(0)} min so far)`)
  stage('comparison')
  const options = { ...flags, allModes: true, say }
  const comparison = await runComparison({ ...options, workloads, peers: peerNames, required: [] })
  if (flags.json !== undefined) write(flags.json, asJson(comparison.rows))
  let results = merged(noResults(), comparison)
  const keep = (found: Findings): void => {
    results = merged(results, found)
    write(inRepository('bench/results.json'), asJson(results))
  }
  keep({})
  stage('memory')
  keep({ footprints: await measureFootprints(workloads, flags.devices, { ...options, threads: 1, allModes: false }) })
  for (const name of wholeRunParts) {
    stage(name)
    keep(await measureParts([name], { ...flags, write: true }, surroundings))
  }
  writeResults(results, surroundings)
  refuse(results.failures)
}

function refuse(failures: readonly string[]): void {
  if (failures.length > 0) throw new OcellusError(`${failures.length} of the measurements above could not be made`)
}

function listOf(allowed?: readonly string[]): (value: string) => string[] {
  return (value) => {
    const names = value.split(',').map((name) => name.trim())
    const unknown = names.find((name) => name === '' || allowed?.includes(name) === false)
    if (unknown !== undefined)
      throw new InvalidArgumentError(allowed === undefined ? 'A name is empty.' : `Choose from ${allowed.join(', ')}.`)
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
  if (!Number.isInteger(number) || number < least)
    throw new InvalidArgumentError(`It must be a whole number of ${least} or more.`)
  return number
}
