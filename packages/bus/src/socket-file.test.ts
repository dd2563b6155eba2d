import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { listenOnFile, probeSocket } from './socket-file.js'

vi.mock('node:fs/promises', async original => {
  const real = await original<{ rename: typeof rename }>()
  return { ...real, rename: vi.fn(real.rename) }
})

it('gives the socket back to a server that came up between the probe and the removal', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'packet-logs-bus-')), 'bus.sock')
  onTestFinished(() => rmSync(dirname(path), { recursive: true, force: true }))
  // Stale: the file outlives its listener, which was bound under another name.
  const dead = createServer()
  await new Promise<void>(resolve => dead.listen(`${path}.dead`, resolve))
  await rename(`${path}.dead`, path)
  await new Promise(resolve => dead.close(resolve))
  expect(await probeSocket(path)).toBe('stale')

  const rival = createServer()
  onTestFinished(() => void rival.close())
  const { rename: realRename } = await vi.importActual<{ rename: typeof rename }>('node:fs/promises')
  vi.mocked(rename).mockImplementationOnce(async (from, to) => {
    rmSync(path)
    await new Promise<void>(resolve => rival.listen(path, resolve))
    await realRename(from, to)
  })
  const rivalConnections = vi.fn()
  rival.on('connection', rivalConnections)

  const late = createServer()
  await expect(listenOnFile(late, path, 0o600, 10)).rejects.toMatchObject({ code: 'BUS_SOCKET_IN_USE' })
  expect(late.listening).toBe(false)
  expect(lstatSync(path).isSocket()).toBe(true)
  expect(await probeSocket(path)).toBe('live')
  await vi.waitFor(() => expect(rivalConnections).toHaveBeenCalled())
  expect(readdirSync(dirname(path))).toEqual(['bus.sock'])
})
