import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultTokenPath, ensureTokenFile } from './http-token.js'

describe('the token that the daemon makes', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packet-logsd-token-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('is random, for its owner only, and leaves nothing else behind', async () => {
    const paths = [join(folder, 'a', 'http-token'), join(folder, 'b', 'http-token')]
    for (const path of paths) {
      expect(await ensureTokenFile(path)).toBe(true)
      expect((await stat(path)).mode & 0o777).toBe(0o600)
      expect(await readFile(path, 'utf8')).toMatch(/^[\w-]{43}\n$/)
      expect(await readdir(join(path, '..'))).toEqual(['http-token'])
    }
    const [one, other] = await Promise.all(paths.map(path => readFile(path, 'utf8')))
    expect(one).not.toBe(other)
  })

  it('stays the same over restarts, whoever wrote it', async () => {
    const path = join(folder, 'http-token')
    await writeFile(path, 'mine\n')
    expect(await ensureTokenFile(path)).toBe(false)
    expect(await readFile(path, 'utf8')).toBe('mine\n')
    expect(await readdir(folder)).toEqual(['http-token'])
  })

  it('is never taken from where a link leads', async () => {
    await symlink('/etc/hostname', join(folder, 'http-token'))
    await expect(ensureTokenFile(join(folder, 'http-token'))).rejects.toThrow(/not this user's own file/)
  })

  it.each([
    ['beside our own bus', { ownBusPath: '/tmp/x/bus.sock', env: {}, isRoot: true }, '/tmp/x/http-token'],
    ["in root's directory, where the bus is somebody else's", { env: {}, isRoot: true }, '/run/packet-logs/http-token'],
    [
      "in the user's directory",
      { env: { XDG_RUNTIME_DIR: '/run/user/7' }, isRoot: false },
      '/run/user/7/packet-logs/http-token'
    ]
  ])('stands %s', (_where, place, path) => {
    expect(defaultTokenPath(place)).toBe(path)
  })

  it('has no place where there is none, and says what to do', () => {
    expect(() => defaultTokenPath({ env: {}, isRoot: false })).toThrow(/http\.tokenFile: .*name a file of tokens/)
  })
})
