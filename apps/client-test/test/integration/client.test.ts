import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { type BusServer, listenBus } from '@packet-logs/bus'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { main } from '../../src/index.js'

const query = {
  UDP: { SrcPort: 5000, DstPort: 53 },
  IP: { SrcIP: '192.168.2.33', DstIP: '9.9.9.9', Length: 61, Protocol: 17 },
  DNS: { QR: false, Questions: [{ Name: Buffer.from('www.example.org').toString('base64'), Type: 1, Class: 1 }] },
  Prefix: 'wan:out ',
  Action: 'allowed',
  Timestamp: '2023-11-14T22:13:20Z',
  InDev: '',
  OutDev: 'eth0'
}

/** A stream that keeps what is written, and can be slow or broken. */
class Sink extends Writable {
  text = ''
  /** Called when a chunk has been taken. */
  take: (done: (error?: Error) => void) => void = done => done()

  override _write(chunk: Buffer, _: string, done: (error?: Error) => void): void {
    this.text += chunk.toString()
    this.take(done)
  }
}

let folder = ''
let path = ''
let bus: BusServer
const ending: AbortController[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packet-logs-client-test-'))
  path = join(folder, 'bus.sock')
  bus = await listenBus({ path })
})

afterEach(async () => {
  for (const controller of ending.splice(0)) controller.abort()
  await bus.close()
  await rm(folder, { recursive: true })
})

interface Client {
  stdout: Sink
  stderr: Sink
  exitCode: Promise<number>
  interrupt(): void
}

function run(...argv: string[]): Client {
  const controller = new AbortController()
  ending.push(controller)
  const stdout = new Sink()
  const stderr = new Sink()
  const exitCode = main([...argv, '--socket', path], { stdout, stderr, env: {} }, controller.signal)
  return { stdout, stderr, exitCode, interrupt: () => controller.abort() }
}

/** Publishes until the client, which may still be connecting, has printed something new. */
async function publishUntilSeen(client: Client, topic: string, value: unknown, expected: string): Promise<void> {
  await vi.waitFor(
    () => {
      bus.broker.publish(topic, value)
      expect(client.stdout.text).toContain(expected)
    },
    { timeout: 10_000, interval: 20 }
  )
}

it('prints packets of nft:wan:out and the look-ups that match, until Ctrl-C', async () => {
  const client = run('--dns', '*.example.org')
  await publishUntilSeen(
    client,
    'nft:wan:out',
    query,
    'allowed wan:out      →eth0       DNS    192.168.2.33:5000 → 9.9.9.9:53 ? www.example.org A\n'
  )
  expect(client.stdout.text).toContain('look-up www.example.org asked by 192.168.2.33:5000 (nft:wan:out)\n')
  await publishUntilSeen(
    client,
    'dns:serve:192.168.2.34',
    { Q: [{ Name: 'a.example.org.' }], A: [{ A: '192.0.2.1' }], Remote: '192.168.2.34:1024' },
    'look-up a.example.org answered to 192.168.2.34:1024 (dns:serve:192.168.2.34)\n'
  )
  expect(client.stdout.text).not.toContain('nft:lan')
  client.interrupt()
  expect(await client.exitCode).toBe(0)
  expect(client.stderr.text).toBe('')
})

it('prints JSON of the prefixes it is asked for, and of no others', async () => {
  const client = run('nft:drop:', 'wifi:', '--json')
  await publishUntilSeen(client, 'wifi:auth', { a: 1 }, '{"Topic":"wifi:auth","Value":{"a":1}}\n')
  bus.broker.publish('nft:wan:out', query)
  await publishUntilSeen(client, 'nft:drop:input', query, '"nft:drop:input"')
  client.interrupt()
  expect(await client.exitCode).toBe(0)
  const topics = client.stdout.text
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { Topic: string }).Topic)
  expect(new Set(topics)).toEqual(new Set(['wifi:auth', 'nft:drop:input']))
})

