import { FRAME_HEAD_BYTES } from './message.js'
import { GrpcStatusError, RESOURCE_EXHAUSTED, UNIMPLEMENTED } from './status.js'

/**
 * Cuts a gRPC stream into messages. Memory is used only as bytes come, never because a length was announced.
 */
export class FrameSplitter {
  readonly #maxMessageBytes: number
  #parts: Buffer[] = []
  #heldBytes = 0
  #wantedBytes = FRAME_HEAD_BYTES

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  /** Bytes of a message that is not whole yet. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /**
   * The messages that are whole now, mostly views of `chunk`.
   * @throws GrpcStatusError RESOURCE_EXHAUSTED, UNIMPLEMENTED
   */
  push(chunk: Buffer): Buffer[] {
    const messages: Buffer[] = []
    let rest = this.#heldBytes === 0 ? chunk : undefined
    if (rest === undefined) {
      this.#parts.push(chunk)
      this.#heldBytes += chunk.length
      if (this.#heldBytes < this.#wantedBytes) return messages
      rest = Buffer.concat(this.#parts, this.#heldBytes)
      this.#clear()
    }
    let at = 0
    this.#wantedBytes = FRAME_HEAD_BYTES
    while (rest.length - at >= FRAME_HEAD_BYTES) {
      const end = at + this.#frameBytes(rest, at)
      if (end > rest.length) {
        this.#wantedBytes = end - at
        break
      }
      messages.push(rest.subarray(at + FRAME_HEAD_BYTES, end))
      at = end
    }
    if (at < rest.length) {
      // A copy, so that a few bytes do not keep a whole receive buffer alive.
      this.#parts = [Buffer.from(rest.subarray(at))]
      this.#heldBytes = rest.length - at
    }
    return messages
  }

  #frameBytes(bytes: Buffer, at: number): number {
    if (bytes[at] !== 0) throw new GrpcStatusError(UNIMPLEMENTED, 'compressed messages are not supported')
    const messageBytes = bytes.readUInt32BE(at + 1)
    if (messageBytes > this.#maxMessageBytes) {
      const message = `a message of ${messageBytes} bytes is over the bus's limit of ${this.#maxMessageBytes}; shorten the value`
      throw new GrpcStatusError(RESOURCE_EXHAUSTED, message)
    }
    return FRAME_HEAD_BYTES + messageBytes
  }

  #clear(): void {
    this.#parts = []
    this.#heldBytes = 0
  }
}
