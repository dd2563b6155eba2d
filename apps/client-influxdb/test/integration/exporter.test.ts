import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { chmod, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type BusServer, listenBus } from '@packet-logs/bus'
import { grpcDialect } from '@packet-logs/bus/grpc'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { main } from '../../src/main.js'
import { type FakeAnswer, type FakeDatabase, startFake } from '../support/fake-database.js'
import { freePort } from '../support/free-port.js'
import { tcpEvent } from '../support/packets.js'

let folder: string
let port: number
let ending: AbortController
let lines: string[]
let printed: string
let running: Promise<number> | undefined
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packet-logs-exporter-'))
  port = await freePort()
  ending = new AbortController()
  lines = []
  printed = ''
})
afterEach(async () => {
  ending.abort()
  await running
  running = undefined
  for (const close of closing.splice(0)) await close()
  await rm(folder, { recursive: true, force: true })
})

/** Runs the command in this process. */
function run(
  args: readonly string[],
  { env = {}, stdin = Readable.from([]) }: { env?: NodeJS.ProcessEnv; stdin?: Readable } = {}
): Promise<number> {
  running = main(args, {
    writeOut: async text => {
      printed += text
    },
    writeErr: text => lines.push(...text.trimEnd().split('\n')),
    stdin,
    env,
    signal: ending.signal
  })
  return running
}

function start(database: FakeDatabase, ...args: string[]): void {
  const where = ['--socket', join(folder, 'bus.sock'), '--spool', join(folder, 'spool'), '--url', database.url]
  void run([...where, '--flush', '20ms', '--http', `127.0.0.1:${port}`, ...args])
}

async function fake(answer: (lines: readonly string[], index: number) => FakeAnswer): Promise<FakeDatabase> {
  const database = await startFake(answer)
  closing.push(() => database.close())
  return database
}

async function listen(options: Partial<Parameters<typeof listenBus>[0]> = {}): Promise<BusServer> {
  const bus = await listenBus({ path: join(folder, 'bus.sock'), ...options })
  closing.push(() => bus.close())
  return bus
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (await holds()) return
    await sleep(30)
  }
  throw new Error(`it never came to pass:\n${lines.join('\n')}`)
}

const said = (text: string): Promise<void> => until(() => lines.some(line => line.includes(text)))

async function metrics(): Promise<Record<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const values = [...text.matchAll(/^packet_logs_influxdb_(\w+) (\S+)$/gm)].map(
    ([, name, value]) => [name, Number(value)] as const
  )
  return Object.fromEntries(values) as Record<string, number>
}

it('drops the oldest points when the spool is full, and accounts for every one', async () => {
  let isUp = false
  const written: string[] = []
  const database = await fake(batch => {
    if (!isUp) return { status: 503 }
    written.push(...batch)
    return { status: 204 }
  })
  const bus = await listen()
  start(database, '--spool-bytes', '64K', '--schema', 'v2')
  await said('reading the bus')
  let published = 0
  // Addresses that do not compress, so that a small spool is soon full.
  for (let round = 0; round < 40; round += 1) {
    for (let index = 0; index < 200; index += 1, published += 1) {
      bus.broker.publishText('nft:wan:out', tcpEvent(published, { RecentDomainDst: crypto.randomUUID() }))
    }
    await sleep(5)
  }
  await until(async () => (await metrics())['events_total'] === published)
  // Each is in one place, or for a moment on its way into the spool.
  await until(async () => {
    const { spool_points: waiting = 0, spool_dropped_full_total: dropped = 0 } = await metrics()
    return waiting + dropped === published
  })
  const full = await metrics()
  expect(full['spool_bytes']).toBeLessThanOrEqual(65_536)
  expect(full['spool_dropped_full_total']).toBeGreaterThan(0)

  isUp = true
  await until(async () => (await metrics())['spool_points'] === 0)
  const done = await metrics()
  expect(done['points_total']).toBe(published)
  expect((done['points_written_total'] ?? 0) + (done['spool_dropped_full_total'] ?? 0)).toBe(published)
  expect(new Set(written).size).toBe(done['points_written_total'])
  ending.abort()
  expect(await running).toBe(0)
  expect(lines.join('\n')).toMatch(/points DROPPED by the spool/)
})

