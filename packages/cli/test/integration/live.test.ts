import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BusServer, listenBus } from '@packet-logs/bus'
import { formatPacketInfo } from '@packet-logs/decoder'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PtyCommand, type PtyOptions } from '../support/pty-command.js'

const syn = Buffer.from('450000281234400040060000c0a80205080808089c4001bb00000001000000005002faf019740000', 'hex')

function packetEvent(group: number): string {
  return formatPacketInfo({ group, prefix: group === 1 ? 'drop:input ' : 'wan:out ', payload: syn }) ?? ''
}

describe('packet-logs subscribe on a terminal', () => {
  let directory: string
  let server: BusServer
  const commands: PtyCommand[] = []

  const start = (args: readonly string[] = [], options?: PtyOptions): PtyCommand => {
    const command = new PtyCommand(['subscribe', '--socket', server.path, ...args], options)
    commands.push(command)
    return command
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'packet-logs-live-'))
    server = await listenBus({ path: join(directory, 'bus.sock') })
  })

  afterEach(async () => {
    for (const command of commands.splice(0)) command.close()
    await server.close()
    await rm(directory, { recursive: true })
  })

  it('shows events as they come, with title and status, and gives the terminal back on q', async () => {
    const view = start(['--replay', '1'])
    server.broker.publishText('nft:drop:input', packetEvent(1))
    await view.shows(/blocked drop:input .* TCP .*192\.168\.2\.5:40000 → 8\.8\.8\.8:443/)
    expect(view.screen.isAlternate).toBe(true)
    expect(view.screen.lines[0]).toContain(server.path)
    server.broker.publish('wifi:auth', { MAC: '02:00:00:00:00:01' })
    await view.shows('wifi:auth {"MAC":"02:00:00:00:00:01"}')
    await view.shows(/live · [\d,.]+\/s · 2 events/)
    view.type('q')
    expect((await view.ended()).code).toBe(0)
  })

  it('pauses, filters while it is typed, and shows everything about an event', async () => {
    const view = start()
    await view.shows('waiting for events')
    await publishUntilSeen(view, 'ready:x', 'ready')
    view.type(' ')
    await view.shows('paused')
    server.broker.publishText('nft:drop:input', packetEvent(1))
    server.broker.publishText('nft:wan:out', packetEvent(0))
    await view.shows('2 new')
    expect(view.screen.lines.join('\n')).not.toContain('192.168.2.5')
    view.type(' ')
    await view.shows('8.8.8.8:443')
    view.type('/acton')
    await view.shows('did you mean action?')
    view.type('\x7f\x7fion == "blocked"')
    await view.shows(/blocked drop:input(.|\n)*\n\/action == "blocked"$/)
    expect(view.screen.modes.get(25)).toBe(true)
    expect(view.screen.lines.join('\n')).not.toContain('wan:out')
    view.type('\r')
    await view.shows('filter action == "blocked"')
    expect(view.screen.modes.get(25)).toBe(false)
    view.type('\x1b[A\r')
    await view.shows(/TCP .*DstPort=443/)
    view.type('j')
    await view.shows('"DstPort": 443')
    view.type('\x1b')
    await view.shows('chosen')
    view.type('?')
    await view.shows('only topics that begin with')
    view.type('\x03')
    expect((await view.ended()).code).toBe(0)
  })

  it('draws anew at every size, from nothing to huge', async () => {
    const view = start()
    await publishUntilSeen(view, 'size:x', 'ready')
    for (const [columns, rows] of [
      [20, 3],
      [1, 1],
      [300, 100],
      [80, 24]
    ] as const) {
      view.resize(columns, rows)
      server.broker.publishText('size:x', `at ${columns}x${rows} 日本語 ${'wide 文字 '.repeat(40)}`)
      if (columns > 20) await view.shows(`at ${columns}x${rows} 日本語`)
      else await new Promise(resolve => setTimeout(resolve, 150))
      expect(view.screen.lines).toHaveLength(rows)
    }
    view.type('q')
    expect((await view.ended()).code).toBe(0)
  })

  it.each([
    ['SIGTERM', 0],
    ['SIGHUP', 0],
    ['SIGQUIT', 131]
  ] as const)('gives the terminal back when %s ends it', async (signal, code) => {
    const view = start()
    await publishUntilSeen(view, 'signal:x', 'ready')
    process.kill(view.pid, signal)
    expect((await view.ended()).code).toBe(code)
  })

  it('gives the terminal back when the program fails, and the error is not lost with the screen', async () => {
    const bomb = 'data:text/javascript,setTimeout(() => { throw new Error("a bug") }, 1500)'
    const view = start([], {
      env: { NODE_OPTIONS: `--import "${bomb.replaceAll('"', '\\"').replaceAll(' ', '%20')}"` }
    })
    const { code, text } = await view.ended()
    expect(code).toBe(1)
    expect(text).toContain('a bug')
  })

  it('ends when its terminal goes away', async () => {
    const view = start()
    await publishUntilSeen(view, 'hangup:x', 'ready')
    const { pid } = view
    view.close()
    while (existsSync(`/proc/${pid}`)) await new Promise(resolve => setTimeout(resolve, 20))
  })

  it('draws a bounded number of frames however many events come, and says what was lost', async () => {
    const view = start()
    await publishUntilSeen(view, 'flood:x', 'ready')
    const before = { bytes: view.sentBytes, atMs: performance.now() }
    const value = JSON.stringify({ text: 'x'.repeat(600) })
    let sent = 0
    while (performance.now() - before.atMs < 2_000) {
      for (let count = 0; count < 500; count++) server.broker.publishText(`flood:${sent++ % 7}`, value)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    const seconds = (performance.now() - before.atMs) / 1000
    // A frame is at most a screen of text with its colours; the least that 20 frames a second need is a fraction of it.
    const screenBytes = 24 * (80 + 60)
    expect(view.sentBytes - before.bytes).toBeLessThan(21 * seconds * screenBytes)
    expect(sent / seconds).toBeGreaterThan(5_000)
    view.type('q')
    expect((await view.ended()).code).toBe(0)
  })

  it.each([
    ['NO_COLOR', { NO_COLOR: '1' }],
    ['TERM=dumb', { TERM: 'dumb' }]
  ])('prints plain lines with %s', async (_name, env) => {
    const view = start(['--replay', '1', '--timeout', '1.5'], { env })
    server.broker.publishText('plain:x', 'hello')
    const { code, text } = await view.ended()
    expect(code).toBe(0)
    expect(text).toMatch(/\d plain:x hello\r\n/)
    expect(text).not.toContain('\x1b')
  })

  it('tells of losses in the list, and of the bus when it goes and comes back', async () => {
    const view = start()
    await publishUntilSeen(view, 'gap:x', 'ready')
    server.broker.reportLoss({ where: 'kernel', lost: 3, group: 1 })
    server.broker.reportLoss({ where: 'kernel', lost: 4, group: 1 })
    await view.shows('-- 7 events lost (kernel, group 1) --')
    await view.shows('7 lost')
    const { path } = server
    await server.close()
    await view.shows('the bus is gone, waiting for it')
    server = await listenBus({ path })
    await view.shows('an unknown number of events lost')
    await publishUntilSeen(view, 'gap:y', 'again')
    view.type('q')
    expect((await view.ended()).code).toBe(0)
  })

  it('stops and comes back as other programs do', async () => {
    const view = start()
    await publishUntilSeen(view, 'stop:x', 'before')
    process.kill(view.pid, 'SIGSTOP')
    process.kill(view.pid, 'SIGCONT')
    await publishUntilSeen(view, 'stop:x', 'after')
    view.type('\x1a')
    await publishUntilSeen(view, 'stop:x', 'again')
    expect(view.screen.isAlternate).toBe(true)
    view.type('q')
    expect((await view.ended()).code).toBe(0)
  })

  async function publishUntilSeen(view: PtyCommand, topic: string, text: string): Promise<void> {
    const timer = setInterval(() => server.broker.publishText(topic, text), 100)
    try {
      await view.shows(`${topic} ${text}`)
    } finally {
      clearInterval(timer)
    }
  }
})
