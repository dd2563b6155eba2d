import type { LoggedPacket } from '../src/index.js'

export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))

export function join(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap(part => [...part]))
}

const u16 = (value: number): number[] => [(value >> 8) & 255, value & 255]

export interface Ipv4Parts {
  protocol?: number
  options?: Uint8Array
  flagsAndOffset?: number
  length?: number
  source?: string
  destination?: string
}

const address = (text: string): number[] => text.split('.').map(Number)

export function ipv4(body: Uint8Array, parts: Ipv4Parts = {}): Uint8Array {
  const { protocol = 17, options = new Uint8Array(0), flagsAndOffset = 0x4000 } = parts
  const headerBytes = 20 + options.length
  return join(
    [0x40 | (headerBytes / 4), 0, ...u16(parts.length ?? headerBytes + body.length), 0x12, 0x34],
    [...u16(flagsAndOffset), 64, protocol, 0xa3, 0x35],
    address(parts.source ?? '192.168.2.10'),
    address(parts.destination ?? '8.8.8.8'),
    options,
    body
  )
}

const V6_SOURCE = '20010db8000000000000000000000001'
const V6_DESTINATION = 'ff020000000000000000000000000001'

export function ipv6(body: Uint8Array, nextHeader = 17, length: number = body.length): Uint8Array {
  return join([0x6a, 0x5c, 0xba, 0x98, ...u16(length), nextHeader, 64], hex(V6_SOURCE), hex(V6_DESTINATION), body)
}

export function udp(
  body: Uint8Array,
  sourcePort = 40000,
  destinationPort = 9999,
  length: number = body.length + 8
): Uint8Array {
  return join(u16(sourcePort), u16(destinationPort), u16(length), [0xde, 0xad], body)
}

export interface TcpParts {
  sourcePort?: number
  destinationPort?: number
  options?: Uint8Array
  dataOffset?: number
  flags?: number
}

export function tcp(body: Uint8Array, parts: TcpParts = {}): Uint8Array {
  const { sourcePort = 40000, destinationPort = 8443, options = new Uint8Array(0), flags = 0x018 } = parts
  const dataOffset = parts.dataOffset ?? (20 + options.length) / 4
  return join(
    [...u16(sourcePort), ...u16(destinationPort), 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe],
    [(dataOffset << 4) | (flags >> 8), flags & 255, 0xfa, 0xf0, 0x19, 0x74, 0, 7],
    options,
    body
  )
}

/** A name as labels, ended by the root. */
export function dnsName(name: string): Uint8Array {
  const labels = name === '' ? [] : name.split('.')
  return join(...labels.map(label => [label.length, ...Buffer.from(label, 'latin1')]), [0])
}

export interface DnsParts {
  flags?: number
  questions?: readonly Uint8Array[]
  answers?: readonly Uint8Array[]
  authorities?: readonly Uint8Array[]
  additionals?: readonly Uint8Array[]
}

export function dnsMessage(parts: DnsParts): Uint8Array {
  const { questions = [], answers = [], authorities = [], additionals = [] } = parts
  return join(
    [0x00, 0x07, ...u16(parts.flags ?? 0x0100)],
    [questions, answers, authorities, additionals].flatMap(section => u16(section.length)),
    ...questions,
    ...answers,
    ...authorities,
    ...additionals
  )
}

export const dnsQuestion = (name: Uint8Array, type = 1): Uint8Array => join(name, u16(type), [0, 1])

export function dnsRecord(name: Uint8Array, type: number, data: Uint8Array, ttl = 60): Uint8Array {
  return join(name, u16(type), [0, 1, 0, 0, ...u16(ttl)], u16(data.length), data)
}

/** A DHCP message whose options follow the magic cookie as given. */
export function dhcpMessage(options: Uint8Array, hardwareLength = 6): Uint8Array {
  const fixed = new Uint8Array(240)
  fixed.set(join([1, 1, hardwareLength, 0], hex('3903f326 0005 8000'), hex('00000000 c0a80264 c0a80201 00000000')))
  fixed.set(hex('020a11163322'), 28)
  fixed.set(Buffer.from('router'), 44)
  fixed.set(hex('63825363'), 236)
  return join(fixed, options)
}

export function logged(payload: Uint8Array, more: Partial<LoggedPacket> = {}): LoggedPacket {
  return { group: 1, prefix: 'drop:input ', payload, timestampUs: 1_700_000_000_123_456, ...more }
}
