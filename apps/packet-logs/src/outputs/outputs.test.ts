import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodePacket, type LoggedPacket } from '@packet-logs/decoder'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { outputsSchema } from './config.js'
import type { OutputInput } from './output-config.js'
import { openOutputs } from './outputs.js'

const folder = mkdtempSync(join(tmpdir(), 'outputs-'))
const payload = Buffer.from('4500002800004000400600000a0000010a0000029c40001600000000000000005002faf000000000', 'hex')
const blocked: LoggedPacket = { group: 1, prefix: 'drop:input ', payload, timestampUs: 1_767_225_600_000_000 }
const allowed: LoggedPacket = { ...blocked, group: 0, prefix: 'lan:in ' }
const packetContext = { action: 'seen', recentDomainSrc: '', recentDomainDst: 'printer.lan' }

/** Sends two packets and an alert to a file; gives its lines. */
async function write(output: Partial<OutputInput>): Promise<string[]> {
  const path = join(folder, 'out')
  rmSync(path, { force: true })
  const config = outputsSchema.parse([{ to: 'file', path, ...output } as OutputInput])
  {
    await using outputs = await openOutputs(config, { log: () => undefined })
    outputs.packet(blocked, decodePacket(blocked), 'nft:drop:input', { action: 'blocked' })
    outputs.packet(allowed, decodePacket(allowed), 'nft:lan:in', packetContext)
    outputs.event('alert:nft:drop:input:scan', '{"Title":"Scan","Severity":"high"}')
  }
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}

describe('outputs', () => {
  afterEach(() => rmSync(join(folder, 'out'), { force: true }))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('take every packet and no alert unless told otherwise', async () => {
    const lines = await write({})
    expect(lines.map(line => (JSON.parse(line) as { Prefix: string }).Prefix)).toEqual(['drop:input ', 'lan:in '])
  })

  it('take what their patterns name', async () => {
    expect(await write({ match: 'alert:>' })).toEqual([
      '{"Topic":"alert:nft:drop:input:scan","Value":{"Title":"Scan","Severity":"high"}}'
    ])
    expect(await write({ match: ['nft:drop:*', 'alert:>'] })).toHaveLength(2)
    expect(await write({ match: 'nft:*:out' })).toEqual([])
  })

  it('take what their filter lets through, with the action and the names that the event has', async () => {
    expect(await write({ filter: 'action == "seen" && dst.domain == "printer.lan" && dst.port == 22' })).toHaveLength(1)
    expect(await write({ filter: 'topic == "nft:drop:input"' })).toHaveLength(1)
    expect(await write({ match: ['nft:>', 'alert:>'], filter: 'event.Severity == "high"' })).toHaveLength(1)
  })

  it.each([
    ['spr', { Action: 'seen', RecentDomainDst: 'printer.lan', IP: { DstIP: '10.0.0.2' }, TCP: { DstPort: 22 } }],
    ['ulogd', { dvc: 'Netfilter', action: 'seen', dest_port: 22, 'oob.prefix': 'lan:in ' }],
    [
      'eve',
      { event_type: 'packet', dest_ip: '10.0.0.2', dest_port: 22, alert: { action: 'seen', signature: 'lan:in' } }
    ]
  ] as const)('write format %s', async (format, event) => {
    const [, line = ''] = await write({ format })
    expect(JSON.parse(line)).toMatchObject(event)
  })

  it('write summaries', async () => {
    const [line] = await write({ format: 'summary' })
    expect(line).toMatch(/^00:00:00\.000 blocked drop:input .*TCP +10\.0\.0\.1:40000 → 10\.0\.0\.2:22 SYN$/)
  })

  it.each(['spr', 'ulogd', 'eve', 'summary'] as const)(
    'write one line per event in format %s, whatever prefixes, names and alerts hold',
    async format => {
      const hostile = 'a\n<0>1 b\r\0\u0085\u2028"\\\u001b[2J'
      const config = outputsSchema.parse([{ to: 'file', path: join(folder, 'out'), format, match: '>' }])
      const logged = { ...blocked, prefix: hostile, inDevice: hostile }
      const names = { recentDomainSrc: hostile, recentDomainDst: hostile }
      {
        await using outputs = await openOutputs(config, { log: () => undefined })
        outputs.packet(logged, decodePacket(logged), hostile, { action: 'blocked', ...names })
        outputs.event(hostile, JSON.stringify({ Title: hostile, Body: hostile, RuleId: hostile }))
        outputs.event(hostile, hostile)
      }
      const text = readFileSync(join(folder, 'out'), 'utf8')
      expect(text.split('\n')).toHaveLength(4)
      expect([...text.replaceAll('\n', '')].filter(character => character < ' ')).toEqual([])
    }
  )

  it('tell as much payload as each is told to', async () => {
    const [line = ''] = await write({ payload: 'none' })
    expect(JSON.parse(line)).toMatchObject({ TCP: { DstPort: 22, Contents: '' } })
  })

  it('count what they saw, and what of it they wanted', async () => {
    const config = outputsSchema.parse([{ to: 'file', path: join(folder, 'out'), filter: 'dst.port == 23' }])
    await using outputs = await openOutputs(config, { log: () => undefined })
    for (let i = 0; i < 3; i++) outputs.packet(blocked, decodePacket(blocked), 'nft:drop:input')
    expect(outputs.stats()).toMatchObject([{ seen: 3, matched: 0, written: 0, format: 'spr', to: 'file' }])
  })

  it('open nothing once the signal has aborted', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(openOutputs([], { log: () => undefined, signal })).rejects.toThrow('enough')
  })
})
