import { Buffer } from 'node:buffer'
import type { Dhcpv4, Dns, Packet } from '@packet-logs/decoder'
import { dnsTypeName, Http, Quic, Tls } from '@packet-logs/decoder'
import { MAX_LIST_ITEMS } from '../limits.js'
import type { JsonObject } from '../value.js'
import { isObject } from '../value.js'
import { asNumber, asText, flag, known, number, text, texts } from './define.js'
import type { EventView } from './event-view.js'
import type { Field } from './field.js'
import { dhcpTypeName, dnsCodeName } from './names.js'

const ROOT = '.'
const IPV6_BYTES = 16
const HOST_NAME = 12
const MESSAGE_TYPE = 53
const HARDWARE_ADDRESS_BYTES = 6

export const applicationFields: readonly Field[] = [
  text(
    'dns.name',
    {
      meaning: 'name of the first question; the root is `.`',
      keys: ['DNS.Questions'],
      fromPacket: ({ packet }) => (packet.dns === undefined ? undefined : questionName(packet.dns)),
      fromEvent: view => {
        const question = firstQuestion(view)
        return question === undefined ? undefined : fromBase64(question['Name']) || ROOT
      }
    },
    'name'
  ),
  text('dns.type', {
    meaning: 'type of the first question: `A`, `AAAA`, `HTTPS`, … or `TYPE` and the number',
    keys: ['DNS.Questions'],
    fromPacket: ({ packet }) => {
      const { dns } = packet
      return dns === undefined || dns.questionCount === 0 ? undefined : dnsTypeName(dns.slots[0]?.type ?? 0)
    },
    fromEvent: view => {
      const question = firstQuestion(view)
      const type = question === undefined ? undefined : asNumber(question, 'Type')
      return type === undefined ? undefined : dnsTypeName(type)
    }
  }),
  flag('dns.response', {
    meaning: 'an answer, not a question',
    keys: ['DNS.QR'],
    fromPacket: ({ packet }) => packet.dns?.isResponse
  }),
  text('dns.code', {
    meaning: 'response code: `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`, … or the number',
    keys: ['DNS.ResponseCode'],
    fromPacket: ({ packet }) => (packet.dns === undefined ? undefined : dnsCodeName(packet.dns.responseCode)),
    fromEvent: view => {
      const code = asNumber(view.layer('DNS'), 'ResponseCode')
      return code === undefined ? undefined : dnsCodeName(code)
    }
  }),
  texts('dns.addresses', {
    meaning: `addresses among the answers, at most ${MAX_LIST_ITEMS}`,
    keys: ['DNS.Answers'],
    fromPacket: ({ packet }) => (packet.dns === undefined ? undefined : answeredAddresses(packet.dns)),
    fromEvent: view => {
      const dns = view.layer('DNS')
      if (asNumber(dns, 'ID') === undefined) return undefined
      return objects(dns['Answers']).flatMap(answer => answerAddress(answer) ?? [])
    }
  }),
  text(
    'tls.sni',
    {
      meaning: 'host name that a TLS client wants to reach; of a QUIC client where the decoder reads it',
      keys: ['TLS.SNI', 'QUIC.SNI'],
      fromPacket: ({ packet }) => known(packet.get(Tls)?.serverName ?? quicServerName(packet))
    },
    'name'
  ),
  number('tls.version', {
    meaning: 'highest version offered, or the one chosen: 771 for TLS 1.2, 772 for 1.3',
    keys: ['TLS.Version'],
    fromPacket: ({ packet }) => packet.get(Tls)?.version
  }),
  text('tls.ja4', {
    meaning: "a TLS client's JA4 fingerprint",
    keys: ['TLS.JA4'],
    fromPacket: ({ packet }) => known(packet.get(Tls)?.ja4)
  }),
  text('http.method', {
    meaning: 'method of an HTTP/1 request at the start of a segment',
    keys: ['HTTP.Method'],
    fromPacket: ({ packet }) => known(packet.get(Http)?.method)
  }),
  text(
    'http.host',
    {
      meaning: 'the host it names, with the port if there is one',
      keys: ['HTTP.Host'],
      fromPacket: ({ packet }) => known(packet.get(Http)?.host)
    },
    'name'
  ),
  text('http.target', {
    meaning: 'and what it asks for: path and query',
    keys: ['HTTP.Target'],
    fromPacket: ({ packet }) => known(packet.get(Http)?.target)
  }),
  text('http.userAgent', {
    meaning: 'what the client calls itself',
    keys: ['HTTP.UserAgent'],
    fromPacket: ({ packet }) => known(packet.get(Http)?.userAgent)
  }),
  number('http.status', {
    meaning: 'status of an HTTP/1 response',
    keys: ['HTTP.Status'],
    fromPacket: ({ packet }) => packet.get(Http)?.status
  }),
  text('quic.type', {
    meaning: '`initial`, `0-rtt`, `handshake`, `retry`, `version-negotiation` or `unknown`',
    keys: ['QUIC.Type'],
    fromPacket: ({ packet }) => packet.get(Quic)?.type
  }),
  text('dhcp.type', {
    meaning:
      'DHCP message: `discover`, `offer`, `request`, `decline`, `ack`, `nak`, `release`, `inform`, else the number',
    keys: ['DHCP.Options'],
    fromPacket: ({ packet }) => messageType(packet.dhcpv4 && optionOf(packet.dhcpv4, MESSAGE_TYPE)),
    fromEvent: view => messageType(jsonOption(view, MESSAGE_TYPE))
  }),
  text(
    'dhcp.hostname',
    {
      meaning: 'name a DHCP client gives itself',
      keys: ['DHCP.Options'],
      fromPacket: ({ packet }) => hostName(packet.dhcpv4 && optionOf(packet.dhcpv4, HOST_NAME)),
      fromEvent: view => hostName(jsonOption(view, HOST_NAME))
    },
    'name'
  ),
  text(
    'dhcp.mac',
    {
      meaning: 'hardware address of a DHCP client',
      keys: ['DHCP.ClientHWAddr'],
      fromPacket: ({ packet }) => hardwareAddress(packet.dhcpv4?.hardwareAddress),
      fromEvent: view => hardwareAddress(bytesOf(view.layer('DHCP')['ClientHWAddr']))
    },
    'mac'
  ),
  text('error.layer', {
    meaning: 'protocol that could not be read, where a packet is malformed or cut',
    keys: ['DecodeError.Layer'],
    fromPacket: ({ packet }) => packet.error?.layer
  }),
  text('error.reason', {
    meaning: 'what is wrong with it, in words',
    keys: ['DecodeError.Reason'],
    fromPacket: ({ packet }) => packet.error?.reason
  }),
  number('error.offset', {
    meaning: 'and at which byte of the packet',
    keys: ['DecodeError.Offset'],
    fromPacket: ({ packet }) => packet.error?.offset
  })
]

