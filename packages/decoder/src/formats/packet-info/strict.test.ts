import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { dhcpMessage, dnsMessage, dnsQuestion, dnsRecord, hex, ipv4, logged, tcp, udp } from '../../../test/build.js'
import { domainsOf, vectors } from '../../../test/vectors.js'
import { formatPacketInfo } from '../../decoder.js'
import type { LoggedPacket } from '../../logged-packet.js'
import { topicOf } from './topic.js'

const strict = { extended: false } as const
const root = hex('00')
const dns = (message: Uint8Array) => logged(ipv4(udp(message, 1, 53)))

/** A packet on the edge of one of SPR's checks, and what only the right side of it gives; nothing where SPR drops it. */
const edges: Readonly<Record<string, readonly [packet: LoggedPacket, part: string | undefined]>> = {
  'an IP option has a single byte of data': [
    logged(ipv4(udp(hex('')), { options: hex('07030400') })),
    '"Options":[{"OptionType":7,"OptionLength":3,"OptionData":"BA=="},{"OptionType":0,"OptionLength":1,"OptionData":null}],"Padding":""'
  ],
  'an option without data ends the TCP header': [
    logged(ipv4(tcp(hex(''), { options: hex('01010402') }), { protocol: 6 })),
    '{"OptionType":4,"OptionLength":2,"OptionData":""}],"Padding":null'
  ],
  'a datagram is nothing but its header': [
    logged(ipv4(udp(hex('aabb'), 1, 9999, 8))),
    '"Payload":"","SrcPort":1,"DstPort":9999,"Length":8,'
  ],
  'a link-layer header is nothing but two addresses': [
    logged(ipv4(udp(hex(''))), { hwType: 1, hwHeader: hex('0a53455e370d 029f11913383') }),
    '"Ethernet":{"SrcMAC":"02:9f:11:91:33:83","DstMAC":"0a:53:45:5e:37:0d","HwType":1}'
  ],
  'a long message holds little': [
    dns(hex(`0007 0100 0001 0000 0000 0000 0161 00 0001 0001 ${'00'.repeat(1400)}`)),
    '"Questions":[{"Name":"YQ==","Type":1,"Class":1}]'
  ],
  'a pointer leads to an odd offset': [
    dns(hex('0007 0100 0002 0000 0000 0000 026161 0162 00 0001 0001 0163 c00f 0001 0001')),
    '{"Name":"Yy5i","Type":1,"Class":1}]'
  ],
  'a pointer leads behind the last byte': [dns(dnsMessage({ questions: [hex('c012 0001 0001')] })), undefined],
  'a pointer in record data is cut': [dns(dnsMessage({ answers: [dnsRecord(root, 2, hex('c0'))] })), undefined],
  'an address is a single byte': [dns(dnsMessage({ answers: [dnsRecord(root, 1, hex('01'))] })), undefined],
  'a URI has no target': [
    dns(dnsMessage({ answers: [dnsRecord(root, 256, hex('00010002'))] })),
    '"URI":{"Priority":1,"Weight":2,"Target":""}'
  ],
  'a query carries a response code': [
    dns(dnsMessage({ flags: 0x0101, questions: [dnsQuestion(root)] })),
    '"RA":false,"Z":0,"ResponseCode":1,'
  ],
  'only the upper half of the EDNS response code counts': [
    dns(dnsMessage({ additionals: [hex('00 0029 04d0 01f00000 0000'), hex('00 0029 04d0 02100000 0000')] })),
    '"ResponseCode":48,'
  ],
  'a DHCP client has no hardware address': [logged(ipv4(udp(dhcpMessage(hex('ff'), 0), 68, 67))), '"ClientHWAddr":""'],
  'an empty option ends a DHCP message': [
    logged(ipv4(udp(dhcpMessage(hex('350101 3200')), 68, 67))),
    '{"Type":50,"Length":0,"Data":""}]'
  ]
}

