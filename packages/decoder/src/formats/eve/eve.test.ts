import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  dhcpMessage,
  dnsMessage,
  dnsName,
  dnsQuestion,
  dnsRecord,
  hex,
  ipv4,
  ipv6,
  join,
  logged,
  tcp,
  udp
} from '../../../test/build.js'
import { vectors } from '../../../test/vectors.js'
import { communityId } from '../../correlation/community-id.js'
import { decodePacket, toPacketInfo } from '../../decoder.js'
import { formatEve, toEve } from './index.js'

const { fields } = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/eve-fields.json', import.meta.url), 'utf8')
) as { fields: string[] }
const known = new Set(fields)

function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap(member => pathsOf(member, path))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => {
    const at = path === '' ? key : `${path}.${key}`
    return [at, ...pathsOf(member, at)]
  })
}

const packet = logged(ipv4(tcp(hex(''), { flags: 0x02 }), { protocol: 6 }), {
  prefix: 'drop:input#17 ',
  inDevice: 'wan0',
  vlan: { protocol: 0x8100, tci: 0x2005 },
  hwType: 1,
  hwHeader: hex('0a53455e370d 029f11913383 0800')
})

describe('formatEve', () => {
  it('writes a dropped packet with its head, its rule and its headers', () => {
    expect(JSON.parse(formatEve(packet))).toEqual({
      timestamp: '2023-11-14T22:13:20.123456+0000',
      flow_id: expect.any(Number) as number,
      in_iface: 'wan0',
      event_type: 'drop',
      vlan: [5],
      src_ip: '192.168.2.10',
      src_port: 40_000,
      dest_ip: '8.8.8.8',
      dest_port: 8443,
      proto: 'TCP',
      community_id: communityId(decodePacket(packet.payload)),
      ether: { src_mac: '02:9f:11:91:33:83', dest_mac: '0a:53:45:5e:37:0d' },
      alert: { action: 'blocked', signature: 'drop:input', signature_id: 17 },
      drop: {
        len: 40,
        tos: 0,
        ttl: 64,
        ipid: 0x1234,
        tcpseq: 1,
        tcpack: 0xfffffffe,
        tcpwin: 64_240,
        tcpurgp: 7,
        syn: true,
        ack: false,
        psh: false,
        rst: false,
        urg: false,
        fin: false,
        reason: 'rules'
      },
      tcp: { tcp_flags: '02', syn: true }
    })
  })

  it('gives both ways of a flow one flow_id that JSON keeps exactly', () => {
    const query = udp(hex('61'), 40000, 9999)
    const reply = udp(hex('61'), 9999, 40000)
    const [there, back] = [
      toEve(logged(ipv4(query, { source: '10.0.0.1', destination: '10.0.0.2' }))),
      toEve(logged(ipv4(reply, { source: '10.0.0.2', destination: '10.0.0.1' })))
    ]
    expect(there.flow_id).toBe(back.flow_id)
    expect(there.flow_id).toBeGreaterThan(2 ** 32)
    expect(toEve(packet, { communityIdSeed: 1 }).community_id).not.toBe(toEve(packet).community_id)
  })

  it('takes events as well as packets', () => {
    expect(formatEve(toPacketInfo(packet))).toBe(formatEve(packet))
    const spr = { Prefix: 'lan:in ', Action: 'allowed', Timestamp: '2023-11-14T22:13:20+01:00', InDev: '', OutDev: '' }
    expect(toEve(spr)).toEqual({
      timestamp: '2023-11-14T22:13:20.000000+0100',
      event_type: 'packet',
      alert: { action: 'allowed', signature: 'lan:in' }
    })
  })

  it('writes DNS questions and answers', () => {
    const question = dnsQuestion(dnsName('c2h.se'))
    const allowed = { group: 0, prefix: 'lan:in ' }
    const query = toEve(logged(ipv4(udp(dnsMessage({ questions: [question] }), 40000, 53)), allowed))
    expect(query).toMatchObject({ event_type: 'dns', app_proto: 'dns', proto: 'UDP' })
    expect(query.dns).toEqual({ version: 2, type: 'query', id: 7, rd: true, rrname: 'c2h.se', rrtype: 'A' })
    const answers = [
      dnsRecord(hex('c00c'), 5, dnsName('b.example'), 60),
      dnsRecord(hex('c00c'), 1, hex('c0000207')),
      dnsRecord(hex('c00c'), 16, hex('0161 026263')),
      dnsRecord(hex('c00c'), 99, hex('00'))
    ]
    const response = dnsMessage({ flags: 0x8583, questions: [question], answers })
    expect(toEve(logged(ipv4(udp(response, 53, 40000)), allowed)).dns).toEqual({
      version: 2,
      type: 'answer',
      id: 7,
      flags: '8583',
      qr: true,
      aa: true,
      rd: true,
      ra: true,
      rrname: 'c2h.se',
      rrtype: 'A',
      rcode: 'NXDOMAIN',
      answers: [
        { rrname: 'c2h.se', rrtype: 'CNAME', ttl: 60, rdata: 'b.example' },
        { rrname: 'c2h.se', rrtype: 'A', ttl: 60, rdata: '192.0.2.7' },
        { rrname: 'c2h.se', rrtype: 'TXT', ttl: 60, rdata: 'abc' },
        { rrname: 'c2h.se', rrtype: 'SPF', ttl: 60 }
      ]
    })
  })

  it('writes DHCP', () => {
    const options = join(
      hex('350105 330400000e10 0104ffffff00 0304c0a80201 0608c0a80201 08080808'),
      hex('0c046c617074 ff')
    )
    const { event_type, dhcp } = toEve(logged(ipv4(udp(dhcpMessage(options), 67, 68)), { group: 0 }))
    expect(event_type).toBe('dhcp')
    expect(dhcp).toEqual({
      type: 'request',
      id: 0x3903f326,
      client_mac: '02:0a:11:16:33:22',
      assigned_ip: '192.168.2.100',
      next_server_ip: '192.168.2.1',
      dhcp_type: 'ack',
      hostname: 'lapt',
      lease_time: 3600,
      subnet_mask: '255.255.255.0',
      routers: ['192.168.2.1'],
      dns_servers: ['192.168.2.1', '8.8.8.8']
    })
  })

  it('writes what TLS, HTTP, QUIC and ARP tell', () => {
    const base = { Prefix: 'lan:in ', Action: 'allowed', Timestamp: '', InDev: '', OutDev: '' }
    const of = (layers: object): unknown => toEve({ ...base, ...layers })
    expect(of({ TLS: { SNI: 'a.example', Version: 772, ALPN: ['h2'], JA4: 't13' } })).toMatchObject({
      event_type: 'tls',
      tls: { sni: 'a.example', version: 'TLS 1.3', client_alpns: ['h2'], ja4: 't13' }
    })
    const request = (host: string): unknown => {
      const head = Buffer.from(`GET /x?y HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      return toEve(logged(ipv4(tcp(head, { destinationPort: 80 }), { protocol: 6 }), { group: 0 }))
    }
    const http = { url: '/x?y', http_method: 'GET', protocol: 'HTTP/1.1' }
    expect(request('a.example')).toMatchObject({ event_type: 'http', http: { ...http, hostname: 'a.example' } })
    expect(request('[::1]:8080')).toMatchObject({ http: { ...http, hostname: '[::1]', http_port: 8080 } })
    expect(request('[fe80::1]')).toMatchObject({ http: { ...http, hostname: '[fe80::1]' } })
    expect(of({ QUIC: { Version: 1, SNI: 'a.example' } })).toMatchObject({
      event_type: 'quic',
      quic: { version: '1', sni: 'a.example' }
    })
    const arp = { HwType: 1, ProtocolType: 2048, Operation: 1, SrcMAC: '02:00:00:00:00:01', SrcIP: '10.0.0.1' }
    expect(of({ ARP: arp })).toMatchObject({
      event_type: 'arp',
      src_ip: '10.0.0.1',
      arp: { hw_type: 'ethernet', proto_type: 'ipv4', opcode: 'request', src_mac: '02:00:00:00:00:01' }
    })
  })

  it('tells of a tunnel what is inside, as its Community ID does', () => {
    const inside = ipv6(tcp(hex('')), 6)
    const ends = { src_ip: '2001:db8::1', src_port: 40_000, dest_ip: 'ff02::1', dest_port: 8443, proto: 'TCP' }
    const community_id = communityId(decodePacket(inside))
    expect(toEve(logged(ipv4(inside, { protocol: 41 })))).toMatchObject({ ...ends, community_id, drop: { ttl: 64 } })
    const gre = (body: Uint8Array): Uint8Array => join(hex('0000 0800'), body)
    const twice = ipv4(ipv6(gre(ipv4(udp(hex('')))), 47), { protocol: 41, source: '203.0.113.9' })
    expect(toEve(logged(twice))).toMatchObject({ src_ip: '192.168.2.10', dest_port: 9999, proto: 'UDP' })
    const sixInGre = ipv4(join(hex('0000 0800'), ipv4(inside, { protocol: 41 })), { protocol: 47 })
    expect(toEve(logged(sixInGre))).toMatchObject({ ...ends, community_id })
    const fragment = ipv4(udp(new Uint8Array(16)), { flagsAndOffset: 0x2000 })
    expect(toEve(logged(fragment))).toMatchObject({ src_ip: '192.168.2.10', src_port: 40_000, dest_port: 9999 })
  })

  it('names protocols as Suricata does', () => {
    const proto = (payload: Uint8Array): string | undefined => toEve(logged(payload)).proto
    expect(proto(ipv6(hex('8000bbcb00010007'), 58))).toBe('IPv6-ICMP')
    expect(proto(ipv4(hex('08003b5a00420001'), { protocol: 1 }))).toBe('ICMP')
    expect(proto(ipv4(hex('00'), { protocol: 200 }))).toBe('200')
    expect(proto(ipv4(hex('00'), { protocol: 99 }))).toBe('099')
    expect(proto(hex(''))).toBeUndefined()
  })

  it('writes no field EVE does not know, whatever the packet, and the head of every one', () => {
    for (const { id, logged } of vectors) {
      const event = toEve(logged)
      expect([id, pathsOf(event).filter(path => !known.has(path))]).toEqual([id, []])
      expect(event.timestamp).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d+[+-]\d+$/)
    }
  })
})
