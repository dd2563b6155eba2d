/** Why decoding stopped: bytes are missing, bytes contradict the protocol, or a safety limit was met. */
export type DecodeErrorCode = 'DECODE_TRUNCATED' | 'DECODE_MALFORMED' | 'DECODE_LIMIT'

/** The first thing wrong with a packet. Returned, never thrown: bytes from the network are not exceptional. */
export interface DecodeError {
  readonly code: DecodeErrorCode
  /** Protocol that could not be read, such as `TCP` or `DNS`. */
  readonly layer: string
  /** Offset in the packet's payload, in bytes, of what is wrong. */
  readonly offset: number
  /** What is wrong, in words. */
  readonly reason: string
}

/** Bytes end before the protocol does. */
export function truncated(layer: string, offset: number, reason: string): DecodeError {
  return { code: 'DECODE_TRUNCATED', layer, offset, reason }
}

/** Bytes are there but contradict the protocol. */
export function malformed(layer: string, offset: number, reason: string): DecodeError {
  return { code: 'DECODE_MALFORMED', layer, offset, reason }
}

/** Reading on would cost more than the packet's size warrants. */
export function limited(layer: string, offset: number, reason: string): DecodeError {
  return { code: 'DECODE_LIMIT', layer, offset, reason }
}
