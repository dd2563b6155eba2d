import { linkSync, lstatSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { link } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { claimPath, listenOnFile, probeSocket } from './socket-file.js'

vi.mock('node:fs/promises', async original => {
  const real = await original<{ link: typeof link }>()
  return { ...real, link: vi.fn(real.link) }
})

it('leaves the socket to a server that came up between the probe and the removal', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'packet-logs-bus-')), 'bus.sock')
  onTestFinished(() => rmSync(dirname(path), { recursive: true, force: true }))
  await makeStaleSocket(path)
  expect(await probeSocket(path)).toBe('stale')

  const rival = createServer()
  onTestFinished(() => void rival.close())
  const { link: realLink } = await vi.importActual<{ link: typeof link }>('node:fs/promises')
  // The first link is the new socket's own, in vain; the second claims the stale one.
  vi.mocked(link)
    .mockImplementationOnce(realLink)
    .mockImplementationOnce(async (from, to) => {
      rmSync(path)
      await new Promise<void>(resolve => rival.listen(path, resolve))
      await realLink(from, to)
    })
  const rivalConnections = vi.fn()
  rival.on('connection', rivalConnections)

  const late = createServer()
  await expect(listenOnFile(late, path, { mode: 0o600, uid: -1, gid: -1 }, 10)).rejects.toMatchObject({
    code: 'BUS_SOCKET_IN_USE'
  })
  expect(late.listening).toBe(false)
  expect(lstatSync(path).isSocket()).toBe(true)
  expect(await probeSocket(path)).toBe('live')
  await vi.waitFor(() => expect(rivalConnections).toHaveBeenCalled())
  expect(readdirSync(dirname(path))).toEqual(['bus.sock'])
})

it('does not wait for ever for a server that died while it replaced a stale socket', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'packet-logs-bus-')), 'bus.sock')
  onTestFinished(() => rmSync(dirname(path), { recursive: true, force: true }))
  await makeStaleSocket(path)
  linkSync(path, claimPath(path, lstatSync(path).ino))
  const later = Date.now() + 60_000
  vi.spyOn(Date, 'now').mockReturnValue(later)
  onTestFinished(() => void vi.restoreAllMocks())

  const server = createServer()
  onTestFinished(() => void server.close())
  await listenOnFile(server, path, { mode: 0o600, uid: -1, gid: -1 }, 10)
  expect(readdirSync(dirname(path))).toEqual(['bus.sock'])
})

/** A file that outlives its listener, which was bound under another name. */
async function makeStaleSocket(path: string): Promise<void> {
  const dead = createServer()
  await new Promise<void>(resolve => dead.listen(`${path}.dead`, resolve))
  renameSync(`${path}.dead`, path)
  await new Promise(resolve => dead.close(resolve))
}