const utf8 = new TextDecoder()

function questionName({ questionCount, slots, names }: Dns): string | undefined {
  const name = questionCount === 0 ? undefined : slots[0]?.name
  if (name === undefined) return undefined
  return name.start < 0 ? ROOT : utf8.decode(names.bytes.view(name.start, name.end)) || ROOT
}

function answeredAddresses(dns: Dns): string[] {
  if (dns.answerCount === 0) return []
  return dns.answers.slice(0, MAX_LIST_ITEMS).flatMap(({ address }) => address ?? [])
}

/** Go writes an IPv4 address in IPv6 clothes without them. */
function answerAddress(answer: JsonObject): string | undefined {
  const address = asText(answer, 'IP')
  const isMapped = answer['DataLength'] === IPV6_BYTES && address?.includes(':') === false
  return isMapped ? `::ffff:${address}` : address
}

function objects(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.slice(0, MAX_LIST_ITEMS).filter(isObject) : []
}

function firstQuestion(view: EventView): JsonObject | undefined {
  const questions = view.layer('DNS')['Questions']
  const first: unknown = Array.isArray(questions) ? questions[0] : undefined
  return isObject(first) ? first : undefined
}

function bytesOf(base64: unknown): Uint8Array | undefined {
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined
}

function fromBase64(value: unknown): string {
  const bytes = bytesOf(value)
  return bytes === undefined ? '' : utf8.decode(bytes)
}

function optionOf({ options }: Dhcpv4, wanted: number): Uint8Array | undefined {
  return options.find(({ type }) => type === wanted)?.data
}

function jsonOption(view: EventView, wanted: number): Uint8Array | undefined {
  return bytesOf(objects(view.layer('DHCP')['Options']).find(option => option['Type'] === wanted)?.['Data'])
}

function messageType(data: Uint8Array | undefined): string | undefined {
  return data?.length === 1 ? dhcpTypeName(data[0] ?? 0) : undefined
}

function hostName(data: Uint8Array | undefined): string | undefined {
  return data === undefined ? undefined : known(utf8.decode(data))
}

function hardwareAddress(bytes: Uint8Array | undefined): string | undefined {
  if (bytes?.length !== HARDWARE_ADDRESS_BYTES) return undefined
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(':')
}

/** Only a decoder that was given the protocol of `@packet-logs/decoder/quic` opens the client's first packet. */
function quicServerName(packet: Packet): string | undefined {
  const quic = packet.get(Quic)
  const hello: unknown = quic !== undefined && 'hello' in quic ? quic.hello : undefined
  if (typeof hello !== 'object' || hello === null || !('serverName' in hello)) return undefined
  return typeof hello.serverName === 'string' ? hello.serverName : undefined
}
