import { ByteReader } from '../bytes/reader.js'
import type { DecodeError } from '../errors.js'
import { ClientHello } from '../protocols/tls/client-hello.js'

const CLIENT_HELLO = 1
const MESSAGE_HEADER_BYTES = 4

/** Whom a QUIC client wants to talk to, and how it introduces itself. */
export interface QuicHello {
  /** 1, or 0x6b3343cf for version 2. */
  readonly version: number
  /** The connection id the client made up for the server. */
  readonly destinationConnectionId: Uint8Array
  /** The host name the client wants to reach (SNI). */
  readonly serverName?: string
  /** Application protocols offered, such as `h3`. */
  readonly alpn: readonly string[]
  /** TLS versions offered. */
  readonly supportedVersions: readonly number[]
  /** JA4 fingerprint, once the hello is whole. */
  readonly ja4?: string
  /** True while pieces of the hello are missing: they may be in the next datagram. */
  readonly isPartial: boolean
  /** What is wrong with the hello; what was read before that holds. Offsets are the hello's own. */
  readonly error?: DecodeError
}

/** Reads the hello at the start of a handshake; undefined when another message starts there, or nothing yet. */
export function readHello(
  handshake: Uint8Array,
  version: number,
  destinationConnectionId: Uint8Array
): QuicHello | undefined {
  const bytes = new ByteReader()
  bytes.reset(handshake)
  if (handshake.length < MESSAGE_HEADER_BYTES || bytes.u8(0) !== CLIENT_HELLO) return undefined
  const hello = new ClientHello()
  const error = hello.read(bytes, MESSAGE_HEADER_BYTES, handshake.length, MESSAGE_HEADER_BYTES + bytes.u24(1))
  const { serverName, alpn, supportedVersions, isWhole } = hello
  const ja4 = hello.ja4('q')
  return {
    version,
    destinationConnectionId,
    ...(serverName === undefined ? {} : { serverName }),
    alpn,
    supportedVersions,
    ...(ja4 === undefined ? {} : { ja4 }),
    isPartial: !isWhole,
    ...(error === undefined ? {} : { error })
  }
}