it('tells its health, and what is away', async () => {
  let status = 204
  const database = await fake(() => ({ status }))
  const bus = await listen()
  start(database)
  await said('reading the bus')
  const ask = async (path: string, method = 'GET'): Promise<[number, unknown]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
    return [response.status, await response.json().catch(() => undefined)]
  }
  expect(await ask('/ready')).toEqual([200, { bus: 'connected', database: 'connected', waitingPoints: 0 }])
  status = 503
  bus.broker.publishText('nft:wan:out', tcpEvent(0))
  await said('the database does not take points: 503; they wait in the spool')
  expect(await ask('/ready')).toEqual([503, { bus: 'connected', database: 'away', waitingPoints: 1 }])
  expect((await ask('/health'))[0]).toBe(200)
  expect((await ask('/else'))[0]).toBe(404)
  expect((await ask('/metrics', 'POST'))[0]).toBe(405)
  status = 204
  await said('the database takes points again')
})

it('puts no more points into a request than it may', async () => {
  const database = await fake(() => ({ status: 204 }))
  const bus = await listen()
  start(database, '--batch', '70')
  await said('reading the bus')
  for (let index = 0; index < 1000; index += 1) bus.broker.publishText('nft:wan:out', tcpEvent(index))
  await until(async () => (await metrics())['points_written_total'] === 1000)
  const sizes = database.requests.map(request => request.lines.length)
  expect(Math.max(...sizes)).toBe(70)
  expect(new Set(database.requests.flatMap(request => request.lines)).size).toBe(1000)
})

it('is not upset by anything that is published', async () => {
  const database = await fake(() => ({ status: 204 }))
  const bus = await listen()
  start(database)
  await said('reading the bus')
  for (const value of ['{}', 'null', '', '{"IP":null,"Prefix":"x"}', '[1]', 'text'])
    bus.broker.publishText('nft:x', value)
  bus.broker.publishText('nft:wan:out', tcpEvent(0, { Prefix: 'a\\' }))
  await until(() => database.requests.length > 0)
  expect(await metrics()).toMatchObject({ events_total: 7, events_skipped_total: 6, points_written_total: 1 })
})

