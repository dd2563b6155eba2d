import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hex, ipv4, join, logged, udp } from '../../test/build.js'
import type { PublishedKeys } from '../../test/build-quic.js'
import { cryptoFrame, RFC_CONNECTION_ID, RFC_HELLO, sealInitial, V1, V2 } from '../../test/build-quic.js'
import { createDecoder } from '../decoder.js'
import { clientInitialKeys } from './initial-keys.js'
import { createQuicReader, readQuicHello } from './quic-reader.js'
import { QuicWithHello, quicWithHello } from './quic-with-hello.js'

const toHex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')
const versions: [string, PublishedKeys, string, string][] = [
  [
    'RFC 9001',
    V1,
    'c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11',
    'e221af44860018ab0856972e194cd934'
  ],
  [
    'RFC 9369',
    V2,
    'd76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03',
    '9a37ddec600545473cfb5a05e08d0b209973b2172b4d21fb69745a262ccde96ba18b2faa745b6fe189cf772a9f84cbfc'
  ]
]
const rfcHello = {
  serverName: 'example.com',
  alpn: ['alpn'],
  supportedVersions: [0x0304],
  isPartial: false,
  ja4: expect.stringMatching(/^q13d0211an_[0-9a-f]{12}_[0-9a-f]{12}$/) as string
}
const whole = cryptoFrame(0, RFC_HELLO)

describe.each(versions)('the client of %s', (_rfc, keys, begins, ends) => {
  const packet = sealInitial(whole, keys)

  it('has the keys that are published', () => {
    const { key, iv, headerKey } = clientInitialKeys(keys.version, hex(RFC_CONNECTION_ID)) ?? {}
    expect([key, iv, headerKey].map(toHex)).toEqual([keys.key, keys.iv, keys.headerKey])
  })

  it('sends the packet that is published, and its hello is read', () => {
    expect(packet.length).toBe(1200)
    expect(toHex(packet.subarray(0, begins.length / 2))).toBe(begins)
    expect(toHex(packet.subarray(1200 - ends.length / 2))).toBe(ends)
    const hello = readQuicHello(packet)
    expect(hello).toMatchObject({ ...rfcHello, version: keys.version })
    expect(toHex(hello?.destinationConnectionId)).toBe(RFC_CONNECTION_ID)
  })

  it('is not believed when one bit changed', () => {
    for (const at of [0, 5, 20, 100, 1199]) {
      const changed = Uint8Array.from(packet)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(readQuicHello(changed)).toBeUndefined()
    }
  })

  it('says nothing when it is cut', () => {
    for (let length = 0; length < 1200; length += 7) expect(readQuicHello(packet.subarray(0, length))).toBeUndefined()
  })
})

describe('a hello in pieces', () => {
  const at = (offset: number, end: number) => cryptoFrame(offset, RFC_HELLO.subarray(offset, end))

  it('is put together from frames in any order, between others', () => {
    const ack = hex('02 05 10 01 00 02 03')
    const frames = join([1, 0, 0], at(100, 241), ack, at(0, 60), [1], at(40, 110), at(0, 0))
    expect(readQuicHello(sealInitial(frames, V1))).toMatchObject(rfcHello)
  })

  it('is put together from packets in one datagram', () => {
    const datagram = join(sealInitial(at(120, 241), V1, 0, 200), sealInitial(at(0, 120), V1, 1, 200))
    expect(readQuicHello(datagram)).toMatchObject(rfcHello)
  })

  it('is read past a packet that is not the client’s initial', () => {
    const zeroRtt = join(hex('d3 00000001 08 8394c8f03e515708 00 4020'), new Uint8Array(32))
    expect(
      readQuicHello(join(sealInitial(at(0, 120), V1, 0, 200), zeroRtt, sealInitial(at(120, 241), V1, 1, 200)))
    ).toMatchObject(rfcHello)
  })

  it('is put together from several datagrams', () => {
    const reader = createQuicReader()
    const nameEnd = Buffer.from(RFC_HELLO).indexOf('example.com') + 11
    expect(reader.read(sealInitial(at(nameEnd, 241), V1, 1))).toBeUndefined()
    expect(reader.pending).toBe(1)
    const partial = reader.read(sealInitial(at(0, nameEnd - 20), V1, 0))
    expect(partial).toMatchObject({ isPartial: true, alpn: [] })
    expect(partial?.serverName).toBeUndefined()
    expect(reader.read(sealInitial(at(nameEnd - 20, nameEnd), V1, 3))).toMatchObject(rfcHello)
    expect(reader.pending).toBe(0)
  })

  it('gives the name as soon as it is there', () => {
    const hello = readQuicHello(sealInitial(at(0, 150), V1))
    expect(hello).toMatchObject({ serverName: 'example.com', isPartial: true })
    expect(hello?.ja4).toBeUndefined()
  })

  it('is given up when it grows beyond reason', () => {
    const reader = createQuicReader()
    expect(reader.read(sealInitial(cryptoFrame(16_000, RFC_HELLO), V1))).toBeUndefined()
    expect(reader.pending).toBe(1)
    expect(reader.read(sealInitial(cryptoFrame(16_300, RFC_HELLO), V1))).toBeUndefined()
    expect(reader.pending).toBe(0)
    const crumbs = Array.from({ length: 300 }, (_, index) => at(index % 200, (index % 200) + 1))
    expect(readQuicHello(sealInitial(join(...crumbs), V1, 2, 0))?.isPartial).not.toBe(false)
  })

  it('is given up when its message is malformed, and says where', () => {
    const damaged = Uint8Array.from(RFC_HELLO)
    damaged[39] = 0xff
    const reader = createQuicReader()
    expect(reader.read(sealInitial(cryptoFrame(0, damaged), V1))).toMatchObject({
      isPartial: true,
      error: { code: 'DECODE_MALFORMED', layer: 'TLS' }
    })
    expect(reader.pending).toBe(0)
  })
})

