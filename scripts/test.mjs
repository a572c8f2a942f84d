// `npm test`: set-up, the checks, then every test; `--full` adds the slow ones. Other arguments go to vitest.
// The last line is always `N passed, N failed` (`, N skipped`); set-up or a check that fails counts as one.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from './check.mjs'
import { setUp } from './setup.mjs'
import { inRepository, runNode } from './step.mjs'

const full = process.argv.includes('--full')
const forVitest = process.argv.slice(2).filter((argument) => argument !== '--full')

const ready = (await setUp()) === 0
const failedChecks = ready ? await check() : 1
const tests = ready ? await runTests() : { passed: 0, failed: 0, skipped: 0 }
const failed = failedChecks + tests.failed
console.log(`${tests.passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''}`)
process.exitCode = failed === 0 ? 0 : 1

async function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'ocellus-test-'))
  const countsFile = join(folder, 'counts.json')
  const env = {
    OCELLUS_TEST_COUNTS: countsFile,
    ...(full ? { OCELLUS_FULL: '1' } : {}),
    ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }),
  }
  const vitest = inRepository('node_modules', 'vitest', 'vitest.mjs')
  const { code, stopped } = await runNode([vitest, 'run', ...forVitest], { env })
  const counted = existsSync(countsFile)
  const counts = counted ? JSON.parse(readFileSync(countsFile, 'utf8')) : { passed: 0, failed: 0, skipped: 0 }
  rmSync(folder, { recursive: true })
  if (stopped) process.exit(code || 1)
  // A run that fails without a failed test (an unhandled error, a crash) must not read as a success.
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}
