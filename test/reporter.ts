// Vitest reporter for the end of `npm test`: names each test that was left out with its reason, and writes the counts
// of the closing line to the file that OCELLUS_TEST_COUNTS names.
import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

export default class ClosingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env.OCELLUS_TEST_COUNTS
    if (file === undefined) return
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const withState = (state: string): TestCase[] => tests.filter((test) => test.result().state === state)
    const skipped = withState('skipped')
    for (const test of skipped) console.log(`left out: ${test.fullName}${reasonOf(test)}`)

    // A file that does not load fails without any of its tests failing.
    const unloaded = modules.filter((module) => module.state() === 'failed' && module.errors().length > 0)
    const failed = withState('failed').length + unloaded.length
    writeFileSync(file, JSON.stringify({ passed: withState('passed').length, failed, skipped: skipped.length }))
  }
}

/** The note that the test gave to `skip`; a test without one says why in its name. */
function reasonOf(test: TestCase): string {
  const result = test.result()
  return result.state === 'skipped' && result.note !== undefined ? `: ${result.note}` : ''
}
