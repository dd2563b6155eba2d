import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dhcpMessage, hex, ipv4, logged, tcp, udp } from '../../../test/build.js'
import { vectors } from '../../../test/vectors.js'
import { formatPacketInfo, toPacketInfo } from '../../decoder.js'
import { formatUlogd, toUlogd } from '../ulogd/index.js'
import { FormatError } from './format-error.js'
import { parsePacketInfo } from './parse-packet-info.js'
import { parseUlogd } from './parse-ulogd.js'

const base = { Prefix: 'lan:in ', Action: 'allowed', Timestamp: '2023-11-14T22:13:20+01:00', InDev: '', OutDev: '' }

function failure(run: () => unknown): FormatError {
  try {
    run()
  } catch (error) {
    if (error instanceof FormatError) return error
    throw error
  }
  throw new Error('nothing was wrong')
}

describe('parsePacketInfo', () => {
  it('reads everything this package writes, strict and extended', () => {
    for (const { logged } of vectors) {
      for (const extended of [true, false]) {
        const text = formatPacketInfo(logged, { extended })
        if (text !== undefined) expect(parsePacketInfo(text)).toEqual(JSON.parse(text))
      }
    }
  })

  it('reads what services before devices were told wrote', () => {
    const { InDev, OutDev, ...old } = base
    expect(parsePacketInfo(JSON.stringify(old))).toEqual({ ...base, InDev: '', OutDev: '' })
    expect([InDev, OutDev]).toEqual(['', ''])
  })

  it('reads what newer versions of gopacket name and leave differently', () => {
    const dhcp = toPacketInfo(logged(ipv4(udp(dhcpMessage(hex('350101ff')), 68, 67)))).DHCP
    const { HardwareOpts, ...renamed } = dhcp ?? {}
    const read = parsePacketInfo(JSON.stringify({ ...base, DHCP: { ...renamed, RelayHops: 3 } }))
    expect(read.DHCP?.HardwareOpts).toBe(3)
    expect(HardwareOpts).toBe(0)
    const segment = toPacketInfo(logged(ipv4(tcp(hex('')), { protocol: 6 }))).TCP
    const without = { ...segment, Options: null, Multipath: false }
    expect(parsePacketInfo(JSON.stringify({ ...base, TCP: without })).TCP).toEqual({ ...without, Options: [] })
  })

  it('keeps keys it does not know', () => {
    expect(parsePacketInfo(JSON.stringify({ ...base, Future: [{ a: 1 }] }))).toEqual({ ...base, Future: [{ a: 1 }] })
  })

  it.each([
    ['{"Prefix":', 'FORMAT_SYNTAX', ''],
    ['', 'FORMAT_SYNTAX', ''],
    ['[]', 'FORMAT_SHAPE', ''],
    ['null', 'FORMAT_SHAPE', ''],
    ['{}', 'FORMAT_SHAPE', 'Prefix'],
    [JSON.stringify({ ...base, Action: 1 }), 'FORMAT_SHAPE', 'Action'],
    [JSON.stringify({ ...base, IP: {} }), 'FORMAT_SHAPE', 'IP.'],
    [JSON.stringify({ ...base, UDP: [] }), 'FORMAT_SHAPE', 'UDP'],
    [JSON.stringify({ ...base, Meta: { Rule: { Name: 'a', Id: 7 } } }), 'FORMAT_SHAPE', 'Meta.Rule.Id'],
    [JSON.stringify({ ...base, Meta: { Direction: 'up' } }), 'FORMAT_SHAPE', 'Meta.Direction'],
    [`"${'x'.repeat(2_000_000)}"`, 'FORMAT_TOO_LONG', '']
  ])('says what is wrong, and where: %.40s', (text, code, path) => {
    const error = failure(() => parsePacketInfo(text))
    expect([error.code, error.path.startsWith(path), error.path === '' || path !== '']).toEqual([code, true, true])
    expect(error.message.length).toBeLessThan(400)
    expect(error.name).toBe('FormatError')
  })

  it('names the member of a list that is wrong', () => {
    const segment = toPacketInfo(logged(ipv4(tcp(hex(''), { options: hex('0101020405b40101') }), { protocol: 6 }))).TCP
    const Options = segment?.Options.map((option, index) => (index === 2 ? { ...option, OptionType: '2' } : option))
    const error = failure(() => parsePacketInfo(JSON.stringify({ ...base, TCP: { ...segment, Options } })))
    expect(error.path).toBe('TCP.Options.2.OptionType')
    expect(error.message).toContain('TCP.Options.2.OptionType should be number')
  })

  it('throws nothing but its own errors, whatever the text', () => {
    const layers = fc.dictionary(fc.constantFrom('IP', 'TCP', 'DNS', 'Meta', 'Truncated', '__proto__'), fc.jsonValue())
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      layers.map(event => JSON.stringify({ ...base, ...event }))
    )
    fc.assert(
      fc.property(texts, text => {
        for (const parse of [parsePacketInfo, parseUlogd]) {
          try {
            parse(text)
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError)
          }
        }
      })
    )
  })
})

