import type { LoggedPacket } from '../src/index.js'

export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

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
    family: (payload[0] ?? 0) >> 4 === 6 ? 10 : 2,
    etherType: (payload[0] ?? 0) >> 4 === 6 ? 0x86dd : 0x0800,
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

function ipv6(nextHeader: number, body: Uint8Array): Uint8Array {
  const packet = new Uint8Array(40 + body.length)
  packet.set(hex('60012345 0000 00 40 20010db8000000000000000000000010 20010db8000000000000000000000001'))
  packet[4] = body.length >> 8
  packet[5] = body.length & 255
  packet[6] = nextHeader
  packet.set(body, 40)
  return packet
}

function udp(body: Uint8Array, source: number, destination: number): Uint8Array {
  const packet = new Uint8Array(8 + body.length)
  packet.set([source >> 8, source & 255, destination >> 8, destination & 255])
  packet.set([packet.length >> 8, packet.length & 255, 0xde, 0xad], 4)
  packet.set(body, 8)
  return packet
}

const syn = hex('9c4001bb 00000001 00000000 a002faf0 19740000 020405b4 0402080a 00112233 00000000 01030307')
const query = hex('0007 0100 0001 0000 0000 0000 03777777 076578616d706c65 03636f6d 00 0001 0001')
const answer = hex(
  '0007 8180 0001 0002 0000 0000 03777777 076578616d706c65 03636f6d 00 0001 0001 c00c 0005 0001 0000003c 0006 036364 6e c010 c02d 0001 0001 0000003c 0004 c0000207'.replace(
    '036364 6e',
    '0363646e'
  )
)

function dhcp(): Uint8Array {
  const message = new Uint8Array(240 + 24)
  message.set(hex('01010600 3903f326 00050000'))
  message.set(hex('020a11163322'), 28)
  message.set(hex('63825363 350103 3204c0a80264 0c066c6170746f70 3704010306 0f ff'), 236)
  return message
}

/** What a home router logs, in about these shares when taken in turn. */
export const corpus: Readonly<Record<string, LoggedPacket>> = {
  'TCP SYN with options, 60 bytes': logged(ipv4(6, syn)),
  'UDP, 60 bytes': logged(ipv4(17, udp(new Uint8Array(32).fill(0x41), 40000, 9999))),
  'DNS query': logged(ipv4(17, udp(query, 40000, 53))),
  'DNS answer': logged(ipv4(17, udp(answer, 53, 40000))),
  DHCP: logged(ipv4(17, udp(dhcp(), 68, 67))),
  'IPv6 TCP SYN': logged(ipv6(6, syn)),
  'ICMPv6 echo': logged(ipv6(58, hex('8000bbcb00010007 0102030405060708'))),
  'UDP, 1500 bytes': logged(ipv4(17, udp(new Uint8Array(1472).fill(0x41), 40000, 9999)))
}
