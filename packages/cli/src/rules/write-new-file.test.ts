import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { UsageError } from '../exit-code.js'
import { writeNewFile } from './write-new-file.js'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'packet-logs-rules-'))
})
afterEach(() => rm(directory, { recursive: true }))

it('writes a file for its owner alone, and nothing beside it', async () => {
  const path = join(directory, 'rules.yaml')
  await writeNewFile(path, 'rules: []\n', { isReplaced: false })
  expect(await readFile(path, 'utf8')).toBe('rules: []\n')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(directory)).toEqual(['rules.yaml'])
})

it('keeps a file that is there, unless told to replace it', async () => {
  const path = join(directory, 'rules.yaml')
  await writeFile(path, 'mine')
  await expect(writeNewFile(path, 'new', { isReplaced: false })).rejects.toThrow(UsageError)
  expect(await readFile(path, 'utf8')).toBe('mine')
  await writeNewFile(path, 'new', { isReplaced: true })
  expect(await readFile(path, 'utf8')).toBe('new')
  expect(await readdir(directory)).toEqual(['rules.yaml'])
})
