import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connectBus, listenBus } from '@packet-logs/bus'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Command, waitFor } from '../support/command.js'
import { commandPath } from '../support/run-command.js'

describe('packet-logs bus, publish and subscribe', () => {
  let directory: string
  let socket: string
  const commands: Command[] = []

  const start = (args: readonly string[], input?: string | null): Command => {
    const command = new Command([...args, '--socket', socket], input)
    commands.push(command)
    return command
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'packet-logs-cli-'))
    socket = join(directory, 'bus.sock')
  })

  afterEach(async () => {
    for (const { process: child } of commands.splice(0)) child.kill('SIGKILL')
    await rm(directory, { recursive: true })
  })

  it('carry events from a publisher to readers of their prefixes, and end with 0 when told to', async () => {
    const bus = start(['bus']).read()
    await bus.said('bus ready at')
    const some = start(['subscribe', 'nft:drop', 'alert:']).read()
    const all = start(['subscribe', '-j']).read()
    await Promise.all([some.said('listening'), all.said('listening')])
    expect(await start(['publish', 'nft:drop:input', '{"a":1.0}']).exitCode()).toBe(0)
    expect(await start(['publish', 'other:x', 'evil\u001b[2J']).exitCode()).toBe(0)
    expect(await start(['publish', 'alert:y', '-'], '1\n"two"\nthree').exitCode()).toBe(0)
    await waitFor(() => all.stdout.split('\n').length > 5)
    expect(all.stdout.split('\n')).toEqual([
      '{"Topic":"nft:drop:input","Value":{"a":1.0}}',
      '{"Topic":"other:x","Value":"evil\\u001b[2J"}',
      '{"Topic":"alert:y","Value":1}',
      '{"Topic":"alert:y","Value":"two"}',
      '{"Topic":"alert:y","Value":"three"}',
      ''
    ])
    await waitFor(() => some.stdout.includes('three'))
    expect(some.stdout.replaceAll(/^\S+ /gm, '').split('\n')).toEqual([
      'nft:drop:input {"a":1}',
      'alert:y 1',
      'alert:y two',
      'alert:y three',
      ''
    ])
    some.process.kill('SIGINT')
    all.process.kill('SIGTERM')
    expect(await some.exitCode()).toBe(0)
    expect(await all.exitCode()).toBe(0)
    bus.process.kill('SIGINT')
    expect(await bus.exitCode()).toBe(0)
    expect(all.stderr).toBe(`packet-logs: listening at ${socket}\n`)
  })

  it('show the last event and end with 0 when the bus goes away, if nobody wants to wait for it', async () => {
    const server = await listenBus({ path: socket })
    const reader = start(['subscribe', '-j', '--no-reconnect']).read()
    await reader.said('listening')
    await waitFor(() => server.stats.readers === 1)
    for (let number = 0; number < 1000; number++) server.broker.publish('t', number)
    await server.close()
    expect(await reader.exitCode()).toBe(0)
    expect(reader.stdout.trimEnd().split('\n').at(-1)).toBe('{"Topic":"t","Value":999}')
    expect(reader.stdout.trimEnd().split('\n')).toHaveLength(1000)
  })

  it('subscribe ends with 0 when its time is up', async () => {
    await using server = await listenBus({ path: socket })
    const command = start(['subscribe', '--timeout', '0.5']).read()
    expect(await command.exitCode()).toBe(0)
    expect(command.stderr).toBe(`packet-logs: listening at ${server.path}\n`)
  })

  it('subscribe says when the bus goes, and goes on when it comes back', async () => {
    const first = await listenBus({ path: socket })
    const reader = start(['subscribe', '-j', 'a:', 'b:']).read()
    await reader.said('listening')
    await first.close()
    await reader.said('the bus is gone')
    await using second = await listenBus({ path: socket })
    await reader.said('the bus is back')
    // The connection stands a moment before the server has read what is asked for.
    await waitFor(() => {
      second.broker.publish('b:x', { again: true })
      return reader.stdout !== ''
    })
    expect(reader.stdout).toMatch(/^{"Topic":"b:x","Value":{"again":true}}\n/)
    expect(reader.stderr.match(/is gone/g)).toHaveLength(1)
  })

  it('subscribe ends without a fuss when its reader has seen enough', async () => {
    await using server = await listenBus({ path: socket })
    const reader = start(['subscribe'])
    await reader.said('listening')
    const lines = createInterface({ input: reader.process.stdout ?? process.stdin })
    const timer = setInterval(() => server.broker.publish('a', 'x'.repeat(1_000)), 5)
    await once(lines, 'line')
    reader.process.stdout?.destroy()
    expect(await reader.exitCode()).toBe(0)
    clearInterval(timer)
    expect(reader.stderr).toBe(`packet-logs: listening at ${socket}\n`)
  })

  it('subscribe neither grows nor hangs when nobody reads its output, and says what was lost', async () => {
    await using server = await listenBus({ path: socket })
    const reader = start(['subscribe'])
    await reader.said('listening')
    const value = 'x'.repeat(1_000)
    await using client = await connectBus({ path: server.path })
    for (let sent = 0; sent < 100_000; sent++) {
      client.publishText('flood', value)
      if (sent % 1_000 === 999) await client.drain()
    }
    await reader.said('events lost')
    expect(residentBytes(reader.process.pid ?? 0)).toBeLessThan(160e6)
    reader.process.kill('SIGTERM')
    expect(await reader.exitCode()).toBe(0)
  })

  it('bus and publish tell programs in JSON what they did', async () => {
    const bus = start(['bus', '--json']).read()
    await waitFor(() => bus.stdout.includes('ready'))
    const one = start(['publish', 'a', 'b', '--json']).read()
    const two = start(['publish', 'a', '-', '--json'], 'x\ny\n').read()
    expect([await one.exitCode(), await two.exitCode()]).toEqual([0, 0])
    expect(JSON.parse(one.stdout)).toEqual({ topic: 'a', published: 1, lost: 0 })
    expect(JSON.parse(two.stdout)).toEqual({ topic: 'a', published: 2, lost: 0 })
    bus.process.kill('SIGTERM')
    expect(await bus.exitCode()).toBe(0)
    expect(
      bus.stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as unknown)
    ).toEqual([
      { type: 'ready', path: socket },
      { type: 'closed', published: 3, dropped: 0, path: socket }
    ])
    expect(bus.stderr).toBe('')
  })

  it('publish hands over a long stream whole', async () => {
    await using server = await listenBus({ path: socket })
    await using events = server.broker.subscribe('long')
    const count = 20_000
    const input = Array.from({ length: count }, (_, index) => `${index} ${'x'.repeat(300)}\n`).join('')
    const publisher = start(['publish', 'long:x', '-'], input)
    let next = 0
    for await (const { value } of events) {
      expect(Number.parseInt(value, 10)).toBe(next++)
      if (next === count) break
    }
    expect(await publisher.exitCode()).toBe(0)
  })

  it('publish - ends lines where they end, and not at a carriage return or a line separator inside', async () => {
    await using server = await listenBus({ path: socket })
    await using events = server.broker.subscribe('')
    const publisher = start(['publish', 't', '-'], 'a\rb\r\nc\u2028d\n\nlast')
    expect(await publisher.exitCode()).toBe(0)
    await server.close()
    const values: string[] = []
    for await (const { value } of events) values.push(value)
    expect(values).toEqual(['a\rb', 'c\u2028d', '', 'last'])
  })

  it('publish - ends when it is told to, though the bus is away, and says what that means', async () => {
    const server = await listenBus({ path: socket })
    const publisher = start(['publish', 't', '-'], null)
    // The first connections only asked whether the bus answers, and listened what it speaks.
    await waitFor(() => server.stats.accepted === 3)
    await server.close()
    publisher.process.stdin?.end('an event\n')
    await new Promise(resolve => setTimeout(resolve, 200))
    publisher.process.kill('SIGTERM')
    expect(await publisher.exitCode()).toBe(1)
    expect(publisher.stderr).toContain('closed before the bus had everything')
  })

  it('subscribe ends with 1 when the disk is full', async () => {
    await using server = await listenBus({ path: socket })
    const full = openSync('/dev/full', 'w')
    const reader = spawn(process.execPath, [commandPath, 'subscribe', '--socket', socket], {
      stdio: ['ignore', full, 'pipe']
    })
    closeSync(full)
    let stderr = ''
    reader.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    await waitFor(() => server.stats.readers === 1)
    server.broker.publish('t', 1)
    expect((await once(reader, 'close'))[0]).toBe(1)
    expect(stderr).toContain('the output cannot be written: ENOSPC')
  })

  it('subscribe ends when its time is up, though nobody reads its output', async () => {
    await using server = await listenBus({ path: socket })
    const reader = start(['subscribe', '--timeout', '1'])
    await waitFor(() => server.stats.readers === 1)
    for (let sent = 0; sent < 1_000; sent++) server.broker.publishText('flood', 'x'.repeat(1_000))
    await once(reader.process, 'exit')
    expect(reader.process.exitCode).toBe(0)
  })

  it('publish fails when there is no bus, and bus when there is one already', async () => {
    const publisher = start(['publish', 'a', 'b'])
    expect(await publisher.exitCode()).toBe(1)
    expect(publisher.stderr).toContain(`no bus answers at ${socket}`)
    await using server = await listenBus({ path: socket })
    const second = start(['bus'])
    expect(await second.exitCode()).toBe(1)
    expect(second.stderr).toMatch(/^packet-logs: .*bus\.sock/)
    expect(server.stats.received).toBe(0)
  })
})

function residentBytes(pid: number): number {
  const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')
  return Number(pages) * 4_096
}
