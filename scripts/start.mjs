// `npm start`: set-up, then the main job (train the character network, read the sample page, draw the report).
import { setUp } from './setup.mjs'
import { inRepository, runNode } from './step.mjs'

let code = await setUp()
if (code === 0) {
  const started = await runNode([inRepository('dist', 'cli', 'main.js'), 'start', ...process.argv.slice(2)])
  code = started.code
}
process.exitCode = code
