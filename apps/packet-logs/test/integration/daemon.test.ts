import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectBus, listenBus } from '@packet-logs/bus'
import { type Lab, openLab } from '@packet-logs/lab'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { logRules, send, soon, start, take } from './run-daemon.js'

describeWithKernel('packet-logsd', () => {
  let folder: string
  let busPath: string
  let lab: Lab

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packet-logsd-'))
    busPath = join(folder, 'eventbus.sock')
    lab = await openLab()
    await lab.nft(logRules)
  })

  afterEach(async () => {
    await lab.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('publishes what the kernel logs, IPv4 and IPv6, on the bus that it serves', async () => {
    const daemon = start(lab, ['--bus-listen', busPath])
    expect(await daemon.ready).toContain(`reading groups 0 (allowed), 1 (blocked), serving the bus at ${busPath}`)
    await using client = await connectBus({ path: busPath })
    const subscription = client.subscribe('nft:')
    await subscription.ready
    await send(lab, [9001, 9002])

    const events = await take(subscription, 4)
    const seen = (topic: string, value: object): unknown =>
      expect.objectContaining({ topic, value: expect.objectContaining(value) as unknown })
    const ipv4 = { IP: expect.objectContaining({ SrcIP: '127.0.0.1' }) as unknown, InDev: 'lo' }
    const ipv6 = { IPv6: expect.objectContaining({ SrcIP: '::1' }) as unknown, InDev: 'lo' }
    expect(events).toEqual(
      expect.arrayContaining([
        seen('nft:lan:in', { ...ipv4, Prefix: 'lan:in ', Action: 'allowed' }),
        seen('nft:lan:in', { ...ipv6, Prefix: 'lan:in ', Action: 'allowed' }),
        seen('nft:drop:input', { ...ipv4, Prefix: 'drop:input ', Action: 'blocked' }),
        seen('nft:drop:input', { ...ipv6, Prefix: 'drop:input ', Action: 'blocked' })
      ])
    )
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'publishes on %s what the kernel still held, then ends and removes its socket',
    async signal => {
      // The kernel holds packets for a minute or until there are a thousand; only the end brings them.
      const config = join(folder, 'config.yaml')
      await writeFile(config, 'capture: { flushMs: 60000, queueThreshold: 1000 }\n')
      const daemon = start(lab, ['--config', config, '--bus-listen', busPath])
      await daemon.ready
      await using client = await connectBus({ path: busPath, reconnect: false })
      const subscription = client.subscribe('nft:')
      await subscription.ready
      await send(lab, [9001, 9002])
      daemon.process.kill(signal)

      const events = await take(subscription, 4)
      expect(events.map(({ topic }) => topic).sort()).toEqual([
        'nft:drop:input',
        'nft:drop:input',
        'nft:lan:in',
        'nft:lan:in'
      ])
      expect(await daemon.exitCode).toBe(0)
      expect(existsSync(busPath)).toBe(false)
    }
  )

  it('ends in order in the middle of a flood', async () => {
    const daemon = start(lab, ['--bus-listen', busPath])
    await daemon.ready
    const flood = lab.spawn(process.execPath, [
      '-e',
      `const socket = require('dgram').createSocket('udp4')
       socket.connect(9001, '127.0.0.1', () => {
         const send = () => {
           for (let i = 0; i < 500; i++) socket.send('hello', () => undefined)
           setImmediate(send)
         }
         send()
       })`
    ])
    await using client = await connectBus({ path: busPath, reconnect: false })
    await take(client.subscribe('nft:'), 2000)
    daemon.process.kill('SIGTERM')
    expect(await daemon.exitCode).toBe(0)
    expect(existsSync(busPath)).toBe(false)
    flood.kill()
  })

  it.each(['SIGTERM', 'SIGHUP'] as const)('ends on %s, whenever in its start that comes', async signal => {
    for (let delayMs = 40; delayMs <= 400; delayMs += 60) {
      const daemon = start(lab, ['--bus-listen', busPath])
      await sleep(delayMs)
      daemon.process.kill(signal)
      // The signal itself ends it as long as there is no handler.
      expect([0, null]).toContain(await daemon.exitCode)
      expect(existsSync(busPath)).toBe(false)
    }
  })

  it('goes on when nobody reads what it says any more', async () => {
    const daemon = start(lab, ['--bus-connect', busPath])
    await soon(() => daemon.lines.length).toBe(1)
    daemon.process.stderr?.destroy()
    await using server = await listenBus({ path: busPath })
    const subscription = server.broker.subscribe('nft:')
    await soon(() => server.stats.clients).toBeGreaterThan(0)
    let hasCome = false
    const events = take(subscription, 2).finally(() => (hasCome = true))
    // Nobody can say any more when it is ready.
    await soon(async () => {
      await send(lab, [9001])
      return hasCome
    }).toBe(true)
    expect(await events).toHaveLength(2)
  })

  it("waits for somebody else's bus, publishes there, and comes back when it was restarted", async () => {
    const daemon = start(lab, ['--bus-connect', busPath])
    await sleep(300)
    expect(daemon.lines).toEqual([])
    const events = async (): Promise<string[]> => {
      await using server = await listenBus({ path: busPath })
      await soon(() => server.stats.clients).toBeGreaterThan(0)
      await daemon.ready
      const subscription = server.broker.subscribe('nft:')
      await send(lab, [9001])
      return (await take(subscription, 2)).map(({ topic }) => topic)
    }
    expect(await events()).toEqual(['nft:lan:in', 'nft:lan:in'])
    expect(await events()).toEqual(['nft:lan:in', 'nft:lan:in'])
    await soon(() => daemon.lines.join('\n')).toMatch(/is gone.*\n.*the bus is back/)
    daemon.process.kill('SIGTERM')
    expect(await daemon.exitCode).toBe(0)
  })

  it('says that a group is taken when another process has it, and which', async () => {
    const first = start(lab, ['--bus-listen', busPath])
    await first.ready
    const second = start(lab, ['--group', '1', '--bus-listen', join(folder, 'other.sock')])
    expect(await second.exitCode).toBe(1)
    expect(second.lines.join('\n')).toMatch(/group 1/)
    expect(existsSync(join(folder, 'other.sock'))).toBe(false)
  })

  it('says what it needs when it is not privileged', async () => {
    const daemon = start(
      lab,
      ['--bus-listen', busPath],
      ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all', '--no-new-privs']
    )
    expect(await daemon.exitCode).toBe(1)
    expect(daemon.lines.join('\n')).toMatch(/CAP_NET_ADMIN/)
  })

  it('refuses a wrong configuration before it touches anything, naming the line and the field', async () => {
    const config = join(folder, 'config.yaml')
    await writeFile(config, 'groups:\n  - group: 1\n    actoin: blocked\n')
    const daemon = start(lab, ['--config', config, '--bus-listen', busPath])
    expect(await daemon.exitCode).toBe(2)
    expect(daemon.lines.join('\n')).toMatch(/config\.yaml:3: groups\[0\]: .*actoin/)
  })
})
