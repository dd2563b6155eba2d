import { createCipheriv } from 'node:crypto'
import { hex, join } from './build.js'

/** Keys as the RFCs print them for the connection id 8394c8f03e515708. */
export interface PublishedKeys {
  readonly version: number
  /** The first byte of an initial packet with a packet number of four bytes. */
  readonly first: number
  readonly key: string
  readonly iv: string
  readonly headerKey: string
}

export const RFC_CONNECTION_ID = '8394c8f03e515708'

/** RFC 9001 appendix A.1. */
export const V1: PublishedKeys = {
  version: 1,
  first: 0xc3,
  key: '1f369613dd76d5467730efcbe3b1a22d',
  iv: 'fa044b2f42a3fd3b46fb255c',
  headerKey: '9f50449e04a0e810283a1e9933adedd2'
}

/** RFC 9369 appendix A.1. */
export const V2: PublishedKeys = {
  version: 0x6b3343cf,
  first: 0xd3,
  key: '8b1a0bc121284290a29e0971b5cd045d',
  iv: '91f73e2351d8fa91660e909f',
  headerKey: '45b95e15235d6f45a6b19cbcb0294ba9'
}

/** The ClientHello of appendix A.2 of both RFCs, for example.com. */
export const RFC_HELLO: Uint8Array = hex(
  '010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c' +
    '00000413011302010000c000000010000e00000b6578616d706c652e636f6dff01000100000a' +
    '00080006001d0017001800100007000504616c706e0005000501000000000033002600240' +
    '01d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b' +
    '0003020304000d0010000e0403050306030203080408050806002d00020101001c0002400100' +
    '3900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f' +
    '088394c8f03e51570806048000ffff'
)

function varint(value: number): number[] {
  if (value < 64) return [value]
  return value < 16_384 ? [0x40 | (value >> 8), value & 255] : [0x80, value >> 16, (value >> 8) & 255, value & 255]
}

/** A piece of the handshake. */
export const cryptoFrame = (offset: number, data: Uint8Array): Uint8Array =>
  join([6], varint(offset), varint(data.length), data)

/** An initial packet of the RFCs' client, sealed with Node's own cryptography. */
export function sealInitial(frames: Uint8Array, keys: PublishedKeys, number = 2, padTo = 1162): Uint8Array {
  const plain = join(frames, new Uint8Array(Math.max(0, padTo - frames.length)))
  const version = [24, 16, 8, 0].map(shift => (keys.version >>> shift) & 255)
  const id = hex(RFC_CONNECTION_ID)
  const length = 4 + plain.length + 16
  const header = join([keys.first, ...version, 8], id, [0, 0, 0x40 | (length >> 8), length & 255, 0, 0, 0, number])
  const nonce = hex(keys.iv)
  nonce[11] = (nonce[11] ?? 0) ^ number
  const cipher = createCipheriv('aes-128-gcm', hex(keys.key), nonce).setAAD(header)
  const sealed = join(cipher.update(plain), cipher.final(), cipher.getAuthTag())

  const mask = createCipheriv('aes-128-ecb', hex(keys.headerKey), null).update(sealed.subarray(0, 16))
  const packet = join(header, sealed)
  packet[0] = keys.first ^ ((mask[0] ?? 0) & 15)
  for (let index = 0; index < 4; index++) {
    const at = header.length - 4 + index
    packet[at] = (packet[at] ?? 0) ^ (mask[1 + index] ?? 0)
  }
  return packet
}
