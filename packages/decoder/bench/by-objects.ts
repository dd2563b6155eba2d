import type { HeaderOption, LoggedPacket } from '../src/index.js'
import { decodePacket, topicOf } from '../src/index.js'

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')

const options = (list: readonly HeaderOption[]): object[] =>
  list.map(({ type, length, data }) => ({
    OptionType: type,
    OptionLength: length,
    OptionData: data === undefined ? null : base64(data)
  }))

/** The usual way to a bus line: an object for the packet, stringified as the value, stringified in its line. */
export function lineByObjects(packet: LoggedPacket): Buffer {
  const { ipv4: ip, udp, tcp } = decodePacket(packet.payload)
  const event: Record<string, unknown> = {
    Ethernet: { SrcMAC: '02:9f:11:91:33:83', DstMAC: '0a:53:45:5e:37:0d', HwType: 1 }
  }
  if (tcp !== undefined) {
    const { fin, syn, rst, psh, ack, urg, ece, cwr, ns } = tcp
    event['TCP'] = {
      Contents: base64(tcp.contents),
      Payload: base64(tcp.payload),
      SrcPort: tcp.sourcePort,
      DstPort: tcp.destinationPort,
      Seq: tcp.seq,
      Ack: tcp.ackNumber,
      DataOffset: tcp.dataOffset,
      ...{ FIN: fin, SYN: syn, RST: rst, PSH: psh, ACK: ack, URG: urg, ECE: ece, CWR: cwr, NS: ns },
      Window: tcp.window,
      Checksum: tcp.checksum,
      Urgent: tcp.urgentPointer,
      Options: options(tcp.options),
      Padding: null
    }
  }
  if (udp !== undefined) {
    event['UDP'] = {
      Contents: base64(udp.contents),
      Payload: base64(udp.payload),
      SrcPort: udp.sourcePort,
      DstPort: udp.destinationPort,
      Length: udp.length,
      Checksum: udp.checksum
    }
  }
  if (ip !== undefined) {
    event['IP'] = {
      Contents: base64(ip.contents),
      Payload: base64(ip.payload),
      Version: ip.version,
      IHL: ip.ihl,
      TOS: ip.tos,
      Length: ip.length,
      Id: ip.id,
      Flags: ip.flags,
      FragOffset: ip.fragmentOffset,
      TTL: ip.ttl,
      Protocol: ip.protocol,
      Checksum: ip.checksum,
      SrcIP: ip.source,
      DstIP: ip.destination,
      Options: null,
      Padding: null
    }
  }
  event['Prefix'] = packet.prefix
  event['Action'] = 'blocked'
  event['Timestamp'] = new Date((packet.timestampUs ?? 0) / 1000).toISOString()
  event['InDev'] = packet.inDevice
  event['OutDev'] = packet.outDevice
  return Buffer.from(`${JSON.stringify({ topic: topicOf(packet.prefix), value: JSON.stringify(event) })}\n`)
}