describe('parseUlogd', () => {
  it('reads everything this package writes', () => {
    for (const { logged } of vectors) expect(parseUlogd(formatUlogd(logged))).toEqual(toUlogd(logged))
  })

  it('reads a line of ulogd 2.0.8 on a machine in UTC', () => {
    const line =
      '{"timestamp": "2026-11-21T13:05:56.467342", "dvc": "spr", "raw.pktlen": 76, "raw.pktcount": 1, "oob.prefix": "lan:in ", "oob.mark": 212, "action": "allowed", "ip.protocol": 58, "oob.in": "v0", "oob.out": "", "src_ip": "::", "dest_ip": "ff02::16"}'
    expect(parseUlogd(line)).toMatchObject({ timestamp: '2026-11-21T13:05:56.467342+0000', 'oob.mark': 212 })
  })

  it('reads the other forms: versioned, labelled, with flags as words and ports by protocol', () => {
    const event = {
      '@version': 1,
      '@timestamp': '2023-11-14T22:13:20.000001+0100',
      'raw.label': 0,
      'tcp.sport': 1,
      'tcp.dport': 2,
      'tcp.syn': true,
      'tcp.ack': false,
      'ip.saddr.str': '10.0.0.1',
      'ip.daddr.str': '10.0.0.2',
      'site.key': 'x'
    }
    expect(parseUlogd(JSON.stringify(event))).toEqual({
      timestamp: '2023-11-14T22:13:20.000001+0100',
      dvc: 'Netfilter',
      'raw.label': 0,
      'raw.pktcount': 1,
      'oob.mark': 0,
      'oob.in': '',
      'oob.out': '',
      action: 'blocked',
      src_port: 1,
      dest_port: 2,
      'tcp.syn': 1,
      'tcp.ack': 0,
      src_ip: '10.0.0.1',
      dest_ip: '10.0.0.2',
      'site.key': 'x'
    })
    expect(parseUlogd('{"timestamp":"2023-11-14T22:13:20Z","raw.label":1}').action).toBe('allowed')
  })

  it('says what is wrong, and where', () => {
    expect(failure(() => parseUlogd('{}')).path).toBe('timestamp')
    expect(failure(() => parseUlogd('{"timestamp":"x","src_port":"80"}')).path).toBe('src_port')
  })
})

describe('FormatError', () => {
  it('is recognised across copies of the package', () => {
    const foreign = Object.defineProperty(new Error('x'), Symbol.for('@packet-logs/decoder/FormatError'), {
      value: true
    })
    expect(foreign).toBeInstanceOf(FormatError)
    for (const value of [new Error('x'), undefined, 'x']) expect(value).not.toBeInstanceOf(FormatError)
  })
})
