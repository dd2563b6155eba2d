import { describe, expect, it } from 'vitest'
import { hex, ipv4, join, logged, udp } from '../../test/build.js'
import { decodePacket, toPacketInfo } from '../decoder.js'
import { Arp } from './arp.js'
import { Ethernet } from './ethernet.js'
import { Vlan } from './vlan.js'

const addresses = '0a53455e370d 029f11913383'
const payload = ipv4(udp(hex('01')))
const names = (packet: { layers: readonly { name: string }[] }) => packet.layers.map(({ name }) => name)

describe('the link header', () => {
  it('is a layer of its own in front of the packet', () => {
    const packet = decodePacket(logged(payload, { hwType: 1, hwHeader: hex(`${addresses} 0800`) }))
    expect(names(packet)).toEqual(['Ethernet', 'IPv4', 'UDP'])
    expect(packet.get(Ethernet)).toMatchObject({
      source: '02:9f:11:91:33:83',
      destination: '0a:53:45:5e:37:0d',
      etherType: 0x0800,
      isLink: true
    })
  })

  it('is left alone when it is not Ethernet, or too short to be', () => {
    expect(names(decodePacket(logged(payload, { hwType: 65534, hwHeader: hex(`${addresses} 0800`) })))).toEqual([
      'IPv4',
      'UDP'
    ])
    const short = decodePacket(logged(payload, { hwType: 1, hwHeader: hex(addresses) }))
    expect(names(short)).toEqual(['IPv4', 'UDP'])
    expect(short.error).toBeUndefined()
    expect(names(decodePacket(logged(payload)))).toEqual(['IPv4', 'UDP'])
  })

  it('shows the tags of QinQ, outermost first', () => {
    const l2Header = hex(`${addresses} 88a8 2064 8100 f00a 0800`)
    const packet = decodePacket(logged(payload, { l2Header }))
    expect(names(packet)).toEqual(['Ethernet', 'VLAN', 'IPv4', 'UDP'])
    expect(packet.get(Vlan)).toMatchObject({
      id: 10,
      etherType: 0x0800,
      tags: [
        { id: 100, priority: 1, dropEligible: false, etherType: 0x8100 },
        { id: 10, priority: 7, dropEligible: true, etherType: 0x0800 }
      ]
    })
    expect(toPacketInfo(logged(payload, { l2Header }))).toMatchObject({
      Link: { SrcMAC: '02:9f:11:91:33:83', DstMAC: '0a:53:45:5e:37:0d', EtherType: 0x88a8 },
      VLAN: {
        Id: 10,
        Tags: [
          { Id: 100, Priority: 1, DropEligible: false, EtherType: 0x8100 },
          { Id: 10, Priority: 7, DropEligible: true, EtherType: 0x0800 }
        ]
      }
    })
  })

  it('has the tag the network card took off', () => {
    const packet = logged(payload, { vlan: { protocol: 0x8100, tci: 0x2005 }, etherType: 0x0800 })
    expect(names(decodePacket(packet))).toEqual(['VLAN', 'IPv4', 'UDP'])
    expect(toPacketInfo(packet).VLAN).toEqual({
      Id: 5,
      Tags: [{ Id: 5, Priority: 1, DropEligible: false, EtherType: 0x0800 }]
    })
  })

  it('leaves events alone where it says no more than SPR does', () => {
    const packet = logged(payload, { hwType: 1, hwHeader: hex(`${addresses} 0800`) })
    expect(toPacketInfo(packet).Ethernet?.SrcMAC).toBe('02:9f:11:91:33:83')
    expect(toPacketInfo(packet).Link).toBeUndefined()
  })

  it('keeps whole tags when the next is cut', () => {
    const packet = decodePacket(logged(payload, { l2Header: hex(`${addresses} 8100 0005 8100 00`) }))
    expect(packet.get(Vlan)?.tags).toEqual([{ id: 5, priority: 0, dropEligible: false, etherType: 0x8100 }])
  })
})

describe('ARP', () => {
  const request = hex('0001 0800 06 04 0001 029f11913383 c0a8020a 000000000000 c0a80201')

  it('says who asks whom for what', () => {
    const packet = decodePacket(join(request, new Uint8Array(18)), 0x0806)
    expect(packet.error).toBeUndefined()
    expect(packet.get(Arp)).toMatchObject({
      hardwareType: 1,
      protocolType: 0x0800,
      operation: 1,
      senderMac: '02:9f:11:91:33:83',
      senderIp: '192.168.2.10',
      targetMac: '00:00:00:00:00:00',
      targetIp: '192.168.2.1'
    })
    expect(packet.get(Arp)?.contents).toEqual(request)
  })

  it('is an event of its own, also where only the family tells', () => {
    for (const told of [{ etherType: 0x0806 }, { family: 3 }, { family: 3, etherType: 0 }]) {
      expect(toPacketInfo(logged(request, told)).ARP).toEqual({
        Contents: Buffer.from(request).toString('base64'),
        HwType: 1,
        ProtocolType: 0x0800,
        HwLength: 6,
        ProtocolLength: 4,
        Operation: 1,
        SrcMAC: '02:9f:11:91:33:83',
        SrcIP: '192.168.2.10',
        DstMAC: '00:00:00:00:00:00',
        DstIP: '192.168.2.1'
      })
    }
  })

  it('leaves out addresses of networks it does not know', () => {
    const packet = decodePacket(hex('0018 86dd 08 02 0002 0102030405060708 aaaa 0102030405060708 bbbb'), 0x0806)
    expect(packet.get(Arp)).toMatchObject({ senderMac: undefined, targetIp: undefined, hardwareLength: 8 })
  })

  it('is not there when it is cut', () => {
    const packet = decodePacket(request.subarray(0, 27), 0x0806)
    expect(packet.layers).toEqual([])
    expect(packet.error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'ARP', offset: 27 })
    expect(decodePacket(request.subarray(0, 7), 0x0806).error).toMatchObject({ layer: 'ARP', offset: 0 })
  })
})