/** A bus like sprbus-json in Go: it knows prefixes, and nothing else. */
async function listenLikeSpr(): Promise<{
  publish(topic: string, value: string): void
  readers: Set<Socket>
  server: Server
}> {
  const readers = new Set<Socket>()
  const server = createServer(socket => {
    socket.once('data', data => {
      const { topic } = JSON.parse(data.toString()) as { topic: string }
      if (topic === 'subscribe:nft:') readers.add(socket)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => readers.delete(socket))
  }).listen(join(folder, 'bus.sock'))
  await once(server, 'listening')
  const publish = (topic: string, value: string): void => {
    for (const reader of readers) reader.write(`${JSON.stringify({ topic, value })}\n`)
  }
  return { readers, server, publish }
}

it('reads SPR’s own bus, and counts a gap whenever that was away', async () => {
  const written: string[] = []
  const database = await fake(batch => {
    written.push(...batch)
    return { status: 204 }
  })
  let bus = await listenLikeSpr()
  start(database)
  await said('which cannot say what is missed')
  bus.publish('nft:wan:out', tcpEvent(0))
  await until(() => written.length === 1)
  expect((await metrics())['gaps_total']).toBe(0)

  for (const reader of bus.readers) reader.destroy()
  bus.server.close()
  await said('the bus is away')
  bus = await listenLikeSpr()
  await until(async () => (await metrics())['bus_connected'] === 1)
  bus.publish('nft:wan:out', tcpEvent(1))
  await until(() => written.length === 2)
  expect(await metrics()).toMatchObject({ gaps_total: 1, gaps_unknown_total: 1, events_lost_total: 0 })
  for (const reader of bus.readers) reader.destroy()
  bus.server.close()
})

it('reads a bus over gRPC, too', async () => {
  const database = await fake(() => ({ status: 204 }))
  const bus = await listen({ dialects: [grpcDialect()] })
  start(database, '--bus', 'grpc')
  await said('reading the bus')
  bus.broker.publishText('nft:wan:out', tcpEvent(0))
  await until(() => database.requests.length > 0)
  expect(database.requests[0]?.lines).toHaveLength(1)
})

it('waits for a bus that is not there yet', async () => {
  const database = await fake(() => ({ status: 204 }))
  start(database)
  await said('the bus is away')
  const bus = await listen()
  await said('reading the bus')
  bus.broker.publishText('nft:wan:out', tcpEvent(0))
  await until(() => database.requests.length > 0)
})

it('counts what the bus says is lost', async () => {
  const database = await fake(() => ({ status: 204 }))
  const bus = await listen()
  start(database, '--schema', 'v2')
  await said('reading the bus')
  bus.broker.reportLoss({ where: 'kernel', lost: 42, group: 1 })
  await until(() => database.requests.length > 0)
  expect(database.requests[0]?.lines[0]).toMatch(/^gaps,group=1,where=kernel gaps=1i,lost=42i \d{19}$/)
  expect(await metrics()).toMatchObject({ gaps_total: 1, gaps_unknown_total: 0, events_lost_total: 42 })
})

it('takes the settings of SPR, and lets environment and flags override them', async () => {
  const database = await fake(() => ({ status: 204 }))
  const config = join(folder, 'api.json')
  const settings = { URL: database.url, Org: '', Bucket: 'mine', Token: 'from-the-file' }
  await writeFile(config, JSON.stringify({ InfluxDB: settings, Plugins: [{ Name: 'other' }], Version: '1' }))
  const events = join(folder, 'events.ndjson')
  await writeFile(events, `${tcpEvent(0)}\n`)
  expect(await run(['--config', config, '--once', events])).toBe(0)
  const token = join(folder, 'token')
  await writeFile(token, 'from-a-file-of-its-own\n')
  const env = { INFLUXDB_ORG: 'ours', INFLUXDB_BUCKET: 'env', INFLUXDB_TOKEN: 'from-the-environment' }
  expect(await run(['--config', config, '--once', events, '--bucket', 'flag'], { env })).toBe(0)
  expect(
    await run(['--config', config, '--once', '-', '--token-file', token], {
      env,
      stdin: Readable.from([`${tcpEvent(0)}\n`])
    })
  ).toBe(0)
  expect(database.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/api/v2/write?org=spr&bucket=mine&precision=ns', 'Token from-the-file'],
    ['/api/v2/write?org=ours&bucket=flag&precision=ns', 'Token from-the-environment'],
    ['/api/v2/write?org=ours&bucket=env&precision=ns', 'Token from-a-file-of-its-own']
  ])
})

it('prints points instead of writing them', async () => {
  const events = join(folder, 'events.ndjson')
  const other = JSON.stringify({ topic: 'dns:serve:x', value: '{}' })
  await writeFile(
    events,
    `${JSON.stringify({ topic: 'nft:wan:out', value: tcpEvent(0) })}\n\n${other}\n${tcpEvent(1)}\nnonsense\n`
  )
  expect(await run(['--dry-run', '--once', events])).toBe(0)
  expect(
    printed
      .trimEnd()
      .split('\n')
      .map(line => line.slice(0, 4))
  ).toEqual(['tcp,', 'tcp,'])
  expect(lines).toEqual(['packet-logs-influxdb: 3 events, 2 points, 1 events skipped'])
})

it('reads compressed events, and counts what is torn off, or longer than any event', async () => {
  const events = join(folder, 'events.ndjson.gz')
  const long = `"${'x'.repeat(5_000_000)}"`
  const packed = gzipSync(`${tcpEvent(0)}\r\n${long}\n${tcpEvent(1)}`)
  await writeFile(events, packed)
  expect(await run(['--dry-run', '--once', events])).toBe(0)
  expect(lines.at(-1)).toContain('3 events, 2 points, 1 events skipped')
  await writeFile(events, packed.subarray(0, -20))
  expect(await run(['--dry-run', '--once', events])).toBe(1)
  expect(lines.at(-1)).toContain('unexpected end of file')
})

