import { describe, expect, it } from 'vitest'
import { dnsName, hex, ipv6, join, logged, udp } from '../../test/build.js'
import { decodePacket, toPacketInfo } from '../decoder.js'
import { Dhcpv6 } from './dhcpv6.js'

const START = 48
const packet = (body: Uint8Array) => ipv6(udp(body, 546, 547))
const decode = (body: Uint8Array) => {
  const decoded = decodePacket(packet(body))
  return { dhcp: decoded.get(Dhcpv6), error: decoded.error }
}
const option = (code: number, ...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array => {
  const data = join(...parts)
  return join([0, code, data.length >> 8, data.length & 255], data)
}
const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value))

const solicit = join(
  hex('01 abcdef'),
  option(1, hex('0001 0001 2a2b2c2d 020a11163322')),
  option(6, hex('0017 0018 0038')),
  option(8, hex('0064')),
  option(14),
  option(15, [0, 4], text('home')),
  option(16, hex('00000137'), [0, 8], text('MSFT 5.0')),
  option(39, [1], dnsName('laptop.lan')),
  option(3, hex('00000001 00000e10 00001518'), option(5, hex('20010db8000000000000000000000005 00000708 00000e10'))),
  option(
    25,
    hex('00000002 00000000 00000000'),
    option(26, hex('00000708 00000e10 38 20010db8000100000000000000000000'))
  )
)

const relayed = (inner: Uint8Array, hops: number): Uint8Array =>
  join([12, hops], hex('20010db8000000000000000000000001 fe800000000000000000000000000009'), option(9, inner))

describe('DHCPv6', () => {
  it('gives what a client wants and who it is', () => {
    const { dhcp, error } = decode(solicit)
    expect(error).toBeUndefined()
    expect(dhcp).toMatchObject({ messageType: 1, transactionId: 0xabcdef, relays: [], clientMac: '02:0a:11:16:33:22' })
    expect(dhcp?.options).toMatchObject({
      optionRequest: [23, 24, 56],
      fingerprint: '23,24,56',
      elapsedMs: 1000,
      hasRapidCommit: true,
      userClass: 'home',
      vendorClass: 'MSFT 5.0',
      fqdn: { flags: 1, name: 'laptop.lan' },
      addresses: [{ address: '2001:db8::5', preferredSeconds: 1800, validSeconds: 3600 }],
      prefixes: [{ prefix: '2001:db8:1::/56', preferredSeconds: 1800, validSeconds: 3600 }],
      status: undefined,
      serverId: undefined
    })
    expect(dhcp?.options.all.map(({ code }) => code)).toEqual([1, 6, 8, 14, 15, 16, 39, 3, 25])
  })

  it('gives what a server answers', () => {
    const reply = join(
      hex('07 abcdef'),
      option(2, hex('0003 0001 020a11163322')),
      option(13, hex('0002'), text('no room')),
      option(23, hex('20010db8000000000000000000000053')),
      option(24, dnsName('lan'), dnsName('example.org'))
    )
    const { dhcp, error } = decode(reply)
    expect(error).toBeUndefined()
    expect(dhcp?.options).toMatchObject({
      serverId: hex('0003 0001 020a11163322'),
      status: { code: 2, message: 'no room' },
      dnsServers: ['2001:db8::53'],
      domains: ['lan', 'example.org'],
      addresses: [],
      clientMac: undefined
    })
    expect(toPacketInfo(logged(packet(reply))).DHCPv6).toEqual({
      MessageType: 7,
      TransactionID: 0xabcdef,
      ServerID: '00030001020a11163322',
      DNSServers: ['2001:db8::53'],
      Domains: ['lan', 'example.org'],
      StatusCode: 2,
      StatusMessage: 'no room'
    })
  })

  it('looks into the envelopes of relays', () => {
    const stranger = join(hex('01 abcdef'), option(1, hex('0002 00000009 aabb')))
    const inner = join(relayed(stranger, 0), option(79, hex('0001 0a0b0c0d0e0f')))
    const { dhcp, error } = decode(relayed(inner, 1))
    expect(error).toBeUndefined()
    expect(dhcp).toMatchObject({
      messageType: 1,
      transactionId: 0xabcdef,
      clientMac: '0a:0b:0c:0d:0e:0f',
      relays: [
        { messageType: 12, hopCount: 1, linkAddress: '2001:db8::1', peerAddress: 'fe80::9' },
        { messageType: 12, hopCount: 0 }
      ]
    })
    expect(toPacketInfo(logged(packet(relayed(solicit, 0)))).DHCPv6).toEqual({
      MessageType: 1,
      TransactionID: 0xabcdef,
      Relays: [{ HopCount: 0, LinkAddress: '2001:db8::1', PeerAddress: 'fe80::9' }],
      ClientID: '000100012a2b2c2d020a11163322',
      ClientMAC: '02:0a:11:16:33:22',
      FQDN: 'laptop.lan',
      VendorClass: 'MSFT 5.0',
      UserClass: 'home',
      Fingerprint: '23,24,56',
      Addresses: [{ Address: '2001:db8::5', PreferredSeconds: 1800, ValidSeconds: 3600 }],
      Prefixes: [{ Prefix: '2001:db8:1::/56', PreferredSeconds: 1800, ValidSeconds: 3600 }]
    })
  })

  it('opens eight envelopes and no more', () => {
    const nested = (depth: number) =>
      Array.from({ length: depth }).reduce<Uint8Array>((inner, _, index) => relayed(inner, index), solicit)
    expect(decode(nested(8)).error).toBeUndefined()
    expect(decode(nested(8)).dhcp?.relays.length).toBe(8)
    const deeper = decode(nested(9))
    expect(deeper.error).toMatchObject({ code: 'DECODE_LIMIT', layer: 'DHCPv6' })
    expect(deeper.dhcp).toMatchObject({ messageType: 12, transactionId: undefined })
  })

  it('keeps the options before one that is cut', () => {
    const { dhcp, error } = decode(solicit.subarray(0, 30))
    expect(error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'DHCPv6', offset: START + 22 })
    expect(dhcp?.clientMac).toBe('02:0a:11:16:33:22')
    expect(decode(solicit.subarray(0, 3))).toMatchObject({ dhcp: undefined, error: { code: 'DECODE_TRUNCATED' } })
  })

  it('tells a cut packet from an option that says too much', () => {
    const cut = relayed(solicit, 0).subarray(0, 100)
    expect(decode(cut).error).toMatchObject({ code: 'DECODE_TRUNCATED', offset: START + 34 })
    expect(decode(relayed(solicit.subarray(0, 30), 0)).error).toMatchObject({ code: 'DECODE_MALFORMED' })
    expect(decode(relayed(hex(''), 0)).error).toMatchObject({ code: 'DECODE_MALFORMED' })
    expect(decode(relayed(hex('0c00'), 0)).error).toMatchObject({ code: 'DECODE_MALFORMED' })
  })
})
