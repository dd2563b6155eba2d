import { describe, expect, expectTypeOf, it } from 'vitest'
import { hex, ipv4, join, logged, tcp, udp } from '../test/build.js'
import { ByteReader } from './bytes/reader.js'
import type { DecodeError, FieldWriter, JsonNames, Protocol } from './index.js'
import { createDecoder, decodePacket, ITEM, jsonNames, Layer, truncated, Udp } from './index.js'
import { NOT_DECODED, Registry } from './registry.js'

const GREETING = jsonNames('GREETING', { version: 'Version', text: 'Text', letters: 'Letters' })

/** A protocol nobody here has heard of: one byte of version, the rest is text. */
class Greeting extends Layer {
  readonly name: string = 'Greeting'
  override readonly json: JsonNames = GREETING

  protected decode(): DecodeError | undefined {
    if (this.end - this.start < 2) return truncated(this.name, this.start, 'no text')
    this.usable = true
    this.headerEnd = this.start + 1
    return undefined
  }

  get version(): number {
    return this.bytes.u8(this.start)
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = GREETING
    out.uint(fields.version, this.version)
    out.text(fields.text, String.fromCharCode(...this.payload))
    out.beginList(fields.letters)
    for (const letter of this.payload) out.uint(ITEM, letter)
    out.endList()
  }
}

const greeting = { name: 'Greeting', create: () => new Greeting() } satisfies Protocol
const greeted = hex('07 6869')
const nothing = new ByteReader()

describe('a protocol from outside', () => {
  const places: Record<string, { protocol: Protocol; payload: Uint8Array; etherType?: number; layers: string[] }> = {
    'an EtherType': {
      protocol: { ...greeting, etherTypes: [0x88b5] },
      payload: greeted,
      etherType: 0x88b5,
      layers: ['Greeting']
    },
    'an IP protocol': {
      protocol: { ...greeting, ipv4Protocols: [253] },
      payload: ipv4(greeted, { protocol: 253 }),
      layers: ['IPv4', 'Greeting']
    },
    'a UDP port of either side': {
      protocol: { ...greeting, udpPorts: [7000] },
      payload: ipv4(udp(greeted, 7000, 9999)),
      layers: ['IPv4', 'UDP', 'Greeting']
    },
    'a TCP port SPR knows and does not decode': {
      protocol: { ...greeting, tcpPorts: [443] },
      payload: ipv4(tcp(greeted, { destinationPort: 443 }), { protocol: 6 }),
      layers: ['IPv4', 'TCP', 'Greeting']
    },
    'the content of UDP': {
      protocol: { ...greeting, udpProbe: (bytes, start, end) => end - start > 2 && bytes.u8(start) === 7 },
      payload: ipv4(udp(greeted, 1, 2)),
      layers: ['IPv4', 'UDP', 'Greeting']
    },
    'the content of TCP': {
      protocol: { ...greeting, tcpProbe: (bytes, start) => bytes.u8(start) === 7 },
      payload: ipv4(tcp(greeted), { protocol: 6 }),
      layers: ['IPv4', 'TCP', 'Greeting']
    }
  }

  it.each(Object.entries(places))('is found by %s, and written into events', (_what, place) => {
    const { protocol, payload, etherType, layers } = place
    const decoder = createDecoder({ protocols: [protocol] })
    const packet = decoder.decodePacket(payload, etherType)
    expect(packet.layers.map(({ name }) => name)).toEqual(layers)
    expect(packet.get(Greeting)?.version).toBe(7)
    expectTypeOf(packet.get(Greeting)).toEqualTypeOf<Greeting | undefined>()

    const input = logged(payload, etherType === undefined ? {} : { etherType })
    const event = { Version: 7, Text: 'hi', Letters: [104, 105] }
    expect(decoder.toPacketInfo(input)).toMatchObject({ GREETING: event })
    const into = new Uint8Array(100_000)
    const line = into.subarray(0, decoder.createLineWriter().write(input, into, 0))
    const { value } = JSON.parse(Buffer.from(line).toString()) as { value: string }
    expect(value).toBe(decoder.formatPacketInfo(input))

    const strict = { extended: false } as const
    expect(decoder.formatPacketInfo(input, strict)).toBe(createDecoder().formatPacketInfo(input, strict))
    expect(decodePacket(payload, etherType).get(Greeting)).toBeUndefined()
  })

  it('says what is wrong in its own words', () => {
    const decoder = createDecoder({ protocols: [{ ...greeting, udpPorts: [7000] }] })
    const packet = decoder.decodePacket(ipv4(udp(hex('07'), 1, 7000)))
    expect(packet.error).toEqual({ code: 'DECODE_TRUNCATED', layer: 'Greeting', offset: 28, reason: 'no text' })
    expect(packet.get(Udp)).toBe(packet.udp)
  })

  it('may write more than anyone expects: lines stay whole and short', () => {
    class Verbose extends Greeting {
      override writeFields(out: FieldWriter): void {
        for (let count = 0; count < 20_000; count++) out.text(GREETING.fields.text, 'again, and again, and again')
      }
    }
    const decoder = createDecoder({ protocols: [{ name: 'Greeting', create: () => new Verbose(), udpPorts: [7000] }] })
    const input = logged(ipv4(udp(join(greeted, new Uint8Array(500)), 1, 7000)))
    const text = decoder.formatPacketInfo(input)
    expect(text.length).toBeLessThan(65_000)
    expect(JSON.parse(text)).toMatchObject({ Prefix: 'drop:input ', Truncated: true })
    expect(decoder.formatPacketInfo(input, { maxLineBytes: Number.POSITIVE_INFINITY })).toContain('"Truncated":true')
    const into = new Uint8Array(1 << 20)
    const end = decoder.createLineWriter().write(input, into, 0)
    expect((JSON.parse(Buffer.from(into.subarray(0, end)).toString()) as { value: string }).value).toBe(text)
  })
})

describe('Registry', () => {
  it('asks for the source port only where the destination is unknown', () => {
    const registry = new Registry().udpPort(7, greeting).udpPort(8, NOT_DECODED)
    expect(registry.afterUdp(7, 9, nothing, 0, 0)).toBe(greeting)
    expect(registry.afterUdp(9, 7, nothing, 0, 0)).toBe(greeting)
    expect(registry.afterUdp(7, 8, nothing, 0, 0)).toBeUndefined()
    expect(registry.afterTcp(7, 7, nothing, 0, 0)).toBeUndefined()
  })

  it('asks ports before content, and what was added last first', () => {
    const first = { ...greeting, udpProbe: () => true }
    const last = { ...greeting, udpProbe: (_bytes: ByteReader, start: number) => start === 1 }
    const byPort = { ...greeting, udpPorts: [7] }
    const registry = new Registry().add(first).add(last).add(byPort)
    expect(registry.afterUdp(7, 1, nothing, 1, 2)).toBe(byPort)
    expect(registry.afterUdp(1, 1, nothing, 1, 2)).toBe(last)
    expect(registry.afterUdp(1, 1, nothing, 0, 2)).toBe(first)
    expect(registry.protocols).toEqual([byPort, last, first])
  })
})
