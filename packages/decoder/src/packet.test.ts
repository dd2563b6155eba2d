import { describe, expect, it } from 'vitest'
import { hex, ipv4, tcp, udp } from '../test/build.js'
import { dissections, vectors } from '../test/vectors.js'
import { decodePacket } from './decoder.js'
import { ReusablePacket } from './packet.js'
import { extendedRegistry } from './tables/registries.js'

describe('decodePacket', () => {
  it('decodes a layer only when it is asked for', () => {
    const bytes = ipv4(udp(hex('01')))
    const packet = decodePacket(bytes)
    expect(packet.ipv4?.protocol).toBe(17)
    // Seen only because the UDP header has not been looked at yet.
    bytes[25] = 7
    expect(packet.error).toMatchObject({ layer: 'UDP', reason: 'length 7 is less than 8' })
  })

  it('says what is wrong with bytes that are no packet', () => {
    expect(decodePacket(hex('')).error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'IP', offset: 0 })
    expect(decodePacket(hex('0001')).error).toMatchObject({ code: 'DECODE_MALFORMED', layer: 'IP', offset: 0 })
    expect(decodePacket(hex('0001')).layers).toEqual([])
  })

  it('leaves alone what it does not know by its EtherType', () => {
    const packet = decodePacket(hex('0001080006040001'), 0x88cc)
    expect(packet.layers).toEqual([])
    expect(packet.error).toBeUndefined()
  })

  it('forgets the last packet when it starts over', () => {
    const packet = new ReusablePacket(extendedRegistry())
    packet.reset(ipv4(udp(hex('01'))))
    expect(packet.udp).toBeDefined()
    const { layers } = packet
    packet.reset(hex('00'))
    expect(packet.udp).toBeUndefined()
    expect(packet.error).toBeDefined()
    packet.reset(ipv4(tcp(hex('')), { protocol: 6 }))
    expect(packet.error).toBeUndefined()
    expect(packet.layers).toBe(layers)
    expect(packet.layers.map(({ name }) => name)).toEqual(['IPv4', 'TCP'])
  })

  it('agrees with Wireshark on every field both know', () => {
    let compared = 0
    const disagreements: string[] = []
    for (const { id, logged } of vectors) {
      const fields = dissections.get(id)
      if (fields === undefined) continue
      const packet = decodePacket(logged.payload)
      const first = packet.layers[0]
      const { tcp, udp, ipv6, icmpv4, icmpv6 } = packet
      const ours: Record<string, string | number | undefined> = {}
      if (first === packet.ipv4 && packet.ipv4 !== undefined && packet.error?.layer !== 'IPv4') {
        const ip = packet.ipv4
        ours['ip.version'] = ip.version
        ours['ip.hdr_len'] = ip.ihl * 4
        ours['ip.id'] = `0x${ip.id.toString(16).padStart(4, '0')}`
        ours['ip.ttl'] = ip.ttl
        ours['ip.proto'] = ip.protocol
        ours['ip.src'] = ip.source
        ours['ip.dst'] = ip.destination
      }
      if (ipv6 !== undefined) {
        ours['ipv6.plen'] = ipv6.length
        ours['ipv6.nxt'] = ipv6.nextHeader
        ours['ipv6.hlim'] = ipv6.hopLimit
        ours['ipv6.src'] = ipv6.source
        ours['ipv6.dst'] = ipv6.destination
      }
      if (tcp !== undefined && packet.error?.layer !== 'TCP') {
        ours['tcp.srcport'] = tcp.sourcePort
        ours['tcp.dstport'] = tcp.destinationPort
        ours['tcp.seq_raw'] = tcp.seq
        ours['tcp.ack_raw'] = tcp.ackNumber
        ours['tcp.window_size_value'] = tcp.window
        ours['tcp.urgent_pointer'] = tcp.urgentPointer
      }
      if (udp !== undefined) {
        ours['udp.srcport'] = udp.sourcePort
        ours['udp.dstport'] = udp.destinationPort
        ours['udp.length'] = udp.length
      }
      if (icmpv4 !== undefined) {
        ours['icmp.type'] = icmpv4.type
        ours['icmp.code'] = icmpv4.code
      }
      if (icmpv6 !== undefined) {
        ours['icmpv6.type'] = icmpv6.type
        ours['icmpv6.code'] = icmpv6.code
      }
      for (const [field, value] of Object.entries(ours)) {
        const theirs = fields[field]
        if (theirs === undefined) continue
        compared++
        if (!theirs.includes(String(value))) disagreements.push(`${id} ${field}: ${value}, Wireshark ${theirs.join()}`)
      }
    }
    // Wireshark shows where a source route ends as the destination; the header's own field is the next hop.
    expect(disagreements).toEqual(['ip-opt-ssrr ip.dst: 192.168.2.1, Wireshark 5.6.7.8'])
    expect(compared).toBeGreaterThan(5000)
  })
})
