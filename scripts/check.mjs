// `npm run check`: everything that can be said about the code without running it. `--lint` leaves the types out.
import { pathToFileURL } from 'node:url'
import { setUp } from './setup.mjs'
import { inRepository, runNode, step } from './step.mjs'

const program = (...parts) => inRepository('node_modules', ...parts)
const types = ['Checking types', [program('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json']]
const lint = [
  ['Checking format and lint', [program('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings']],
  [
    'Checking imports',
    [program('dependency-cruiser', 'bin', 'dependency-cruise.mjs'), 'src', '--output-type', 'err-long'],
  ],
]

/** Runs the checks one after the other and returns how many of them failed. */
export async function check({ withTypes = true } = {}) {
  let failed = 0
  for (const [title, args] of withTypes ? [types, ...lint] : lint) {
    if ((await step(title, (options) => runNode(args, options))) !== 0) failed++
  }
  return failed
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const code = await setUp()
  const failed = code === 0 ? await check({ withTypes: !process.argv.includes('--lint') }) : 0
  process.exitCode = failed === 0 ? code : 1
}
