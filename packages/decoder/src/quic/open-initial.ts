import { ecb, gcm } from '@noble/ciphers/aes.js'
import type { ByteReader } from '../bytes/reader.js'
import type { LongHeader } from '../protocols/quic/long-header.js'
import type { InitialKeys } from './initial-keys.js'

const SAMPLE_OFFSET = 4
const SAMPLE_BYTES = 16

/**
 * The plain frames of the initial packet at `start` (RFC 9001 section 5); undefined when it is not sealed with these
 * keys, as a server's is not.
 */
export function openInitial(
  bytes: ByteReader,
  start: number,
  header: LongHeader,
  keys: InitialKeys
): Uint8Array | undefined {
  const { numberStart, packetEnd } = header
  const sampleStart = numberStart + SAMPLE_OFFSET
  if (sampleStart + SAMPLE_BYTES > packetEnd) return undefined
  const sample = bytes.view(sampleStart, sampleStart + SAMPLE_BYTES)
  const mask = ecb(keys.headerKey, { disablePadding: true }).encrypt(sample)

  const first = bytes.u8(start) ^ ((mask[0] ?? 0) & 0x0f)
  const numberBytes = (first & 3) + 1
  const associated = Uint8Array.from(bytes.view(start, numberStart + numberBytes))
  const nonce = Uint8Array.from(keys.iv)
  associated[0] = first
  for (let index = 0; index < numberBytes; index++) {
    const byte = bytes.u8(numberStart + index) ^ (mask[1 + index] ?? 0)
    associated[associated.length - numberBytes + index] = byte
    // The number on the wire is the whole number: nobody opens a connection with more than four bytes of packets.
    const at = nonce.length - numberBytes + index
    nonce[at] = (nonce[at] ?? 0) ^ byte
  }
  try {
    return gcm(keys.key, nonce, associated).decrypt(bytes.view(numberStart + numberBytes, packetEnd))
  } catch {
    // The tag does not fit: sealed with other keys, or changed on the way.
    return undefined
  }
}
