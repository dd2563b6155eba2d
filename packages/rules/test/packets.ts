import type { LoggedPacket, Packet, PacketInfoOptions } from '@packet-logs/decoder'
import { decodePacket, formatPacketInfo, topicOf } from '@packet-logs/decoder'
import type { FilterEvent } from '../src/index.js'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'))

const common = { timestampUs: 1_700_000_000_123_456, family: 2, hook: 1, inDevice: 'eth0', outDevice: '' }

/** 192.168.2.10:40000 to 8.8.8.8:443, SYN. */
export const syn: LoggedPacket = {
  ...common,
  group: 1,
  prefix: 'DROP:input ',
  mark: 7,
  hwType: 1,
  hwHeader: hex('0a53455e370d 029f11913383 0800'),
  payload: hex('45000028 12344000 4006a335 c0a8020a 08080808 9c4001bb 00000001 00000000 5002faf0 19740000')
}

/** 2001:db8::1 to 2001:db8::2, echo request. */
export const ping6: LoggedPacket = {
  ...common,
  group: 0,
  family: 10,
  prefix: 'lan:in ',
  payload: hex(
    '60000000 0008 3a 40 20010db8000000000000000000000001 20010db8000000000000000000000002 8000 1234 00010002'
  )
}

/** 192.168.2.10 asks 8.8.8.8 for the address of www.eXample.com. */
export const query: LoggedPacket = {
  ...common,
  group: 0,
  prefix: 'wan:out ',
  payload: hex(
    '4500003d 00014000 4011a335 c0a8020a 08080808 d4310035 0029dead ' +
      '00070100000100000000000003777777076558616d706c6503636f6d0000010001'
  )
}

/** Who has 192.168.2.1? */
export const arpRequest: LoggedPacket = {
  ...common,
  group: 1,
  family: 3,
  etherType: 0x0806,
  prefix: 'drop:mac#a1 ',
  payload: hex('0001 0800 06 04 0001 029f11913383 c0a8020a 000000000000 c0a80201')
}

/** A client's hello for www.eXample.com, over TCP in IPv6 in GRE in IPv4. */
export const tunnelledHello: LoggedPacket = {
  ...common,
  group: 0,
  prefix: 'wan:out ',
  payload: hex(
    `450000a7 00010000 402f0000 0a000001 0a000002 0000 86dd
     60000000 0067 06 40 20010db8000000000000000000000001 20010db8000000000000000000000002
     9c4001bb 00000001 00000001 5018faf0 00000000
     16 0301 004e 01 00004a 0303 ${'ab'.repeat(32)} 00 0002 1301 01 00 001f
     0000 0014 0012 00 000f ${Buffer.from('www.eXample.com').toString('hex')}
     002b 0003 02 0304`
  )
}

/** A TCP segment from 192.168.2.10 that starts with `text`. */
export function httpSegment(text: string): LoggedPacket {
  const header = hex('45000000 00010000 40060000 c0a8020a 5db8d822 9c400050 00000001 00000001 5018faf0 00000000')
  const payload = Buffer.concat([header, Buffer.from(text)])
  payload.writeUInt16BE(payload.length, 2)
  return { ...common, group: 0, prefix: 'wan:out ', payload }
}

export const decoded = ({ payload, etherType }: LoggedPacket): Packet => decodePacket(payload, etherType)

export function eventOf(logged: LoggedPacket, options?: PacketInfoOptions): FilterEvent {
  return { topic: topicOf(logged.prefix), value: formatPacketInfo(logged, options) ?? '' }
}
