import { describe, expect, it } from 'vitest'
import { hex, ipv4, logged, udp } from '../../../test/build.js'
import { communityId } from '../../correlation/community-id.js'
import { decodePacket, formatPacketInfo, toPacketInfo } from '../../decoder.js'
import type { LoggedPacket } from '../../logged-packet.js'
import type { PacketInfoOptions } from './options.js'
import type { MetaInfo } from './packet-info.js'

const payload = ipv4(udp(hex('6162')))
const meta = (more: Partial<LoggedPacket>, options: PacketInfoOptions = {}): MetaInfo | undefined =>
  toPacketInfo(logged(payload, { group: -1, prefix: '', ...more }), { communityId: false, ...options, extended: true })
    .Meta

describe('Meta', () => {
  it('names the group', () => {
    expect(meta({ group: 0 })).toEqual({ Group: 0 })
    expect(meta({ group: 65_535 })).toEqual({ Group: 65_535 })
    expect(formatPacketInfo(logged(payload), { extended: false })).not.toContain('Group')
  })

  it('is left out when there is nothing to say', () => {
    expect(meta({})).toBeUndefined()
    expect(meta({ conntrack: {}, hwAddress: hex(''), l2Header: hex('') })).toBeUndefined()
  })

  it('repeats what the kernel told', () => {
    const told = { seq: 1, seqGlobal: 2, mark: 2 ** 32 - 1, uid: 0, gid: 5, family: 7, originalLength: 1500 }
    const devices = { physInDevice: 'lan0', physOutDevice: 'lan1', timestampSource: 'receive' } as const
    expect(meta({ ...told, ...devices, hook: 4, vlan: { protocol: 0x8100, tci: 42 } })).toEqual({
      Seq: 1,
      SeqGlobal: 2,
      Hook: 4,
      Mark: 2 ** 32 - 1,
      Uid: 0,
      Gid: 5,
      Family: 7,
      OriginalLength: 1500,
      PhysInDev: 'lan0',
      PhysOutDev: 'lan1',
      TimestampSource: 'receive',
      Vlan: { Protocol: 0x8100, Tci: 42 }
    })
    expect(meta({ hwAddress: hex('020000000001') })).toEqual({ HwAddress: '02:00:00:00:00:01' })
    expect(meta({ hwAddress: hex('0200000000010203') })).toEqual({ HwAddress: '02:00:00:00:00:01:02:03' })
  })

  it('leaves out what is no number rather than breaking the JSON', () => {
    expect(meta({ seq: Number.NaN, mark: -1, uid: 0.5, family: 2, hwType: -1 })).toEqual({ Family: 2 })
  })

  it('shows the link-layer header unless no raw bytes are wanted', () => {
    const l2Header = hex('0a53455e370d 029f11913383 0800')
    expect(meta({ l2Header })).toEqual({ L2Header: Buffer.from(l2Header).toString('base64') })
    expect(meta({ l2Header }, { payload: 'none' })).toBeUndefined()
  })

  it('shows both ways of the connection', () => {
    const conntrack = {
      original: {
        source: '10.0.0.2',
        destination: '8.8.8.8',
        protocol: 17,
        sourcePort: 40000,
        destinationPort: 53,
        zone: 3
      },
      reply: { source: '8.8.8.8', destination: '203.0.113.7', protocol: 1, icmpType: 0, icmpCode: 0, icmpId: 7 },
      info: 2,
      status: 400,
      mark: 1,
      id: 77,
      zone: 5,
      timeoutSeconds: 30
    }
    expect(meta({ conntrack })).toEqual({
      Conntrack: {
        Original: { SrcIP: '10.0.0.2', DstIP: '8.8.8.8', Protocol: 17, SrcPort: 40000, DstPort: 53, Zone: 3 },
        Reply: { SrcIP: '8.8.8.8', DstIP: '203.0.113.7', Protocol: 1, IcmpType: 0, IcmpCode: 0, IcmpId: 7 },
        Info: 2,
        Status: 400,
        Mark: 1,
        Id: 77,
        Zone: 5,
        Timeout: 30
      }
    })
    expect(meta({ conntrack: { original: { source: '"<\u001b' } } })).toEqual({
      Conntrack: { Original: { SrcIP: '"<\u001b' } }
    })
  })

  it('tells direction and rule', () => {
    expect(meta({ prefix: 'wan:out#17 ', hook: 2 })).toEqual({
      Hook: 2,
      Direction: 'out',
      Rule: { Name: 'wan:out', Id: '17' }
    })
    expect(meta({ hook: 1 })).toEqual({ Hook: 1, Direction: 'in' })
    expect(meta({ inDevice: 'lo' })).toEqual({ Direction: 'local' })
  })

  it('names the flow, with the seed that is asked for', () => {
    const packet = decodePacket(payload)
    expect(meta({}, { communityId: true })).toEqual({ CommunityId: communityId(packet) })
    expect(meta({}, { communityId: 7 })).toEqual({ CommunityId: communityId(packet, 7) })
    expect(meta({ payload: ipv4(udp(hex('')), { flagsAndOffset: 1 }) }, { communityId: true })).toBeUndefined()
    for (const seed of [-1, 0.5, 65_536]) {
      expect(() => formatPacketInfo(logged(payload), { communityId: seed })).toThrow(RangeError)
    }
  })

  it('fits a long prefix that is a rule, too', () => {
    const prefix = `${'\u0001'.repeat(30_000)}#${'\u0001'.repeat(120)}`
    const text = formatPacketInfo(logged(payload, { prefix }), { maxLineBytes: Number.POSITIVE_INFINITY })
    expect(text.split('\\u0001').length - 1).toBe(60_240)
  })
})
