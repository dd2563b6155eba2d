import { GrpcStatusError, INVALID_ARGUMENT } from './status.js'

const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5

const MAX_VARINT_BYTES = 10

/**
 * Goes through the fields of a protobuf message. Everything it does not understand throws a GrpcStatusError INVALID_ARGUMENT,
 * and nothing outside of the message is read.
 */
export class ProtobufReader {
  readonly #message: Buffer
  #at = 0
  #wireType = VARINT

  constructor(message: Buffer) {
    this.#message = message
  }

  /** The number of the next field, whose content must be taken or skipped; `undefined` at the end. */
  next(): number | undefined {
    if (this.#at >= this.#message.length) return undefined
    const tag = this.#varint()
    this.#wireType = tag % 8
    const field = Math.floor(tag / 8)
    if (field === 0) throw malformed()
    return field
  }

  /** The content of a string, bytes or message field; a view. */
  bytes(): Buffer {
    if (this.#wireType !== LENGTH_DELIMITED) throw malformed()
    return this.#take(this.#varint())
  }

  text(): string {
    return this.bytes().toString('utf8')
  }

  get isInteger(): boolean {
    return this.#wireType === VARINT
  }

  /** The content of an unsigned integer field. */
  integer(): number {
    if (this.#wireType !== VARINT) throw malformed()
    return this.#varint()
  }

  /** Passes over a field that is of no interest. */
  skip(): void {
    switch (this.#wireType) {
      case VARINT:
        this.#varint()
        break
      case FIXED64:
        this.#take(8)
        break
      case LENGTH_DELIMITED:
        this.#take(this.#varint())
        break
      case FIXED32:
        this.#take(4)
        break
      default:
        throw malformed()
    }
  }

  #take(bytes: number): Buffer {
    const end = this.#at + bytes
    if (end > this.#message.length) throw malformed()
    const taken = this.#message.subarray(this.#at, end)
    this.#at = end
    return taken
  }

  // Values beyond 2^53 lose their low bits, which matters to no field that is read: lengths that large are refused anyway.
  #varint(): number {
    let value = 0
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
      const byte = this.#message[this.#at]
      if (byte === undefined) throw malformed()
      this.#at += 1
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) return value
    }
    throw malformed()
  }
}

/** A varint field, number or boolean. */
export function varintField(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8 + VARINT), varint(value)])
}

/** A string, bytes or message field. */
export function bytesField(field: number, content: string | Uint8Array): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return Buffer.concat([varint(field * 8 + LENGTH_DELIMITED), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}

function malformed(): GrpcStatusError {
  return new GrpcStatusError(INVALID_ARGUMENT, 'the message is not valid protobuf')
}