describe('strict mode', () => {
  it.each(vectors.map(vector => [vector.id, vector] as const))(
    'is byte for byte what SPR makes of %s',
    (_id, vector) => {
      const { logged, expected } = vector
      const text = formatPacketInfo(logged, { ...strict, ...domainsOf(vector) })
      if (expected.error !== undefined) {
        expect(text).toBeUndefined()
        return
      }
      expect(JSON.parse(text ?? '')).toEqual(expected.event)
      const bytes = Buffer.from(text ?? '')
      expect(bytes.length).toBe(expected.len)
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(expected.sha256)
      expect(topicOf(logged.prefix)).toBe(expected.topic)
    }
  )

  it.each(Object.entries(edges))('agrees with SPR where %s', (_what, [packet, part]) => {
    const text = formatPacketInfo(packet, strict)
    if (part === undefined) expect(text).toBeUndefined()
    else expect(text).toContain(part)
  })

  it('gives the text SPR gives for a SYN with options', () => {
    const packet = logged(
      hex(`45000030000040004006680bc0a8020508080808
           9c4001bb00000001000000007002faf019740000020405b401040200`),
      { group: 0, prefix: 'wan:out ' }
    )
    expect(formatPacketInfo(packet, strict)).toBe(
      '{"TCP":{"Contents":"nEABuwAAAAEAAAAAcAL68Bl0AAACBAW0AQQCAA==","Payload":"","SrcPort":40000,"DstPort":443,"Seq":1,"Ack":0,"DataOffset":7,"FIN":false,"SYN":true,"RST":false,"PSH":false,"ACK":false,"URG":false,"ECE":false,"CWR":false,"NS":false,"Window":64240,"Checksum":6516,"Urgent":0,"Options":[{"OptionType":2,"OptionLength":4,"OptionData":"BbQ="},{"OptionType":1,"OptionLength":1,"OptionData":null},{"OptionType":4,"OptionLength":2,"OptionData":""},{"OptionType":0,"OptionLength":1,"OptionData":null}],"Padding":""},"IP":{"Contents":"RQAAMAAAQABABmgLwKgCBQgICAg=","Payload":"nEABuwAAAAEAAAAAcAL68Bl0AAACBAW0AQQCAA==","Version":4,"IHL":5,"TOS":0,"Length":48,"Id":0,"Flags":2,"FragOffset":0,"TTL":64,"Protocol":6,"Checksum":26635,"SrcIP":"192.168.2.5","DstIP":"8.8.8.8","Options":null,"Padding":null},"Prefix":"wan:out ","Action":"allowed","Timestamp":"2023-11-14T22:13:20.123456Z","InDev":"","OutDev":""}'
    )
  })

  it('gives the text SPR gives for a DNS query', () => {
    const payload = ipv4(hex('1388003500207aeb 00070100000100000000000003633268 02736500 0001 0001'))
    expect(formatPacketInfo(logged(payload), strict)).toContain(
      '"DNS":{"Contents":"AAcBAAABAAAAAAAAA2MyaAJzZQAAAQAB","Payload":null,"ID":7,"QR":false,"OpCode":0,"AA":false,"TC":false,"RD":true,"RA":false,"Z":0,"ResponseCode":0,"QDCount":1,"ANCount":0,"NSCount":0,"ARCount":0,"Questions":[{"Name":"YzJoLnNl","Type":1,"Class":1}],"Answers":null,"Authorities":null,"Additionals":null}'
    )
  })

  it('reads type and class of a question behind the end of the message, as long as they were captured', () => {
    const message = hex('0007 0100 0001 0000 0000 0000 0161 00')
    const payload = ipv4(udp(hex(`${Buffer.from(message).toString('hex')}001c0001`), 1, 53, 8 + message.length))
    expect(formatPacketInfo(logged(payload), strict)).toContain('"Questions":[{"Name":"YQ==","Type":28,"Class":1}]')
    expect(formatPacketInfo(logged(payload.subarray(0, payload.length - 1)), strict)).toBeUndefined()
  })

  it('writes no key SPR does not know, whatever the kernel told', () => {
    const packet = logged(ipv4(udp(hex('01'))), { seq: 1, mark: 2, timestampSource: 'kernel', etherType: 0x86dd })
    const event = JSON.parse(formatPacketInfo(packet, { ...strict, payload: 'none' }) ?? '') as object
    expect(Object.keys(event)).toEqual(['UDP', 'IP', 'Prefix', 'Action', 'Timestamp', 'InDev', 'OutDev'])
  })

  it('ignores the longest line', () => {
    const packet = logged(ipv4(udp(new Uint8Array(60_000))))
    expect(formatPacketInfo(packet, { ...strict, maxLineBytes: 4096 })?.length).toBeGreaterThan(160_000)
  })
})
