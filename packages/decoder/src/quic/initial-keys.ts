import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { QUIC_V1, QUIC_V2 } from '../protocols/quic/long-header.js'

/** What protects the client's first packets: anyone who has seen its connection id can derive it. */
export interface InitialKeys {
  readonly key: Uint8Array
  readonly iv: Uint8Array
  readonly headerKey: Uint8Array
}

interface VersionConstants {
  readonly salt: Uint8Array
  readonly labelPrefix: string
}

const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16))

/** RFC 9001 section 5.2 and RFC 9369 section 3.3. */
const VERSIONS: ReadonlyMap<number, VersionConstants> = new Map([
  [QUIC_V1, { salt: fromHex('38762cf7f55934b34d179ae6a4c80cadccbb7f0a'), labelPrefix: 'quic' }],
  [QUIC_V2, { salt: fromHex('0dede3def700a6db819381be6e269dcbf9bd2ed9'), labelPrefix: 'quicv2' }]
])

/** HKDF-Expand-Label of RFC 8446 section 7.1, with an empty context. */
function expandLabel(secret: Uint8Array, label: string, bytes: number): Uint8Array {
  const text = `tls13 ${label}`
  const characters = Array.from(text, character => character.charCodeAt(0))
  return expand(sha256, secret, Uint8Array.of(bytes >> 8, bytes & 0xff, text.length, ...characters, 0), bytes)
}

/** The keys of a client's initial packets; undefined for a version nobody told them of. */
export function clientInitialKeys(version: number, destinationConnectionId: Uint8Array): InitialKeys | undefined {
  const constants = VERSIONS.get(version)
  if (constants === undefined) return undefined
  const { salt, labelPrefix } = constants
  const secret = expandLabel(extract(sha256, destinationConnectionId, salt), 'client in', 32)
  return {
    key: expandLabel(secret, `${labelPrefix} key`, 16),
    iv: expandLabel(secret, `${labelPrefix} iv`, 12),
    headerKey: expandLabel(secret, `${labelPrefix} hp`, 16)
  }
}
