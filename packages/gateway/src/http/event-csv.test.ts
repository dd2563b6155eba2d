import { toPacketInfo } from '@packet-logs/decoder'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CSV_COLUMNS, csvHeader, formatEventCsv } from './event-csv.js'

const hex = (digits: string): Uint8Array => Buffer.from(digits.replaceAll(/\s/g, ''), 'hex')
const syn = hex(
  '450000300000400040066 80b c0a80205 08080808 9c4001bb00000001 00000000 7002faf0 19740000 020405b40104 0200'
)

describe('formatEventCsv', () => {
  it('gives a packet a cell for each column', () => {
    const info = toPacketInfo(
      { group: 1, prefix: 'drop:input ', payload: syn, inDevice: 'eth0', timestampUs: 1_700_000_000_123_456 },
      { recentDomainDst: 'dns.example' }
    )
    const value = JSON.stringify({ ...info, Timestamp: '2023-11-14T22:13:20.123456Z' })
    expect(csvHeader()).toBe(`${CSV_COLUMNS.join(',')}\r\n`)
    expect(formatEventCsv({ topic: 'nft:drop:input', value })).toBe(
      '2023-11-14T22:13:20.123456Z,nft:drop:input,blocked,drop:input,TCP,192.168.2.5,40000,8.8.8.8,443,eth0,,dns.example,SYN\r\n'
    )
  })

  it('gives other events their time, topic and text', () => {
    const value = '{"time":"2026-01-02T03:04:05Z","user":"=cmd"}'
    expect(formatEventCsv({ topic: 'auth:failure', value })).toBe(
      '2026-01-02T03:04:05Z,auth:failure,,,,,,,,,,,"{""time"":""2026-01-02T03:04:05Z"",""user"":""=cmd""}"\r\n'
    )
    expect(formatEventCsv({ topic: 'note', value: '=1+1' })).toBe(",note,,,,,,,,,,,'=1+1\r\n")
  })

  it('tells nothing of a packet that is none', () => {
    for (const value of ['{}', 'null', '[]', '7', '{"Prefix":1,"IP":[]}']) {
      expect(formatEventCsv({ topic: 'nft:x', value }).split(',').length).toBeGreaterThanOrEqual(CSV_COLUMNS.length)
    }
    const hostile = { Prefix: '@x', Action: '=1', Timestamp: 'x', InDev: '\u001b[2J', IP: { SrcIP: '+1', DstIP: {} } }
    expect(formatEventCsv({ topic: 'nft:x', value: JSON.stringify(hostile) })).toBe(
      ",nft:x,'=1,'@x,,'+1,,,,\\x1b[2J,,,\r\n"
    )
  })

  it('is one record of all columns, whatever is on the bus', () => {
    const layer = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('SrcIP', 'SrcPort', 'Protocol', 'Type'), fc.jsonValue())
    )
    const layers = fc.dictionary(
      fc.constantFrom('IP', 'IPv6', 'TCP', 'DNS', 'ARP', 'Meta', 'Inner', 'TLS', 'DHCP'),
      layer
    )
    const text = fc.string({ unit: 'binary', maxLength: 8 })
    const packet = fc.tuple(layers, fc.record({ Prefix: text, Action: text, Timestamp: text, InDev: fc.jsonValue() }))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          packet.map(([a, b]) => ({ ...a, ...b }))
        ),
        value => {
          const line = formatEventCsv({ topic: 'nft:x', value: JSON.stringify(value) })
          expect(line.slice(0, -2)).not.toMatch(/[\r\n]/)
          const cells = line
            .slice(0, -2)
            .replaceAll(/"(?:[^"]|"")*"/g, '')
            .split(',')
          expect(cells).toHaveLength(CSV_COLUMNS.length)
        }
      ),
      { numRuns: 40 }
    )
  })

  it('bounds what one event may say', () => {
    expect(formatEventCsv({ topic: 'note', value: 'x'.repeat(100_000) }).length).toBeLessThan(1100)
  })
})
