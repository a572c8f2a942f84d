// Runs one step of set-up or checking as a child process: a plain line with its time, the child's output on failure,
// its exit code, and Ctrl-C. Uses nothing but Node, because it runs before anything is installed.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root folder of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Absolute path of a file in the repository. */
export const inRepository = (...parts) => join(root, ...parts)

/**
 * Runs `node <args>` in the repository. Returns its exit code (a signal counts as 128 + its number, as in shells) and
 * whether somebody stopped it by Ctrl-C or SIGTERM.
 * `output` is 'inherit' (shown as it comes) or 'collect' (returned).
 */
export function runNode(args, { output = 'inherit', env = {} } = {}) {
  return run(process.execPath, args, { output, env })
}

function run(command, args, { output, env, shell = false }) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: output === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    shell,
  })
  const chunks = []
  child.stdout?.on('data', (chunk) => chunks.push(chunk))
  child.stderr?.on('data', (chunk) => chunks.push(chunk))

  // A terminal delivers Ctrl-C to the child itself; sending it once more would read as a second, impatient Ctrl-C.
  let stopped = false
  const stop = (signal) => {
    stopped = true
    if (signal === 'SIGTERM' || !process.stdin.isTTY) child.kill(signal)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
      resolve({ code: code ?? 128 + constants.signals[signal], stopped, output: Buffer.concat(chunks).toString() })
    })
  })
}

/** Runs npm: the very program that started us where it did, else the one on the path. */
export function runNpm(args, options) {
  const started = process.env.npm_execpath
  if (started && /npm-cli\.c?js$/.test(started)) return run(process.execPath, [started, ...args], options)
  const windows = process.platform === 'win32'
  return run(windows ? 'npm.cmd' : 'npm', args, { ...options, shell: windows })
}

/**
 * Runs a step quietly: prints `title ... 3.2 s` on one line, and the collected output if it fails.
 * Returns the exit code; an interrupted step ends this process too.
 */
export async function step(title, start) {
  const begin = performance.now()
  process.stdout.write(`${title} ... `)
  const { code, stopped, output } = await start({ output: 'collect' })
  const seconds = `${((performance.now() - begin) / 1000).toFixed(1)} s`
  if (code === 0) {
    console.log(seconds)
    return code
  }
  console.log(`${stopped ? 'stopped' : 'failed'} after ${seconds}`)
  if (stopped) process.exit(code)
  console.log(output.trimEnd())
  return code
}
