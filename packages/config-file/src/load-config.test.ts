import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadConfig } from './load-config.js'

const schema = z.strictObject({ group: z.int() })
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packet-logs-config-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('loadConfig', () => {
  it('reads a file', async () => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, 'group: 9\n')
    await expect(loadConfig(path, { schema })).resolves.toEqual({ group: 9 })
  })

  it('tells a file that cannot be read from one that is wrong', async () => {
    const path = join(folder, 'config.yaml')
    await expect(loadConfig(path, { schema })).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' })
    await writeFile(path, 'group: nine\n')
    await expect(loadConfig(path, { schema })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      problems: [{ name: path, line: 1, field: 'group' }]
    })
  })
})
