import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type BusServer, listenBus } from '../../src/index.js'
import { probeSocket } from '../../src/socket-file.js'
import { temporarySocketPath } from './temporary-path.js'

async function open(path: string, mode?: number): Promise<BusServer> {
  const server = await listenBus(mode === undefined ? { path } : { path, mode })
  onTestFinished(() => server.close())
  return server
}

/** A socket file whose listener was killed. */
function leaveStaleSocket(path: string): void {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  expect(lstatSync(path).isSocket()).toBe(true)
}

describe('the socket file', () => {
  it('makes its directory, is for its owner only, and goes with the server', async () => {
    const path = join(dirname(temporarySocketPath()), 'a', 'b', 'bus.sock')
    const server = await open(path)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(dirname(path))).toEqual(['bus.sock'])
    await server.close()
    expect(readdirSync(dirname(path))).toEqual([])
  })

  it('has the permissions it was given', async () => {
    const path = temporarySocketPath()
    await open(path, 0o666)
    expect(statSync(path).mode & 0o777).toBe(0o666)
  })

  it('replaces a socket that nobody listens behind', async () => {
    const path = temporarySocketPath()
    leaveStaleSocket(path)
    await open(path)
    expect(await probeSocket(path)).toBe('live')
    expect(readdirSync(dirname(path))).toEqual(['bus.sock'])
  })

  it('never replaces a live one', async () => {
    const path = temporarySocketPath()
    const server = await open(path)
    await expect(listenBus({ path })).rejects.toMatchObject({ code: 'BUS_SOCKET_IN_USE', path })
    expect(await probeSocket(path)).toBe('live')
    expect(server.stats.clients).toBeLessThanOrEqual(2)
    expect(readdirSync(dirname(path))).toEqual(['bus.sock'])
  })

  it('never replaces what is not a socket', async () => {
    const path = temporarySocketPath()
    writeFileSync(path, 'precious')
    await expect(listenBus({ path })).rejects.toMatchObject({ code: 'BUS_SOCKET_IN_USE' })
    const linkPath = temporarySocketPath()
    symlinkSync(path, linkPath)
    await expect(listenBus({ path: linkPath })).rejects.toMatchObject({ code: 'BUS_SOCKET_IN_USE' })
    expect([existsSync(path), lstatSync(linkPath).isSymbolicLink()]).toEqual([true, true])
  })

  it('lets exactly one of many win that start at once over a stale socket', async () => {
    const path = temporarySocketPath()
    leaveStaleSocket(path)
    const start = async (delayMs: number): Promise<BusServer> => {
      await sleep(delayMs)
      return listenBus({ path })
    }
    const attempts = await Promise.allSettled(Array.from({ length: 60 }, (_, index) => start(index % 6)))
    const servers = attempts.flatMap(attempt => (attempt.status === 'fulfilled' ? [attempt.value] : []))
    onTestFinished(async () => void (await Promise.all(servers.map(server => server.close()))))
    expect(servers).toHaveLength(1)
    for (const attempt of attempts) {
      if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'BUS_SOCKET_IN_USE' })
    }
    expect(await probeSocket(path)).toBe('live')
    expect(readdirSync(dirname(path))).toEqual(['bus.sock'])
  })

  it("leaves a successor's socket alone when it closes", async () => {
    const path = temporarySocketPath()
    const first = await open(path)
    rmSync(path)
    await open(path)
    await first.close()
    expect(await probeSocket(path)).toBe('live')
  })

  it('is given up, not tried for ever, where the kernel makes no directories', async () => {
    await expect(listenBus({ path: '/proc/none/at/all/bus.sock' })).rejects.toMatchObject({ code: 'BUS_LISTEN' })
  })

  it.each(['/proc/bus.sock', '/proc/self/fdinfo/bus.sock'])('says why it cannot be made at %s', async path => {
    await expect(listenBus({ path })).rejects.toMatchObject({ code: 'BUS_LISTEN', path })
  })

  it('says what to do when it cannot be made', async () => {
    const file = temporarySocketPath()
    writeFileSync(file, '')
    await expect(listenBus({ path: join(file, 'bus.sock') })).rejects.toMatchObject({
      code: 'BUS_LISTEN',
      message: expect.stringMatching(/Cannot listen on .*choose a path/) as string
    })
    await expect(listenBus({ path: `/tmp/${'x'.repeat(120)}` })).rejects.toMatchObject({ code: 'BUS_LISTEN' })
    await expect(listenBus({ path: '' })).rejects.toThrow(/^path: /)
    await expect(listenBus({ path: file, maxClients: 0 })).rejects.toThrow(/^maxClients: /)
    await expect(listenBus({ path: file, maxLineBytes: 1 })).rejects.toThrow(/^maxLineBytes: /)
  })
})
