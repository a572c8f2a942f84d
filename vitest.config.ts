// How the tests run: by folder, two workers (the machines of CI have two cores), the slow ones only when asked for.
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const folders = ['unit', 'conformance', 'reference', 'package', 'browser']
if (process.env.OCELLUS_FULL === '1') folders.push('slow')

const config: ViteUserConfig = defineConfig({
  test: {
    include: folders.map((folder) => `test/${folder}/**/*.test.ts`),
    // A process of its own for each file: V8 flags, crashes of emitted code and measured memory stay where they belong.
    pool: 'forks',
    maxWorkers: 2,
    watch: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/reporter.ts'],
  },
})

export default config