describe('createQuicReader', () => {
  const unfinished = sealInitial(cryptoFrame(0, RFC_HELLO.subarray(0, 10)), V1)

  it('forgets the oldest connection first', () => {
    const reader = createQuicReader({ maxConnections: 1 })
    reader.read(unfinished)
    reader.read(sealInitial(cryptoFrame(0, RFC_HELLO.subarray(0, 10)), V2))
    expect(reader.pending).toBe(1)
    expect(reader.read(sealInitial(cryptoFrame(10, RFC_HELLO.subarray(10)), V1))).toBeUndefined()
    expect(reader.read(sealInitial(cryptoFrame(0, RFC_HELLO), V2))?.serverName).toBe('example.com')
  })

  it('refuses a number that makes no sense', () => {
    for (const maxConnections of [-1, 1.5, Number.NaN]) {
      expect(() => createQuicReader({ maxConnections })).toThrow(/maxConnections is .*; give/)
    }
  })

  it('never throws, and holds no more than it may', () => {
    const reader = createQuicReader({ maxConnections: 4 })
    const frames = fc.uint8Array({ maxLength: 300 })
    fc.assert(
      fc.property(frames, fc.boolean(), fc.nat(20), (bytes, isSecond, extra) => {
        const sealed = sealInitial(bytes, isSecond ? V2 : V1, 0, 40)
        const hello = reader.read(join(sealed, bytes.subarray(0, extra)))
        expect(hello === undefined || typeof hello.isPartial === 'boolean').toBe(true)
        reader.read(bytes)
        expect(reader.pending).toBeLessThanOrEqual(4)
      }),
      { numRuns: 150 }
    )
  })
})

describe('quicWithHello', () => {
  const decoder = createDecoder({ protocols: [quicWithHello()] })
  const packet = (body: Uint8Array) => ipv4(udp(body, 40000, 443))

  it('gives packets and events the name', () => {
    const payload = packet(sealInitial(whole, V2))
    expect(decoder.decodePacket(payload).get(QuicWithHello)?.hello).toMatchObject(rfcHello)
    expect(decoder.toPacketInfo(logged(payload)).QUIC).toMatchObject({
      Type: 'initial',
      Version: V2.version,
      SNI: 'example.com',
      ALPN: ['alpn'],
      JA4: rfcHello.ja4
    })
  })

  it('leaves other packets of QUIC as they are', () => {
    const retry = packet(hex('f0 00000001 00 00 000102030405060708090a0b0c0d0e0f'))
    expect(decoder.toPacketInfo(logged(retry)).QUIC).toEqual({
      Type: 'retry',
      Version: 1,
      DstConnectionID: '',
      SrcConnectionID: '',
      TokenLength: 0
    })
  })
})
