// What `ocellus data list` and `ocellus data info` print.

import { join } from 'node:path'
import { dataFolder } from '../../data/folder.node.ts'
import type { PublishedSet } from '../../data/published.ts'
import { wrapWords } from '../text-layout.ts'
import { type DatasetState, embedded, formatBytes, knownSet, knownSets, stateOf } from './state.ts'

export interface DescribeFlags {
  readonly folder?: string
  readonly format: 'text' | 'json'
}

/** A set as programs read it. */
interface Description extends DatasetState {
  readonly name: string
  readonly title: string
  readonly contents: string
  readonly licence: string
  readonly homepage: string
  readonly folder: string | undefined
  readonly downloads: readonly { readonly url: string; readonly bytes: number; readonly md5: string }[]
}

const words: Readonly<Record<DatasetState['state'], string>> = {
  package: 'with the package',
  there: 'there',
  partly: 'partly there',
  missing: 'not there',
}

async function describe(set: PublishedSet, folder: string): Promise<Description> {
  const { name, title, contents, licence, homepage } = set
  return {
    name,
    title,
    contents,
    licence,
    homepage,
    folder: set === embedded ? undefined : join(folder, set.folder),
    ...(await stateOf(set, folder)),
    downloads: set.downloads.map(({ url, bytes, md5 }) => ({ url, bytes, md5 })),
  }
}

/**
 * All known sets under a title row, a line each; where `columns` says how wide a terminal is, contents go on below themselves.
 */
export async function describeAll(
  { folder = dataFolder(), format }: DescribeFlags,
  columns: number = Number.POSITIVE_INFINITY,
): Promise<string> {
  const all = await Promise.all(knownSets.map((set) => describe(set, folder)))
  if (format === 'json') return JSON.stringify({ folder, sets: all }, undefined, 2)
  const rows = [
    ['name', 'state', 'contents'] as const,
    ...all.map(({ name, state, contents }) => [name, words[state], contents] as const),
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const stateWidth = Math.max(...rows.map(([, state]) => state.length))
  const lines = rows.flatMap(([name, state, contents]) =>
    wrapWords(contents, Math.max(20, columns - width - stateWidth - 4)).map((line, i) => {
      const [first, second] = i === 0 ? [name, state] : ['', '']
      return `${first.padEnd(width)}  ${second.padEnd(stateWidth)}  ${line}`
    }),
  )
  const key = 'Two numbers are images for training and for the test.'
  return [...lines, '', key, `Data folder: ${folder} (OCELLUS_DATA chooses another)`].join('\n')
}

/** All about one set. Throws UsageError for a name that is not known. */
export async function describeOne(name: string, { folder = dataFolder(), format }: DescribeFlags): Promise<string> {
  const set = knownSet(name)
  const found = await describe(set, folder)
  if (format === 'json') return JSON.stringify(found, undefined, 2)
  const bytes = found.bytes === undefined || found.bytes === 0 ? '' : `, ${formatBytes(found.bytes)}`
  const rows: (readonly [string, string])[] = [
    ['name', set.name],
    ['contents', set.contents],
    ['licence', set.licence],
    ['homepage', set.homepage],
    ['state', `${words[found.state]}${bytes}`],
    ...(found.folder === undefined ? [] : [['folder', found.folder] as const]),
    ...found.missing.map((file) => ['missing', file] as const),
    ...found.downloads.flatMap((each) => [
      ['download', `${each.url} (${formatBytes(each.bytes)})`] as const,
      ['MD5', each.md5] as const,
    ]),
  ]
  if (found.downloads.length === 0 && set !== embedded) rows.push(['source', `the files ${set.source}`])
  const width = Math.max(...rows.map(([label]) => label.length))
  return [set.title, ...rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`)].join('\n')
}