it('goes on after any value', async () => {
  const client = run('--dns', '*')
  const values = ['', 'null', '{', '{"DNS":{"Questions":[7]}}', '"\u001b[2J"', '[[[[', '{"IP":null,"Action":{}}']
  await publishUntilSeen(client, 'nft:wan:out', query, 'look-up')
  for (const value of values) bus.broker.publishText('nft:wan:out', value)
  await publishUntilSeen(client, 'nft:wan:out:last', { last: true }, 'nft:wan:out:last {"last":true}\n')
  expect(client.stdout.text).not.toContain('\u001b')
  client.interrupt()
  expect(await client.exitCode).toBe(0)
})

it('survives restarts of the bus and says so', async () => {
  const client = run('nft:a', 'nft:b')
  await publishUntilSeen(client, 'nft:a', { before: 1 }, 'nft:a {"before":1}')
  for (let restart = 1; restart <= 2; restart++) {
    await bus.close()
    await vi.waitFor(() => expect(client.stderr.text.split('the bus is gone')).toHaveLength(restart + 1))
    bus = await listenBus({ path })
    await publishUntilSeen(client, 'nft:b', { after: restart }, `nft:b {"after":${restart}}`)
    await vi.waitFor(() => expect(client.stderr.text.split('the bus is back')).toHaveLength(restart + 1))
  }
  client.interrupt()
  expect(await client.exitCode).toBe(0)
  expect(client.stderr.text.trim().split('\n')).toHaveLength(4)
})

it('ends cleanly on Ctrl-C while the bus is away', async () => {
  const client = run()
  await publishUntilSeen(client, 'nft:wan:out', query, 'allowed wan:out')
  await bus.close()
  await vi.waitFor(() => expect(client.stderr.text).toContain('the bus is gone'))
  client.interrupt()
  expect(await client.exitCode).toBe(0)
})

it('ends with 0 when its time is up', async () => {
  const before = performance.now()
  expect(await run('--timeout', '0.3').exitCode).toBe(0)
  expect(performance.now() - before).toBeGreaterThanOrEqual(299)
})

it('ends quietly when the reader of its output leaves', async () => {
  const client = run()
  client.stdout.take = done => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  await publishUntilSeen(client, 'nft:wan:out', query, 'allowed wan:out')
  expect(await client.exitCode).toBe(0)
  expect(client.stderr.text).toBe('')
})

it('ends with 1 and says why when its output cannot be written', async () => {
  const client = run()
  client.stdout.take = done => done(Object.assign(new Error('no space left'), { code: 'ENOSPC' }))
  await publishUntilSeen(client, 'nft:wan:out', query, 'allowed wan:out')
  expect(await client.exitCode).toBe(1)
  expect(client.stderr.text).toBe('packet-logs-client-test: the output cannot be written: no space left\n')
})

it('can be interrupted while its output is stuck', async () => {
  const client = run()
  client.stdout.take = () => undefined
  await publishUntilSeen(client, 'nft:wan:out', { text: 'x'.repeat(100_000) }, 'nft:wan:out')
  client.interrupt()
  expect(await client.exitCode).toBe(0)
})

it('ends with 1 and says what to do when there is no bus', async () => {
  const stderr = new Sink()
  const argv = ['--socket', join(folder, 'none.sock')]
  expect(await main(argv, { stdout: new Sink(), stderr, env: {} }, new AbortController().signal)).toBe(1)
  expect(stderr.text).toMatch(/^packet-logs-client-test: no bus answers at .*none\.sock: start packet-logsd/)
})

it('helps', async () => {
  const help = run('--help')
  expect(await help.exitCode).toBe(0)
  expect(help.stdout.text).toMatch(/^Usage: packet-logs-client-test /)
  const wrong = run('--jason')
  expect(await wrong.exitCode).toBe(2)
  expect(wrong.stderr.text).toMatch(/--jason[\s\S]*--help/)
  expect(wrong.stdout.text).toBe('')
})
