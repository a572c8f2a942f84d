// Bundles code for the browser as a user's Vite would, and names what only Node has in it: imports and globals.

import { builtinModules } from 'node:module'
import { build, type Plugin, parseAst } from 'vite'

/** A bundle and the Node modules and Node packages that it would need, each with the file that imports it. */
export interface BrowserBundle {
  readonly code: string
  readonly nodeImports: readonly string[]
}

/** Packages that cannot run in a browser. */
const nodePackages = ['sharp', 'koffi', 'commander']

/** One script without imports that puts what `entry` exports on the global `bundle`. */
export async function bundleForBrowser(entry: string): Promise<BrowserBundle> {
  const nodeImports: string[] = []
  const findNodeImports: Plugin = {
    name: 'find-node-imports',
    enforce: 'pre',
    resolveId(source, importer) {
      const fromNode = source.startsWith('node:') || builtinModules.includes(source)
      if (fromNode || nodePackages.includes(source)) nodeImports.push(`${source} (from ${importer ?? 'the entry'})`)
    },
  }
  const output = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [findNodeImports],
    build: { write: false, minify: false, lib: { entry, formats: ['iife'], name: 'bundle', fileName: 'bundle' } },
  })
  if (!Array.isArray(output)) throw new Error('vite returned no finished bundle')
  const chunks = output.flatMap((each) => each.output).filter((file) => file.type === 'chunk')
  return { code: chunks.map((chunk) => chunk.code).join('\n'), nodeImports }
}

const nodeGlobals = ['process', 'Buffer', 'global', 'require', 'module', '__dirname', '__filename', 'setImmediate']

/**
 * The Node globals that the code reads without asking first: `typeof process === 'undefined' ? a : process.b` asks.
 * Reading a member (`globalThis.process?.versions`) is no global. A name that the code declares itself is its own.
 */
export function unguardedNodeGlobals(code: string): string[] {
  const program: unknown = parseAst(code)
  const declared = new Set<string>()
  const found = new Set<string>()

  const visit = (node: unknown, guarded: ReadonlySet<string>): void => {
    if (Array.isArray(node)) for (const child of node) visit(child, guarded)
    if (!isNode(node)) return
    if (node.type === 'Identifier' && typeof node.name === 'string') {
      if (nodeGlobals.includes(node.name) && !guarded.has(node.name)) found.add(node.name)
      return
    }
    if (node.type === 'UnaryExpression' && node.operator === 'typeof') return
    for (const name of declaredBy(node)) declared.add(name)
    const condition = node.type === 'LogicalExpression' ? node.left : node.test
    const inside = condition === undefined ? guarded : new Set([...guarded, ...namesAskedFor(condition)])
    for (const [key, child] of Object.entries(node)) {
      const isName = (key === 'property' || key === 'key') && node.computed !== true
      if (!isName || node.shorthand === true) visit(child, inside)
    }
  }
  visit(program, new Set())
  return [...found].filter((name) => !declared.has(name))
}

type SyntaxNode = { readonly type: string } & Readonly<Record<string, unknown>>

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

function declaredBy(node: SyntaxNode): string[] {
  const params = Array.isArray(node.params) ? node.params : []
  const binding = ['VariableDeclarator', 'FunctionDeclaration', 'ClassDeclaration'].includes(node.type) ? node.id : null
  return [binding, ...params].flatMap((name) =>
    isNode(name) && name.type === 'Identifier' && typeof name.name === 'string' ? [name.name] : [],
  )
}

/** The names x with `typeof x` somewhere in the condition. */
function namesAskedFor(condition: unknown): string[] {
  if (Array.isArray(condition)) return condition.flatMap(namesAskedFor)
  if (!isNode(condition)) return []
  const { argument } = condition
  const asked = condition.type === 'UnaryExpression' && condition.operator === 'typeof'
  if (asked && isNode(argument) && typeof argument.name === 'string') return [argument.name]
  return Object.values(condition).flatMap(namesAskedFor)
}
