/* Packets per second and bytes allocated per packet, for a few shapes of packet. Run: pnpm --filter @packet-logs/decoder bench */

import type { HeaderOption, LoggedPacket } from '../src/index.js'
import { createLineWriter, decodePacket, formatPacketInfo, toPacketInfo, topicOf } from '../src/index.js'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

const ethernet = { hwType: 1, hwHeader: hex('0a5345 5e370d 029f11 913383 0800') }

function logged(payload: Uint8Array): LoggedPacket {
  return {
    group: 1,
    prefix: 'drop:input ',
    payload,
    timestampUs: 1_700_000_000_123_456,
    timestampSource: 'kernel',
    inDevice: 'eth0',
    outDevice: '',
    family: 2,
    etherType: 0x0800,
    hook: 1,
    seq: 4711,
    ...ethernet
  }
}

function ipv4(protocol: number, body: Uint8Array): Uint8Array {
  const packet = new Uint8Array(20 + body.length)
  packet.set(hex('4500 0000 1234 4000 40 00 a335 c0a8020a 08080808'))
  packet[2] = packet.length >> 8
  packet[3] = packet.length & 255
  packet[9] = protocol
  packet.set(body, 20)
  return packet
}

function udp(body: Uint8Array, port: number): Uint8Array {
  const packet = new Uint8Array(8 + body.length)
  packet.set([0x9c, 0x40, port >> 8, port & 255, packet.length >> 8, packet.length & 255, 0xde, 0xad])
  packet.set(body, 8)
  return packet
}

const syn = hex('9c4001bb 00000001 00000000 a002faf0 19740000 020405b4 0402080a 00112233 00000000 01030307')
const query = hex('0007 0100 0001 0000 0000 0000 03777777 076578616d706c65 03636f6d 00 0001 0001')

const corpus: Record<string, LoggedPacket> = {
  'UDP, 60 bytes': logged(ipv4(17, udp(new Uint8Array(32).fill(0x41), 9999))),
  'TCP SYN with options, 60 bytes': logged(ipv4(6, syn)),
  'DNS query': logged(ipv4(17, udp(query, 53))),
  'UDP, 1500 bytes': logged(ipv4(17, udp(new Uint8Array(1472).fill(0x41), 9999)))
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')

const options = (list: readonly HeaderOption[]): object[] =>
  list.map(({ type, length, data }) => ({
    OptionType: type,
    OptionLength: length,
    OptionData: data === undefined ? null : base64(data)
  }))

/** The usual way to a bus line: an object for the packet, stringified as the value, stringified in its line. */
function lineByObjects(packet: LoggedPacket): Buffer {
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

interface Sample {
  readonly ns: number
  readonly bytes: number
}

/** Best of several rounds: the machine is shared, and only slowness is noise. */
function measure(run: () => unknown): Sample {
  const iterations = 30_000
  let ns = Number.POSITIVE_INFINITY
  let bytes = Number.POSITIVE_INFINITY
  for (let round = 0; round < 7; round++) {
    const heap = process.memoryUsage().heapUsed
    const start = process.hrtime.bigint()
    for (let index = 0; index < iterations; index++) run()
    ns = Math.min(ns, Number(process.hrtime.bigint() - start) / iterations)
    const grown = (process.memoryUsage().heapUsed - heap) / iterations
    // A collection in the middle makes the heap shrink: that round says nothing.
    if (grown >= 0) bytes = Math.min(bytes, grown)
  }
  return { ns, bytes }
}

const into = new Uint8Array(1 << 20)
const rows: Record<string, string>[] = []

for (const [name, packet] of Object.entries(corpus)) {
  const writers = { strict: createLineWriter({ extended: false }), extended: createLineWriter() }
  const objects = name.startsWith('DNS') ? undefined : measure(() => lineByObjects(packet))
  for (const [mode, writer] of Object.entries(writers)) {
    const { ns, bytes } = measure(() => writer.write(packet, into, 0))
    rows.push({
      packet: name,
      mode,
      'line bytes': String(writer.write(packet, into, 0)),
      'ns/packet': ns.toFixed(0),
      'packets/s': Math.round(1e9 / ns).toLocaleString('en'),
      'bytes allocated': Number.isFinite(bytes) ? bytes.toFixed(0) : 'collected',
      'by objects, ns': objects?.ns.toFixed(0) ?? '',
      ratio: objects === undefined ? '' : (objects.ns / ns).toFixed(1)
    })
  }
}
console.table(rows)

const syn60 = logged(ipv4(6, syn))
const readTuple = measure(() => {
  const { ipv4: ip, tcp } = decodePacket(syn60.payload)
  return [ip?.source, ip?.destination, ip?.protocol, tcp?.sourcePort, tcp?.destinationPort]
})
const format = measure(() => formatPacketInfo(syn60))
const object = measure(() => toPacketInfo(syn60))
console.table(
  Object.entries({ 'decodePacket, 5-tuple': readTuple, formatPacketInfo: format, toPacketInfo: object }).map(
    ([what, { ns, bytes }]) => ({ what, 'ns/packet': ns.toFixed(0), 'bytes allocated': bytes.toFixed(0) })
  )
)
