import { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { hex, ipv4, ipv6, join, logged, tcp } from '../../../test/build.js'
import {
  alpn,
  clientHello,
  extension,
  serverName,
  signatureAlgorithms,
  supportedVersions,
  tlsRecord
} from '../../../test/build-tls.js'
import { decodePacket, toPacketInfo } from '../../decoder.js'
import { Tls } from './tls.js'

const segment = (body: Uint8Array, destinationPort = 443) => ipv4(tcp(body, { destinationPort }), { protocol: 6 })
const decode = (body: Uint8Array) => {
  const packet = decodePacket(segment(body))
  return { tls: packet.get(Tls), error: packet.error }
}

const CIPHERS = '1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035'
const EXTENSIONS = '001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015'
const ALGORITHMS = '0403,0804,0401,0503,0805,0501,0806,0601'
const list = (text: string): number[] => text.split(',').map(value => Number.parseInt(value, 16))

/** The example of the JA4 specification, as a message, with GREASE in every list. */
const example = clientHello({
  ciphers: [0x1a1a, ...list(CIPHERS)],
  extensions: [
    extension(0x2a2a, []),
    ...list(EXTENSIONS).map(type => {
      if (type === 0) return serverName('www.example.org')
      if (type === 16) return alpn('h2', 'http/1.1')
      if (type === 13) return signatureAlgorithms(...list(ALGORITHMS))
      if (type === 43) return supportedVersions(0xfafa, 0x0304, 0x0303)
      return extension(type, [1])
    }),
    extension(0xbaba, [0])
  ]
})

/** The first bytes a TLS client of this Node sends. */
function firstFlight(options: { servername: string; ALPNProtocols: string[] }): Promise<Uint8Array> {
  return new Promise(resolve => {
    const wire = new Duplex({
      read() {},
      write(chunk: Uint8Array, _encoding, done) {
        resolve(chunk)
        done()
        wire.destroy()
      }
    })
    // The connection comes to nothing, and says so.
    connect({ socket: wire, ...options }).on('error', () => {})
  })
}

describe('TLS', () => {
  it('gives what a client asks for', () => {
    const { tls, error } = decode(tlsRecord(example))
    expect(error).toBeUndefined()
    expect(tls).toMatchObject({
      handshakeType: 1,
      version: 0x0304,
      serverName: 'www.example.org',
      alpn: ['h2', 'http/1.1'],
      ja4: 't13d1516h2_8daaf6152771_e5627efa2ab1',
      isPartial: false
    })
    expect(tls?.clientHello).toMatchObject({ supportedVersions: [0x0304, 0x0303], legacyVersion: 0x0303 })
    expect(tls?.serverHello).toBeUndefined()
  })

  it('puts it into events, behind what SPR knows', () => {
    const event = toPacketInfo(logged(segment(tlsRecord(example))))
    expect(event.TLS).toEqual({
      HandshakeType: 1,
      Version: 772,
      SNI: 'www.example.org',
      ALPN: ['h2', 'http/1.1'],
      Versions: [772, 771],
      JA4: 't13d1516h2_8daaf6152771_e5627efa2ab1'
    })
    expect(Object.keys(event).indexOf('TLS')).toBeGreaterThan(Object.keys(event).indexOf('OutDev'))
  })

  it('reads what a real client sends', async () => {
    const { tls, error } = decode(await firstFlight({ servername: 'router.example', ALPNProtocols: ['spr/1'] }))
    expect(error).toBeUndefined()
    expect(tls).toMatchObject({ serverName: 'router.example', alpn: ['spr/1'], version: 0x0304, isPartial: false })
    expect(tls?.ja4).toMatch(/^t13d\d{4}s1_[0-9a-f]{12}_[0-9a-f]{12}$/)
  })

  it('gives what a server chose', () => {
    const body = join(
      hex('0303'),
      new Uint8Array(32),
      hex('00 1302 00'),
      hex('000f'),
      hex('002b 0002 0304'),
      hex('0010 0005 0003 02 6832')
    )
    const { tls, error } = decode(tlsRecord(join([2, 0, 0, body.length], body)))
    expect(error).toBeUndefined()
    expect(tls).toMatchObject({ handshakeType: 2, version: 0x0304, alpn: ['h2'], isPartial: false })
    expect(tls?.serverHello?.cipher).toBe(0x1302)
    expect([tls?.clientHello, tls?.serverName, tls?.ja4]).toEqual([undefined, undefined, undefined])
  })

  it('knows a hello by its bytes, on whatever port', () => {
    const packet = decodePacket(ipv6(tcp(tlsRecord(example), { destinationPort: 4443 }), 6))
    expect(packet.get(Tls)?.serverName).toBe('www.example.org')
  })

  it.each([
    ['application data', tlsRecord(hex('17 0303 0005 1122334455'), 23)],
    ['a handshake message other than a hello', tlsRecord(hex('0b000003 000000'))],
    ['a record of another protocol', hex('16 0900 0010 01000000 0303 00000000')],
    ['text', Uint8Array.from(Buffer.from('GET / HTTP/1.1\r\n\r\n'))],
    ['fewer bytes than two headers', tlsRecord(example).subarray(0, 8)]
  ])('is not seen in %s', (_what, body) => {
    const { tls, error } = decode(body)
    expect([tls, error]).toEqual([undefined, undefined])
  })

  it('keeps what was in front of the cut, wherever a segment ends', () => {
    const whole = tlsRecord(example)
    const nameEnd = Buffer.from(whole).indexOf('www.example.org') + 15
    for (let length = 9; length < whole.length; length++) {
      const { tls, error } = decode(whole.subarray(0, length))
      expect(error).toBeUndefined()
      expect(tls?.isPartial).toBe(true)
      expect(tls?.ja4).toBeUndefined()
      expect(tls?.serverName).toBe(length < nameEnd ? undefined : 'www.example.org')
    }
    expect(toPacketInfo(logged(segment(whole.subarray(0, 100)))).TLS).toMatchObject({ Partial: true })
  })

  it('puts a hello together that was spread over records', () => {
    for (const size of [1, 3, 5, 40, 100]) {
      const records: Uint8Array[] = []
      for (let at = 0; at < example.length; at += size) records.push(tlsRecord(example.subarray(at, at + size)))
      const { tls, error } = decode(join(...records))
      expect(error).toBeUndefined()
      expect(tls).toMatchObject({ serverName: 'www.example.org', ja4: 't13d1516h2_8daaf6152771_e5627efa2ab1' })
    }
  })

  it.each([
    ['cipher suites', (hello: Uint8Array) => hello.fill(0xff, 43, 45)],
    ['extensions', (hello: Uint8Array) => hello.fill(0xff, 79, 81)],
    ['one extension', (hello: Uint8Array) => hello.fill(0xff, 83, 85)],
    ['a session id', (hello: Uint8Array) => hello.fill(0xff, 38, 39)]
  ])('says that %s leave the message', (_what, damage) => {
    const { tls, error } = decode(tlsRecord(damage(Uint8Array.from(example))))
    expect(error).toMatchObject({ code: 'DECODE_MALFORMED', layer: 'TLS' })
    expect(tls).toMatchObject({ handshakeType: 1, isPartial: true, ja4: undefined })
  })
})

describe('JA4', () => {
  const fingerprint = (parts: Parameters<typeof clientHello>[0]) => decode(tlsRecord(clientHello(parts))).tls?.ja4

  it('is without an underscore where no signature algorithms are', () => {
    const types = list(EXTENSIONS).filter(type => type !== 13)
    const extensions = [...types.map(type => extension(type, [])), extension(13, [])]
    expect(fingerprint({ extensions })?.slice(-12)).toBe('6d807ffa2a79')
  })

  it('has zeros for lists that are empty', () => {
    expect(fingerprint({ ciphers: [], extensions: [] })).toBe('t12i000000_000000000000_000000000000')
    expect(fingerprint({ ciphers: [] })).toBe('t12i000000_000000000000_000000000000')
    expect(fingerprint({ ciphers: [], extensions: [serverName('a'), alpn('h2')] })).toBe(
      't12d0002h2_000000000000_000000000000'
    )
  })

  it.each([
    [[0xab], 'ab'],
    [[0xab, 0xcd], 'ad'],
    [[0x30, 0xab], '3b'],
    [[0x30, 0x31, 0xab, 0xcd], '3d'],
    [[0x30, 0xab, 0xcd, 0x31], '01'],
    ['http/1.1', 'h1'],
    ['h', 'hh'],
    [[], '00']
  ])('names the first protocol offered: %j', (protocol, expected) => {
    expect(fingerprint({ ciphers: [], extensions: [alpn(protocol)] })?.slice(8, 10)).toBe(expected)
  })

  it.each([
    [0x0304, '13'],
    [0x0302, '11'],
    [0x0301, '10'],
    [0x0300, 's3']
  ])('names version %i', (version, expected) => {
    expect(fingerprint({ version, ciphers: [] })?.slice(1, 3)).toBe(expected)
    expect(fingerprint({ ciphers: [], extensions: [supportedVersions(0x0a0a, version)] })?.slice(1, 3)).toBe(expected)
  })

  it('says 00 for a version nobody knows', () => {
    expect(fingerprint({ extensions: [supportedVersions(0x7f1c)] })?.slice(1, 3)).toBe('00')
  })

  it('counts no further than 99', () => {
    const ciphers = Array.from({ length: 150 }, (_, index) => 0xc000 + index)
    expect(fingerprint({ ciphers })?.slice(4, 6)).toBe('99')
  })
})
