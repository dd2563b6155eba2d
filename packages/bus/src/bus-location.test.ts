import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { busCandidates, chooseBusRole, defaultBusPath, findBusSocket } from './bus-location.js'
import { listenBus } from './server.js'

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'packet-logs-bus-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function serve(path: string): Promise<string> {
  const server = await listenBus({ path })
  onTestFinished(() => server.close())
  return path
}

describe('where a bus is', () => {
  it('is not behind an empty name', async () => {
    await expect(findBusSocket({ socket: '' })).rejects.toThrow(/^socket: /)
  })

  it('is looked for in the documented order', () => {
    expect(busCandidates({ PACKET_LOGS_SOCKET: '/p', TEST_PREFIX: '/t', XDG_RUNTIME_DIR: '/run/user/7' })).toEqual([
      '/p',
      '/t/state/api/eventbus.sock',
      '/state/api/eventbus.sock',
      '/state/plugins/packet_logs/server.sock',
      '/run/packet-logs/eventbus.sock',
      '/run/user/7/packet-logs/eventbus.sock'
    ])
    expect(busCandidates({ PACKET_LOGS_SOCKET: '', TEST_PREFIX: '' })).toEqual([
      '/state/api/eventbus.sock',
      '/state/plugins/packet_logs/server.sock',
      '/run/packet-logs/eventbus.sock'
    ])
  })

  it('is the first that answers, and only the one that was named', async () => {
    const directory = temporaryDirectory()
    const live = await serve(join(directory, 'state/api/eventbus.sock'))
    const env = { PACKET_LOGS_SOCKET: join(directory, 'none'), TEST_PREFIX: directory }
    expect(await findBusSocket({ env })).toBe(live)
    expect(await findBusSocket({ env, socket: live })).toBe(live)
    expect(await findBusSocket({ env, socket: join(directory, 'none') })).toBeUndefined()
  })

  it('is not where the name leads nowhere', async () => {
    const loop = join(temporaryDirectory(), 'loop')
    symlinkSync(loop, loop)
    expect(await findBusSocket({ socket: loop })).toBeUndefined()
  })

  it('is told apart from a bus that does not let this user in', async () => {
    const directory = temporaryDirectory()
    chmodSync(directory, 0o755)
    const env = { TEST_PREFIX: directory }
    const closed = await serve(join(directory, 'state/api/eventbus.sock'))
    chmodSync(closed, 0)
    // Root is let in everywhere.
    if (process.getuid?.() === 0) {
      process.seteuid?.(65534)
      onTestFinished(() => void process.seteuid?.(0))
    }
    await expect(findBusSocket({ env })).rejects.toMatchObject({ code: 'BUS_CONNECT', path: closed })
    await expect(findBusSocket({ socket: closed })).rejects.toThrow(/does not let this user in/)
  })

  it('is by default below /run for root and in the runtime directory for others', () => {
    const env = { XDG_RUNTIME_DIR: '/run/user/7' }
    expect(defaultBusPath(env, 0)).toBe('/run/packet-logs/eventbus.sock')
    expect(defaultBusPath(env, 7)).toBe('/run/user/7/packet-logs/eventbus.sock')
    expect(defaultBusPath({}, 7)).toBeUndefined()
  })
})

describe('a daemon that was told nothing', () => {
  it('joins the bus that is named in the environment, if it answers', async () => {
    const path = await serve(join(temporaryDirectory(), 'bus.sock'))
    expect(await chooseBusRole({ PACKET_LOGS_SOCKET: path })).toEqual({ role: 'connect', path, wait: false })
  })

  it("waits for SPR's bus wherever SPR's API is", async () => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'state/api'), { recursive: true })
    const path = join(directory, 'state/api/eventbus.sock')
    expect(await chooseBusRole({ TEST_PREFIX: directory }, 0)).toEqual({ role: 'connect', path, wait: true })
  })

  it('joins a bus of ours that answers, else is the bus', async () => {
    const env = { XDG_RUNTIME_DIR: temporaryDirectory() }
    const path = join(env.XDG_RUNTIME_DIR, 'packet-logs/eventbus.sock')
    expect(await chooseBusRole(env, 7)).toEqual({ role: 'listen', path })
    await serve(path)
    expect(await chooseBusRole(env, 7)).toEqual({ role: 'connect', path, wait: false })
  })
})
