// Brings a checkout into working order: packages as the lockfile says, and dist as src says.
// Does nothing where all is well. Uses nothing but Node, because it runs before anything is installed.
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inRepository, root, runNode, runNpm, step } from './step.mjs'

const oldestNode = [20, 19]

/** Installs and builds where needed. Returns the exit code of the step that failed, 0 when all is in order. */
export async function setUp() {
  if (!isNodeNewEnough()) return 1
  const code = packagesMatchLockfile() ? 0 : await step('Installing packages (npm ci)', installPackages)
  return code === 0 ? build() : code
}

async function build() {
  const source = fingerprintOfSource()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === source) return 0
  rmSync(stampFile, { force: true })
  const code = await step('Building dist', (options) => runNode([compiler, '-p', 'tsconfig.build.json'], options))
  if (code !== 0) return code
  removeOrphans()
  if (existsSync(commandFile)) chmodSync(commandFile, 0o755)
  writeFileSync(stampFile, source)
  return 0
}

const stampFile = inRepository('dist', '.built')
const commandFile = inRepository('dist', 'cli', 'main.js')
const compiler = inRepository('node_modules', 'typescript', 'bin', 'tsc')

function isNodeNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return true
  console.error(
    `Ocellus needs Node ${oldestNode.join('.')} or newer, this is ${process.versions.node}: https://nodejs.org`,
  )
  return false
}

function installPackages(options) {
  // Nothing that Ocellus uses needs an install script, so none of them is run.
  return runNpm(['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'], options)
}

/** Whether node_modules holds every package in the version of the lockfile; packages for other systems may be absent. */
function packagesMatchLockfile() {
  const installedFile = inRepository('node_modules', '.package-lock.json')
  if (!existsSync(installedFile)) return false
  const wanted = JSON.parse(readFileSync(inRepository('package-lock.json'), 'utf8')).packages
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true
    return path in installed ? installed[path].version === version : optional === true
  })
}

/** A checksum of everything that decides what dist contains. */
function fingerprintOfSource() {
  const hash = createHash('sha256')
  const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) => inRepository(name))
  for (const file of [...settings, ...filesUnder(inRepository('src'))]) {
    hash
      .update(`${relative(root, file).split(sep).join('/')}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** The compiler leaves the output of deleted and renamed sources behind. */
function removeOrphans() {
  for (const file of filesUnder(inRepository('dist'))) {
    const name = relative(inRepository('dist'), file)
    const source = name.replace(/(\.d\.ts|\.js)$/, '.ts')
    if (source !== name && !existsSync(inRepository('src', source))) rmSync(file)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await setUp()
