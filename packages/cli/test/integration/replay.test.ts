import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { type BusServer, listenBus } from '@packet-logs/bus'
import { fromLoggedPacket, LINKTYPE_RAW, writeCapture } from '@packet-logs/pcap'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Command, waitFor } from '../support/command.js'
import { commandPath } from '../support/run-command.js'

describe('packet-logs replay', () => {
  let directory: string
  let bus: BusServer

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'packet-logs-replay-'))
    bus = await listenBus({ path: join(directory, 'bus.sock') })
  })

  afterEach(async () => {
    await bus.close()
    await rm(directory, { recursive: true })
  })

  interface Replayed {
    stdout: string
    stderr: string
    exitCode: number | null
    events: { topic: string; value: unknown }[]
    tookMs: number
  }

  const replay = async (args: readonly string[], input = ''): Promise<Replayed> => {
    const events: Replayed['events'] = []
    const subscription = bus.broker.subscribe('')
    const reading = (async () => {
      for await (const { topic, value } of subscription) events.push({ topic, value: JSON.parse(value) as unknown })
    })()
    const child = spawn(process.execPath, [commandPath, 'replay', ...args, '--socket', bus.path], { stdio: 'pipe' })
    const startMs = performance.now()
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    child.stdin.on('error', () => undefined).end(input)
    const [exitCode] = (await once(child, 'close')) as [number | null]
    const tookMs = performance.now() - startMs
    while (bus.stats.clients > 0) await new Promise(resolve => setTimeout(resolve, 5))
    await subscription.close()
    await reading
    return { stdout, stderr, exitCode, events, tookMs }
  }

  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    const path = join(directory, name)
    await writeFile(path, content)
    return path
  }

  const payload = Buffer.from('4500001c000100004011b7cfc0a80205080808081f9000350008d87e', 'hex')

  const capture = async (timesUs: readonly number[]): Promise<Buffer> => {
    const records = timesUs.map(timestampUs => {
      return fromLoggedPacket({ group: 1, prefix: 'drop:input ', payload, timestampUs })
    })
    const chunks: Uint8Array[] = []
    for await (const chunk of writeCapture([...records, { linkType: LINKTYPE_RAW, data: payload }])) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  it('publishes the packets of a capture with their own prefix and time, others with the one given', async () => {
    const path = await file('a.pcapng', await capture([1_700_000_000_000_000]))
    const { events, exitCode, stderr } = await replay([path, '--speed', 'max', '--prefix', 'wan:in'])
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(/2 events published in /)
    expect(events).toEqual([
      {
        topic: 'nft:drop:input',
        value: expect.objectContaining({ Timestamp: '2023-11-14T22:13:20Z', Action: 'blocked' }) as unknown
      },
      { topic: 'nft:wan:in', value: expect.objectContaining({ Prefix: 'wan:in ', Action: 'allowed' }) as unknown }
    ])
  })

  it('takes the time it took, or a part of it', async () => {
    const path = await file('a.pcapng', await capture([1_700_000_000_000_000, 1_700_000_002_000_000]))
    const { events, tookMs } = await replay([path, '--speed', '4'])
    expect(events).toHaveLength(3)
    expect(tookMs).toBeGreaterThan(500)
    expect((await replay([path, '--speed', '1000'])).tookMs).toBeLessThan(2000)
  })

  it('publishes logged events of every form from standard input, and says what it skipped', async () => {
    const packet = { Prefix: 'lan:in ', Action: 'allowed', Timestamp: '2023-11-14T22:13:20Z' }
    const lines = [
      { topic: 'nft:lan:in', value: JSON.stringify(packet) },
      { Topic: 'alert:x', Value: { Title: 'hi' } },
      packet,
      { 'oob.prefix': 'wan:out ', src_ip: '192.0.2.1' }
    ].map(line => JSON.stringify(line))
    const { events, stdout, stderr, exitCode } = await replay(
      ['-', '--json'],
      [...lines, 'broken {', '', '{"a":1}'].join('\n')
    )
    expect(exitCode).toBe(0)
    expect(events.map(({ topic }) => topic)).toEqual(['nft:lan:in', 'alert:x', 'nft:lan:in', 'nft:wan:out'])
    expect(events[0]?.value).toEqual(events[2]?.value)
    expect(stderr).toContain('2 skipped (line 5: it is not a JSON object)')
    expect(JSON.parse(stdout)).toMatchObject({ published: 4, skipped: 2, lost: 0 })
  })

  it('loses nothing of a long log, however fast it is read', async () => {
    const line = `${JSON.stringify({ topic: 'nft:x', value: JSON.stringify({ padding: 'x'.repeat(600) }) })}\n`
    const path = await file('long.ndjson', line.repeat(60_000))
    const { events, exitCode } = await replay([path, '--speed', 'max'])
    expect(exitCode).toBe(0)
    expect(events).toHaveLength(60_000)
  })

  it('publishes the good part of a capture that is cut off, and says where it ends', async () => {
    const whole = await capture([1_700_000_000_000_000])
    const path = await file('cut.pcapng', whole.subarray(0, -10))
    const { events, exitCode, stderr } = await replay([path])
    expect(exitCode).toBe(1)
    expect(events).toHaveLength(1)
    expect(stderr).toContain('[PCAP_TRUNCATED]')
  })

  it('skips an event that is too long for the bus, and publishes those behind it', async () => {
    const lines = ['short', 'x'.repeat(300_000), 'last'].map(value =>
      JSON.stringify({ topic: 'a', value: `"${value}"` })
    )
    const { events, exitCode, stderr } = await replay([await file('long.ndjson', lines.join('\n'))])
    expect(exitCode).toBe(0)
    expect(events.map(({ value }) => value)).toEqual(['short', 'last'])
    expect(stderr).toMatch(/1 skipped \(line 2: .*over the bus's limit/)
  })

  it('ends in order by Ctrl-C while it waits for an event that is due later, or for a named pipe without a writer', async () => {
    const times = ['2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z']
    const path = await file(
      'slow.ndjson',
      times.map(Timestamp => JSON.stringify({ Prefix: 'a ', Timestamp })).join('\n')
    )
    const pipe = join(directory, 'pipe')
    await promisify(execFile)('mkfifo', [pipe])
    const slow = new Command(['replay', path, '--socket', bus.path]).read()
    const silent = new Command(['replay', pipe, '--socket', bus.path]).read()
    const decoding = new Command(['decode', pipe]).read()
    await waitFor(() => bus.broker.stats.published === 1)
    await new Promise(resolve => setTimeout(resolve, 300))
    for (const command of [slow, silent, decoding]) command.process.kill('SIGINT')
    expect(await Promise.all([slow, silent, decoding].map(async command => command.exitCode()))).toEqual([0, 0, 0])
    expect(slow.stderr).toMatch(/^packet-logs: 1 events published in .*\n$/)
  })

  it.each([
    ['gzip', gzipSync('{}'), 'zcat'],
    ['zstd', Buffer.from('28b52ffd0400', 'hex'), 'zstdcat']
  ])('says that a file is compressed by %s, and with what it is unpacked', async (name, content, unpack) => {
    const { exitCode, stderr } = await replay([await file('packed', content)])
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`is compressed (${name}); type: ${unpack} FILE | packet-logs`)
  })

  it('says when there is no such file, and when there is nothing in it', async () => {
    expect(await replay([join(directory, 'nothing')])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('no such file') as string
    })
    expect(await replay([directory])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is a directory') as string
    })
    expect(await replay([await file('empty', '')])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('holds nothing that could be replayed') as string
    })
  })
})
