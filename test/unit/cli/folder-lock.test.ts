// Two trainings in one folder: the second is refused while the first lives, and goes on where the first is gone.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lockFolder } from '../../../src/cli/folder-lock.ts'
import { ocellus, temporaryFolder } from './command-line.ts'

const folder = temporaryFolder()

/** A folder that another process has taken. */
function taken(name: string, owner: object): string {
  const path = join(folder, name)
  mkdirSync(path)
  writeFileSync(join(path, '.ocellus-lock'), JSON.stringify({ machine: hostname(), since: 'yesterday', ...owner }))
  return path
}

const small = ['--data', 'characters', '--limit', '72', '--epochs', '1']

it('a second training says who has the folder, and touches nothing', async () => {
  const out = taken('busy', { process: process.pid })
  const { code, stderr } = await ocellus(['train', '--out', out, ...small], { folder })
  expect(code).toBe(1)
  expect(stderr).toBe(
    `ocellus: ${out} is in use by another training (process ${process.pid}, since yesterday); wait for its end, give another --out, ` +
      `or delete ${join(out, '.ocellus-lock')} if there is no such training\n`,
  )
  expect(readdirSync(out)).toEqual(['.ocellus-lock'])
})

it('of another machine nobody knows whether it lives', async () => {
  const out = taken('elsewhere', { process: 1, machine: 'elsewhere.example' })
  await expect(lockFolder(out)).rejects.toThrow('process 1 of the machine elsewhere.example')
})

it('a lock whose process is gone is taken over, and gone after the training', async () => {
  const { pid } = spawnSync(process.execPath, ['--version'])
  const out = taken('left', { process: pid })
  const { code, stderr } = await ocellus(['train', '--out', out, ...small], { folder })
  expect([code, existsSync(join(out, 'network.safetensors'))], stderr).toEqual([0, true])
  expect(readdirSync(out).filter((name) => name.includes('lock'))).toEqual([])
})

it('a damaged lock holds nobody up', async () => {
  const out = taken('damaged', {})
  writeFileSync(join(out, '.ocellus-lock'), '{"process":')
  await lockFolder(out)
  expect(JSON.parse(readFileSync(join(out, '.ocellus-lock'), 'utf8'))).toMatchObject({ process: process.pid })
})
