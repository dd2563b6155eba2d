import type { ByteReader } from '../bytes/reader.js'
import { optionLength } from './header-options.js'

/** An option of the TCP header with what it says; one whose length is not its kind's, or that is unknown, has data. */
export type TcpOption =
  | { readonly name: 'endOfList' | 'noOperation' }
  /** RFC 9293. */
  | { readonly name: 'maxSegmentSize'; readonly bytes: number }
  /** RFC 7323; the window counts in units of 2^shift bytes. */
  | { readonly name: 'windowScale'; readonly shift: number }
  | { readonly name: 'timestamps'; readonly value: number; readonly echo: number }
  /** RFC 2018. */
  | { readonly name: 'sackPermitted' }
  | { readonly name: 'sack'; readonly blocks: readonly { readonly left: number; readonly right: number }[] }
  /** RFC 1072. */
  | { readonly name: 'echo' | 'echoReply'; readonly value: number }
  /** RFC 1644. */
  | { readonly name: 'connectionCount' | 'connectionCountNew' | 'connectionCountEcho'; readonly value: number }
  /** RFC 1146. */
  | { readonly name: 'alternateChecksum'; readonly algorithm: number }
  /** RFC 2385. */
  | { readonly name: 'md5Signature'; readonly digest: Uint8Array }
  /** RFC 4782. */
  | { readonly name: 'quickStart'; readonly rate: number; readonly ttlDifference: number; readonly nonce: number }
  /** RFC 5482. */
  | { readonly name: 'userTimeout'; readonly seconds: number }
  /** RFC 5925. */
  | { readonly name: 'authentication'; readonly keyId: number; readonly nextKeyId: number; readonly mac: Uint8Array }
  /** RFC 8684; `subtype` 0 is MP_CAPABLE, 1 MP_JOIN, 2 DSS, … */
  | { readonly name: 'multipath'; readonly subtype: number; readonly data: Uint8Array }
  /** RFC 7413; an empty cookie asks for one. */
  | { readonly name: 'fastOpen'; readonly cookie: Uint8Array }
  /** RFC 8547. */
  | { readonly name: 'encryptionNegotiation'; readonly data: Uint8Array }
  /** RFC 9768: the counters the sender chose to give, in the option's order. */
  | { readonly name: 'accurateEcn'; readonly order: 0 | 1; readonly counters: readonly number[] }
  /** RFC 6994: an experiment by its identifier. */
  | { readonly name: 'experiment'; readonly id: number; readonly data: Uint8Array }
  | { readonly name: OpaqueName; readonly data: Uint8Array }
  | { readonly name: 'unknown'; readonly kind: number; readonly data: Uint8Array }

type OpaqueName =
  | 'partialOrderPermitted'
  | 'partialOrderProfile'
  | 'alternateChecksumData'
  | 'skeeter'
  | 'bubba'
  | 'trailerChecksum'
  | 'scpsCapabilities'
  | 'selectiveNegativeAck'
  | 'recordBoundaries'
  | 'corruptionExperienced'
  | 'snap'
  | 'compressionFilter'

/** IANA's names for what is only handed on. */
const OPAQUE: ReadonlyMap<number, OpaqueName> = new Map<number, OpaqueName>([
  [9, 'partialOrderPermitted'],
  [10, 'partialOrderProfile'],
  [15, 'alternateChecksumData'],
  [16, 'skeeter'],
  [17, 'bubba'],
  [18, 'trailerChecksum'],
  [20, 'scpsCapabilities'],
  [21, 'selectiveNegativeAck'],
  [22, 'recordBoundaries'],
  [23, 'corruptionExperienced'],
  [24, 'snap'],
  [26, 'compressionFilter']
])

const SACK = 5
const MULTIPATH = 30
const FAST_OPEN = 34
const ENCRYPTION_NEGOTIATION = 69
const AUTHENTICATION = 29
const ACCURATE_ECN_0 = 172
const ACCURATE_ECN_1 = 174
const EXPERIMENT_1 = 253
const EXPERIMENT_2 = 254
/** RFC 7413's option while it was an experiment, which Linux still understands. */
const FAST_OPEN_EXPERIMENT = 0xf989

/** The options in `[start, end)`, for a list that has been checked. */
export function parseTcpOptions(bytes: ByteReader, start: number, end: number): TcpOption[] {
  const options: TcpOption[] = []
  for (let at = start; at < end; ) {
    const length = optionLength(bytes, at)
    const data = bytes.view(at + 2, at + length)
    options.push(ofOneLength(bytes, at, length) ?? ofManyLengths(bytes, at, length) ?? other(bytes.u8(at), data))
    at += length
  }
  return options
}

