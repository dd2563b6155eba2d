import { ByteReader } from '../bytes/reader.js'
import { varint, varintEnd } from '../protocols/quic/long-header.js'

const Frame = { PADDING: 0x00, PING: 0x01, ACK: 0x02, ACK_ECN: 0x03, CRYPTO: 0x06 } as const
/** Browsers cut a hello into some ten pieces to keep middleboxes honest. */
const MAX_PIECES = 256

interface Piece {
  readonly offset: number
  readonly data: Uint8Array
}

/** Puts the pieces of a handshake together: they come in any order, more than once, in one packet or several. */
export class CryptoStream {
  readonly #maxBytes: number
  readonly #pieces: Piece[] = []
  readonly #bytes = new ByteReader()
  #held = 0

  /** @param maxBytes most bytes kept; also the furthest that a piece may reach. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Takes the CRYPTO frames of a packet; false when they are more than a handshake needs, or no frames at all. */
  add(frames: Uint8Array): boolean {
    const bytes = this.#bytes
    bytes.reset(frames)
    const end = frames.length
    for (let at = 0; at < end; ) {
      const type = bytes.u8(at)
      if (type === Frame.PADDING || type === Frame.PING) at++
      else if (type === Frame.CRYPTO) at = this.#addPiece(at + 1, end)
      else if (type === Frame.ACK || type === Frame.ACK_ECN) at = this.#skipAck(at + 1, end, type === Frame.ACK_ECN)
      // Of the other frames only the end of the connection may be here, and nothing of interest follows it.
      else return true
      if (at < 0) return false
    }
    return true
  }

  /** Everything from the start of the handshake to the first gap. */
  get prefix(): Uint8Array {
    const pieces = this.#pieces.toSorted((one, other) => one.offset - other.offset)
    let length = 0
    for (const { offset, data } of pieces) if (offset <= length) length = Math.max(length, offset + data.length)
    const prefix = new Uint8Array(length)
    for (const { offset, data } of pieces) if (offset < length) prefix.set(data.subarray(0, length - offset), offset)
    return prefix
  }

  #addPiece(at: number, end: number): number {
    const bytes = this.#bytes
    const offset = varint(bytes, at)
    const lengthAt = varintEnd(bytes, at)
    const dataStart = varintEnd(bytes, lengthAt)
    const dataEnd = dataStart + varint(bytes, lengthAt)
    if (dataEnd > end || offset + dataEnd - dataStart > this.#maxBytes) return -1
    if (dataEnd === dataStart) return dataEnd
    this.#held += dataEnd - dataStart
    if (this.#pieces.length >= MAX_PIECES || this.#held > this.#maxBytes) return -1
    // A copy: a view would keep the whole packet for a piece of a byte.
    this.#pieces.push({ offset, data: bytes.view(dataStart, dataEnd).slice() })
    return dataEnd
  }

  /** RFC 9000 section 19.3: the largest number, the delay, how many ranges, the first, a pair for each other range. */
  #skipAck(at: number, end: number, hasCounts: boolean): number {
    const bytes = this.#bytes
    at = varintEnd(bytes, varintEnd(bytes, at))
    let left = 1 + varint(bytes, at) * 2 + (hasCounts ? 3 : 0)
    at = varintEnd(bytes, at)
    for (; left > 0 && at < end; left--) at = varintEnd(bytes, at)
    return left > 0 || at > end ? -1 : at
  }
}