it.each([['--dry-run'], ['--url=http://127.0.0.1:9']])(
  'ends when it is told to although its input is quiet: %s',
  async flag => {
    const stdin = new PassThrough()
    stdin.write(`${tcpEvent(0)}\n`)
    const ended = run([flag, '--once', '-'], { stdin })
    await sleep(50)
    ending.abort()
    expect(await ended).toBe(0)
  }
)

it('waits for whoever writes to a named pipe, and ends when told to', async () => {
  const pipe = join(folder, 'pipe')
  await promisify(execFile)('mkfifo', [pipe])
  const ended = run(['--dry-run', '--once', pipe])
  await sleep(50)
  const writing = await open(pipe, constants.O_WRONLY)
  await writing.write(`${tcpEvent(0)}\n`)
  await writing.close()
  expect(await ended).toBe(0)
  expect(lines.at(-1)).toContain('1 events, 1 points')

  const waiting = run(['--dry-run', '--once', pipe])
  await sleep(50)
  ending.abort()
  expect(await waiting).toBe(0)
})

it('says when not everything could be imported', async () => {
  const database = await fake(() => ({ status: 422, body: 'no' }))
  const events = join(folder, 'events.ndjson')
  await writeFile(events, `${tcpEvent(0)}\n`)
  expect(await run(['--url', database.url, '--once', events])).toBe(1)
  expect(lines.at(-1)).toContain('1 events read, 0 points written, 1 refused')
  expect(await run(['--url', database.url, '--once', join(folder, 'nowhere')])).toBe(1)
  expect(lines.at(-1)).toContain('no such file')
})

it.each([
  [['--database', 'influxdb9'], 'influxdb9'],
  [['--database', 'victoriametrics'], '--schema v2'],
  [['--database', 'victoriametrics', '--schema', 'v2', '--once', 'x'], 'the past cannot be imported'],
  [['--address-tags', 'all'], 'top:100'],
  [['--address-tags', 'net:33/56'], 'net:24/56'],
  [['--spool-bytes', '1'], '64K'],
  [['--flush', '5'], '500ms'],
  [['--batch', '0'], 'from 1 to 100000'],
  [['--http', 'here'], '127.0.0.1:9470'],
  [['--url', 'ftp://x'], 'http://'],
  [['--url', 'nonsense'], '--url'],
  [['--timeout', '30d'], '20d'],
  [['--flush', '9999999h'], '20d'],
  [['--token-file', '/nowhere'], 'token'],
  [['--token-file', '/dev/null'], 'is empty'],
  [['--database', 'influxdb1', '--bucket', '/policy'], '--bucket'],
  [['--config', '/nowhere.json'], '/nowhere.json'],
  [['extra'], 'too many arguments']
])('refuses %j', async (args, message) => {
  expect(await run(args)).toBe(2)
  expect(lines.join('\n')).toContain(message)
})

it.each([
  [['--url', 'ftp://me:verysecret@x'], {}],
  [['--url', 'http://me:verysecret%@x'], {}],
  [['--url', 'me:verysecret'], {}],
  [[], { INFLUXDB_TOKEN: 'very\nverysecret' }],
  [[], { INFLUXDB_TOKEN: 'verysecret…' }],
  [['--config', 'half-written'], {}],
  [['--config', 'half-written', '--once', '/dev/null'], {}]
])('keeps secrets to itself when they are wrong: %j', async (args, env) => {
  const config = join(folder, 'half-written.json')
  await writeFile(config, '{"InfluxDB":{"URL":"http://127.0.0.1:9","Token":"verysecret"')
  expect(
    await run(
      args.map(arg => (arg === 'half-written' ? config : arg)),
      { env }
    )
  ).toBe(2)
  expect(lines.join('\n')).not.toContain('secret')
  expect(lines.join('\n')).toMatch(/--url|token|half-written\.json:1/)
})

it('does not start on a spool it cannot use', async () => {
  const database = await fake(() => ({ status: 204 }))
  await writeFile(join(folder, 'spool'), '')
  await chmod(join(folder, 'spool'), 0o600)
  start(database)
  expect(await running).toBe(1)
  expect(lines.join('\n')).toContain('--spool')
})