/** Options that have a single length. */
function ofOneLength(bytes: ByteReader, at: number, length: number): TcpOption | undefined {
  switch ((bytes.u8(at) << 8) | length) {
    case 0x0001:
      return { name: 'endOfList' }
    case 0x0101:
      return { name: 'noOperation' }
    case 0x0204:
      return { name: 'maxSegmentSize', bytes: bytes.u16(at + 2) }
    case 0x0303:
      return { name: 'windowScale', shift: bytes.u8(at + 2) }
    case 0x0402:
      return { name: 'sackPermitted' }
    case 0x0606:
      return { name: 'echo', value: bytes.u32(at + 2) }
    case 0x0706:
      return { name: 'echoReply', value: bytes.u32(at + 2) }
    case 0x080a:
      return { name: 'timestamps', value: bytes.u32(at + 2), echo: bytes.u32(at + 6) }
    case 0x0b06:
      return { name: 'connectionCount', value: bytes.u32(at + 2) }
    case 0x0c06:
      return { name: 'connectionCountNew', value: bytes.u32(at + 2) }
    case 0x0d06:
      return { name: 'connectionCountEcho', value: bytes.u32(at + 2) }
    case 0x0e03:
      return { name: 'alternateChecksum', algorithm: bytes.u8(at + 2) }
    case 0x1312:
      return { name: 'md5Signature', digest: bytes.view(at + 2, at + length) }
    case 0x1b08:
      return {
        name: 'quickStart',
        rate: bytes.u8(at + 2) & 0x0f,
        ttlDifference: bytes.u8(at + 3),
        nonce: bytes.u32(at + 4) >>> 2
      }
    case 0x1c04: {
      const timeout = bytes.u16(at + 2)
      // The highest bit says that the rest counts minutes.
      return { name: 'userTimeout', seconds: (timeout & 0x7fff) * (timeout > 0x7fff ? 60 : 1) }
    }
    default:
      return undefined
  }
}

function ofManyLengths(bytes: ByteReader, at: number, length: number): TcpOption | undefined {
  const data = bytes.view(at + 2, at + length)
  switch (bytes.u8(at)) {
    case SACK: {
      if (length % 8 !== 2) return undefined
      const blocks: { left: number; right: number }[] = []
      for (let next = at + 2; next < at + length; next += 8) {
        blocks.push({ left: bytes.u32(next), right: bytes.u32(next + 4) })
      }
      return { name: 'sack', blocks }
    }
    case AUTHENTICATION:
      if (length < 4) return undefined
      return {
        name: 'authentication',
        keyId: bytes.u8(at + 2),
        nextKeyId: bytes.u8(at + 3),
        mac: bytes.view(at + 4, at + length)
      }
    case MULTIPATH:
      return length < 3 ? undefined : { name: 'multipath', subtype: bytes.u8(at + 2) >> 4, data }
    case FAST_OPEN:
      return { name: 'fastOpen', cookie: data }
    case ENCRYPTION_NEGOTIATION:
      return { name: 'encryptionNegotiation', data }
    case ACCURATE_ECN_0:
      return accurateEcn(bytes, at, length, 0)
    case ACCURATE_ECN_1:
      return accurateEcn(bytes, at, length, 1)
    case EXPERIMENT_1:
    case EXPERIMENT_2: {
      if (length < 4) return undefined
      const id = bytes.u16(at + 2)
      const rest = bytes.view(at + 4, at + length)
      return id === FAST_OPEN_EXPERIMENT ? { name: 'fastOpen', cookie: rest } : { name: 'experiment', id, data: rest }
    }
    default:
      return undefined
  }
}

/** Up to three counters of 24 bits. */
function accurateEcn(bytes: ByteReader, at: number, length: number, order: 0 | 1): TcpOption | undefined {
  if (length % 3 !== 2 || length > 11) return undefined
  const counters: number[] = []
  for (let next = at + 2; next < at + length; next += 3) counters.push(bytes.u24(next))
  return { name: 'accurateEcn', order, counters }
}

function other(kind: number, data: Uint8Array): TcpOption {
  const name = OPAQUE.get(kind)
  return name === undefined ? { name: 'unknown', kind, data } : { name, data }
}
