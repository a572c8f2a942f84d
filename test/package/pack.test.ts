// What a stranger gets: the packed package installed into an empty project, its types, a training script, a bundle.

import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleForBrowser } from './browser-bundle.ts'
import { browserGlobals } from './browser-globals.ts'

/** Five lines by hand: the class of a point is the sign of its first coordinate. */
const script = `
import { compile, gradients, init, tensor, type Tensor } from 'ocellus'
import { crossEntropy, Linear } from 'ocellus/nn'
import { Sgd } from 'ocellus/optim'

export async function train(): Promise<number[]> {
  await init({ device: 'wasm' })
  const x = tensor([[1, 2], [-1, 1], [2, -1], [-2, -3]]), labels = tensor([0, 1, 0, 1], { dtype: 'i32' })
  const model = new Linear({ inputs: 2, outputs: 2 })
  const optimizer = new Sgd(model.parameters(), { learningRate: 0.5 })
  const step = compile((x: Tensor, labels: Tensor) => {
    const loss = crossEntropy(model.forward(x), labels)
    optimizer.step(gradients(loss, model.parameters()))
    return loss
  })
  const losses: number[] = []
  for (let i = 0; i < 20; i++) losses.push(step(x, labels).item())
  return losses
}
`
/** The smallest use there is: whatever it needs must survive when a bundler drops what nobody asks for. */
const onesAlone = `
import { ones } from 'ocellus'
export const sum = (): Promise<number> => ones([2, 3]).add(1).sum().data().then(([value]) => value ?? Number.NaN)
`
const main = `
import { train } from './train.js'
console.log(JSON.stringify(await train()))
`

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, unknown>>
}
const project = mkdtempSync(join(tmpdir(), 'ocellus-pack-'))
const run = promisify(execFile)
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
const shell = process.platform === 'win32'
let packed: readonly string[] = []
let registryReached = true

beforeAll(async () => {
  expect(existsSync(join(root, 'dist', 'index.js')), 'dist is not built; run: npm run build').toBe(true)
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', project]
  const { stdout } = await run(npm, pack, { cwd: root, shell })
  const [{ filename, files }] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  packed = files.map(({ path }) => path)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  await install(join(project, filename))
  writeFileSync(join(project, 'train.ts'), script)
  writeFileSync(join(project, 'main.ts'), main)
  writeFileSync(join(project, 'ones.ts'), onesAlone)
  const subpaths = Object.keys(manifest.exports).filter((subpath) => !subpath.endsWith('.json'))
  const imports = subpaths.map(
    (subpath) => `export * as ${subpath.slice(2) || 'tensors'} from 'ocellus${subpath.slice(1)}'`,
  )
  writeFileSync(join(project, 'everything.ts'), imports.join('\n'))
}, 120_000)

afterAll(() => rmSync(project, { recursive: true, force: true }))

/** With npm; where no registry can be reached, by unpacking, with the repository's own copies of the dependencies. */
async function install(archive: string): Promise<void> {
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=0']
  try {
    await run(npm, ['install', archive, ...options], { cwd: project, shell, timeout: 60_000 })
  } catch (error) {
    console.log(
      `npm install failed, so the package is unpacked instead: ${String(error).match(/npm error code .*/)?.[0]}`,
    )
    registryReached = false
    const modules = join(project, 'node_modules')
    rmSync(modules, { recursive: true, force: true })
    mkdirSync(modules)
    await run('tar', ['-xzf', archive, '-C', modules])
    cpSync(join(modules, 'package'), join(modules, 'ocellus'), { recursive: true })
    for (const name of ['commander', 'fflate', 'sharp']) {
      symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction')
    }
  }
}

describe('the packed package, installed into an empty project', () => {
  test('holds what it needs and no sources or tests', () => {
    expect(packed).toEqual(
      expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']),
    )
    expect(packed.filter((path) => !/^(dist|assets)\//.test(path)).sort()).toEqual([
      'LICENSE',
      'README.md',
      'package.json',
    ])
    expect(packed.filter((path) => /^dist\/(?!.*\.(js|d\.ts)$)/.test(path))).toEqual([])
  })

  test.for(['node16', 'bundler'] as const)('types resolve with moduleResolution %s', expectTypesToResolve)

  test('a five-line script trains in Node', async () => {
    const { stdout } = await run(process.execPath, [join('node16', 'main.js')], { cwd: project })
    expectToLearn(JSON.parse(stdout))
  })

  test('the character set comes with it', async () => {
    const load = [
      "import { loadDataset } from 'ocellus/data'",
      "const { train } = await loadDataset('characters')",
      'console.log(train.length)',
    ]
    writeFileSync(join(project, 'characters.mjs'), load.join('\n'))
    const { stdout } = await run(process.execPath, ['characters.mjs'], { cwd: project })
    expect(Number(stdout)).toBeGreaterThan(1000)
  })

  test('Vite bundles it, and the bundle trains where there is no Node', async () => {
    const { code, nodeImports } = await bundleForBrowser(join(project, 'train.ts'))
    expect(nodeImports).toEqual([])
    const context = createContext(browserGlobals())
    runInContext(code, context)
    expectToLearn(await (context.bundle as { train: () => Promise<number[]> }).train())
  })

  test('a bundle of one function has all that the function needs', async () => {
    const { code } = await bundleForBrowser(join(project, 'ones.ts'))
    const context = createContext(browserGlobals())
    runInContext(code, context)
    expect(await (context.bundle as { sum: () => Promise<number> }).sum()).toBe(12)
  })

  test('without the optional dependency everything loads but image files', async () => {
    for (const name of ['sharp', '@img']) rmSync(join(project, 'node_modules', name), { recursive: true, force: true })
    const load = [
      "import * as everything from './node16/everything.js'",
      "const png = Buffer.concat([Buffer.from('\\x89PNG\\r\\n\\x1a\\n', 'latin1'), Buffer.alloc(64)])",
      'await everything.image.decodeGray(png).catch((error) => console.log(error.message))',
    ]
    writeFileSync(join(project, 'load.mjs'), load.join('\n'))
    const { stdout } = await run(process.execPath, ['load.mjs'], { cwd: project })
    expect(stdout).toContain('npm install sharp')
    await expectTypesToResolve('bundler')
  })

  test('npx finds the command', async ({ skip }) => {
    skip(!registryReached, 'no package registry can be reached, so npm did not link the command')
    const { stdout } = await run('npx', ['--no-install', 'ocellus', '--help'], { cwd: project, shell })
    expect(stdout).toContain('train')
  })
})

async function expectTypesToResolve(moduleResolution: 'node16' | 'bundler'): Promise<void> {
  // skipLibCheck is off and no types of Node are there: the declarations must stand on their own.
  const compilerOptions = {
    ...{ module: moduleResolution === 'bundler' ? 'esnext' : moduleResolution, moduleResolution },
    ...{ outDir: moduleResolution, target: 'es2023', lib: ['es2023', 'dom'], types: [] },
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, skipDefaultLibCheck: true },
  }
  const config = `tsconfig.${moduleResolution}.json`
  writeFileSync(join(project, config), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = await run(process.execPath, [tsc, '-p', config], { cwd: project }).catch((error) => error)
  expect(stdout).toBe('')
}

/** The loss starts near ln 2, where the guess is blind, and falls far below it. */
function expectToLearn(losses: readonly number[]): void {
  expect(losses).toHaveLength(20)
  expect(losses[0]).toBeLessThan(3)
  expect(losses.at(-1)).toBeLessThan(0.1)
}
