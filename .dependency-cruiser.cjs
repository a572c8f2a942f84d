// Who may import whom, checked by `npm run lint`: layers only downwards, no circles, no dead files, and Node only where
// the file name says so.
const { exports: exported } = require('./package.json')

/** From bottom to top: a folder may import itself and the folders before it. */
const layers = [
  'core',
  'ops',
  'codegen',
  'kernels',
  'graph',
  'devices',
  'tensor',
  'nn',
  'optim',
  'data',
  'io',
  'train',
  'models',
  'reader',
  'cli',
]

/** Folders that stand beside the layers: they may import only what is named here. */
const beside = { image: ['core'], 'data/formats': ['core'] }

/** Files that nothing in src imports: what package.json exports, the command, and what worker threads start with. */
const exportedFiles = Object.values(exported).flatMap((target) =>
  typeof target === 'string' ? [] : [target.node, target.default].filter((file) => file !== undefined),
)
const entries = [
  ...exportedFiles.map((file) => `^${file.replace('./dist/', 'src/').replace(/\.js$/, '.ts').replaceAll('.', '[.]')}$`),
  '^src/cli/main[.]ts$',
  '/worker([.]node)?[.]ts$',
]

/** Files that only Node ever loads. */
const nodeFiles = ['^src/cli/', '[.]node[.]ts$']

const error = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })

const layerRules = layers
  .slice(0, -1)
  .map((folder, height) =>
    error(
      `${folder}-imports-only-downwards`,
      `src/${folder} may not import a layer above it.`,
      { path: `^src/${folder}/` },
      { path: `^src/(${layers.slice(height + 1).join('|')})/` },
    ),
  )

const besideRules = Object.entries(beside).map(([folder, allowed]) =>
  error(
    `${folder.replace('/', '-')}-imports-only-${allowed.join('-')}`,
    `src/${folder} may import only itself and ${allowed.map((other) => `src/${other}`).join(', ')}.`,
    { path: `^src/${folder}/` },
    { path: '^src/', pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
  ),
)

module.exports = {
  forbidden: [
    ...layerRules,
    ...besideRules,
    error(
      'no-circular-imports',
      'Only types may refer to each other across files, and by the layers above only within one folder.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    error(
      'no-dead-files',
      'Every file is reached from an entry.',
      { path: entries },
      { path: '^src/', pathNot: entries, reachable: false },
    ),
    error(
      'no-entry-from-inside',
      'src/index.ts is for users and the command line; inside, import the file that has the thing.',
      { path: '^src/', pathNot: ['^src/cli/', ...entries] },
      { path: '^src/index([.]node)?[.]ts$' },
    ),
    error(
      'no-node-outside-node-files',
      'What Node brings belongs in files named *.node.ts or under src/cli; the rest runs in browsers.',
      { path: '^src/', pathNot: nodeFiles },
      { dependencyTypes: ['core'] },
    ),
    error(
      'no-node-package-outside-node-files',
      'Packages that need Node belong in files named *.node.ts or under src/cli; the rest runs in browsers.',
      { path: '^src/', pathNot: nodeFiles },
      { path: '(^|/)(sharp|koffi|commander)(/|$)' },
    ),
    error(
      'no-node-file-from-a-browser-file',
      'A file that runs in browsers may not import one that does not.',
      { path: '^src/', pathNot: nodeFiles },
      { path: nodeFiles },
    ),
    error(
      'no-development-packages',
      'What ships imports only dependencies and optional dependencies.',
      { path: '^src/' },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    ),
    error('everything-resolves', 'An import of something that is not there.', {}, { couldNotResolve: true }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
}
