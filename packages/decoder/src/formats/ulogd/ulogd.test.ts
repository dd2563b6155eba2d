import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hex, ipv4, ipv6, join, logged, tcp, udp } from '../../../test/build.js'
import { vectors } from '../../../test/vectors.js'
import type { LoggedPacket } from '../../logged-packet.js'
import type { UlogdEvent } from './event.js'
import { ULOGD_KEYS } from './event.js'
import { formatUlogd, toUlogd } from './index.js'

const expected = new Map(
  readFileSync(new URL('../../../test/fixtures/ulogd.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { id: string; ulogd: Partial<UlogdEvent> & { 'raw.label': number } })
    .map(({ id, ulogd }) => [id, ulogd])
)

/** What the reference was not told, and what it therefore prints by default. */
const METADATA = /^(timestamp|dvc|action|oob\.(?!mark).*|mac\..*|raw\.(label|type|mac.*))$/
const headersOf = (event: object): object =>
  Object.fromEntries(Object.entries(event).filter(([key]) => !METADATA.test(key)))

const advertisement: LoggedPacket = logged(
  join(
    hex('60000000 0018 3a ff fe80000000000000000000000000abcd ff020000000000000000000000000001'),
    hex('8600 1234 40 00 0708 00000000 00000000 0101 020000000002')
  ),
  {
    family: 10,
    etherType: 0x86dd,
    hook: 1,
    mark: 0,
    inDevice: 'wlan0',
    inIndex: 3,
    outDevice: '',
    hwType: 1,
    hwHeader: hex('333300000001 020000000002 86dd'),
    hwAddress: hex('020000000002')
  }
)

describe('formatUlogd', () => {
  it('reads every packet as ulogd does, keys in its order', () => {
    let compared = 0
    for (const { id, logged } of vectors) {
      const reference = expected.get(id)
      if (reference === undefined) continue
      const event = JSON.parse(formatUlogd({ ...logged, mark: 0 })) as UlogdEvent
      expect([id, JSON.stringify(headersOf(event))]).toEqual([id, JSON.stringify(headersOf(reference))])
      compared++
    }
    expect(compared).toBe(814)
  })

  it('gives a router advertisement the keys it had in the old log, in their order', () => {
    expect(Object.keys(JSON.parse(formatUlogd(advertisement)) as object).join(', ')).toBe(
      'timestamp, dvc, raw.pktlen, raw.pktcount, oob.prefix, oob.time.sec, oob.time.usec, oob.mark, oob.ifindex_in, oob.hook, raw.mac_len, oob.family, oob.protocol, action, raw.type, raw.mac.addrlen, ip.protocol, ip6.payloadlen, ip6.priority, ip6.flowlabel, ip6.hoplimit, ip6.nexthdr, icmpv6.type, icmpv6.code, icmpv6.csum, oob.in, oob.out, src_ip, dest_ip, mac.saddr.str, mac.daddr.str, mac.str'
    )
    // The numbers and texts ulogd 2.0.8 itself printed for these bytes.
    expect(toUlogd(advertisement, { device: 'spr' })).toMatchObject({
      dvc: 'spr',
      'raw.pktlen': 64,
      'oob.prefix': 'drop:input ',
      'oob.time.sec': 1_700_000_000,
      'oob.time.usec': 123_456,
      'oob.protocol': 34_525,
      action: 'blocked',
      'ip6.hoplimit': 255,
      'icmpv6.csum': 13_330,
      src_ip: 'fe80::abcd',
      dest_ip: 'ff02::1',
      'mac.str': '33:33:00:00:00:01:02:00:00:00:00:02:86:dd'
    })
  })

  it('follows extension headers, and stops where ulogd stops', () => {
    const chain = ipv6(join(hex('2c00010400000000'), hex('1100000012345678'), udp(hex('61'))), 60)
    const v6 = (payload: Uint8Array): UlogdEvent => toUlogd(logged(payload, { family: 10 }))
    expect(v6(chain)).toMatchObject({ 'ip.protocol': 17, 'ip6.nexthdr': 17, 'ip6.fragoff': 0, dest_port: 9999 })
    const later = v6(ipv6(join(hex('1100008112345678'), udp(hex('61'))), 44))
    expect(later).toMatchObject({ 'ip6.nexthdr': 17, 'ip6.fragoff': 128, 'ip6.fragid': 0x12345678 })
    expect(later).not.toHaveProperty('src_port')
    expect(later).not.toHaveProperty(['ip.protocol'])
    const encrypted = v6(ipv6(hex('00000001 00000001 00000000'), 50))
    expect(encrypted['ip6.nexthdr']).toBe(50)
    expect(encrypted).not.toHaveProperty(['ip.protocol'])
    expect(v6(ipv6(hex('11'), 0))).not.toHaveProperty(['ip6.nexthdr'])
    expect(v6(ipv6(hex('1105000000000000'), 0))).not.toHaveProperty(['ip6.nexthdr'])
  })

  it('reads what a bridge logs by its EtherType, ARP too', () => {
    const arp = hex('0001 0800 06 04 0001 020000000002 0a090002 000000000000 0a090001')
    const keys = { 'arp.hwtype': 1, 'arp.protocoltype': 2048, 'arp.operation': 1 }
    const bridged = toUlogd(logged(arp, { family: 7, etherType: 0x0806 }))
    expect(bridged).toMatchObject({ ...keys, 'arp.saddr.str': '10.9.0.2', 'arp.daddr.str': '10.9.0.1' })
    expect(toUlogd(logged(arp, { family: 3 }))).toMatchObject(keys)
    expect(toUlogd(logged(ipv4(udp(hex(''))), { family: 7, etherType: 0x0800 }))).toMatchObject({ dest_port: 9999 })
  })

  it('writes IPv6 addresses as glibc does', () => {
    const from = (source: string): Uint8Array => join(hex('60000000 0000 3b 40'), hex(source), new Uint8Array(16))
    const source = (text: string): string | undefined => toUlogd(logged(from(text), { family: 10 })).src_ip
    expect(source(`${'00'.repeat(12)}01020304`)).toBe('::1.2.3.4')
    expect(source(`${'00'.repeat(10)}ffff01020304`)).toBe('::ffff:1.2.3.4')
    expect(source(`${'00'.repeat(15)}01`)).toBe('::1')
  })

  it('tells names and addresses of devices without Ethernet as far as the kernel does', () => {
    const header = hex('000000000000 000000000000 0800')
    const loopback = toUlogd(
      logged(ipv4(udp(hex(''))), { hwType: 772, hwHeader: header, hwAddress: hex('000000000000') })
    )
    expect(loopback).toMatchObject({ 'raw.type': 772, 'raw.mac.addrlen': 6, 'mac.saddr.str': '00:00:00:00:00:00' })
    expect(loopback).not.toHaveProperty(['mac.daddr.str'])
    const tunnel = toUlogd(logged(ipv4(udp(hex(''))), { hwType: 65_534, hwHeader: hex('') }))
    for (const key of ['raw.type', 'raw.mac_len', 'mac.str']) expect(tunnel).not.toHaveProperty([key])
  })

  it('leaves out a prefix that is not UTF-8, as ulogd does, unless it shall be right', () => {
    const packet = logged(ipv4(udp(hex(''))), { prefix: 'a\ufffd', prefixBytes: hex('61ff') })
    expect(toUlogd(packet)).not.toHaveProperty(['oob.prefix'])
    expect(toUlogd(packet, { corrected: true })['oob.prefix']).toBe('a\ufffd')
  })

  it('corrects what ulogd gets wrong when asked to', () => {
    const corrected = (payload: Uint8Array, more: Partial<LoggedPacket> = {}): UlogdEvent =>
      toUlogd(logged(payload, more), { corrected: true })
    expect(corrected(ipv4(tcp(hex(''), { flags: 0x102 }), { protocol: 6 }))).toMatchObject({
      'tcp.offset': 5,
      'tcp.reserved': 1
    })
    expect(corrected(ipv4(hex('08003b5a00420001'), { protocol: 1 }))['icmp.csum']).toBe(0x3b5a)
    expect(corrected(advertisement.payload)).toMatchObject({ 'icmpv6.csum': 0x1234, src_ip: 'fe80::abcd' })
    // The first bytes of a later fragment are no ports.
    expect(corrected(ipv4(udp(hex('')), { flagsAndOffset: 1 }))).not.toHaveProperty('src_port')
    expect(corrected(ipv4(hex('')))).toMatchObject({ 'ip.ttl': 64, src_ip: '192.168.2.10' })
    expect(corrected(ipv6(join(hex('1100010400000000'), udp(hex(''))), 60))).toMatchObject({
      'ip6.nexthdr': 60,
      'ip.protocol': 17
    })
  })

  it('keeps every key it can write in the list of keys, once', () => {
    expect(new Set(ULOGD_KEYS).size).toBe(ULOGD_KEYS.length)
  })
})
