import type { ByteReader } from '../../bytes/reader.js'
import type { DecodeError } from '../../errors.js'
import { malformed, truncated } from '../../errors.js'
import type { NameBuffer, NameRange } from './names.js'
import { RecordType } from './record-types.js'

const NAME = 'DNS'

/** Where the parts of a question or a record lie. Pooled: a message fills the slots the last one used. */
export class RecordSlot {
  readonly name: NameRange = { start: -1, end: -1 }
  /** The name in the record's data, or the first of two (SOA). */
  readonly target: NameRange = { start: -1, end: -1 }
  #mailbox: NameRange | undefined
  type = 0
  class = 0
  ttl = 0
  dataStart = 0
  dataEnd = 0
  /** Offset behind the names in the data: where SOA's numbers start. */
  numbersStart = 0
  /** Whether the data contradicts a type that SPR's decoder does not read. */
  isMalformed = false

  /** The second name in the record's data (SOA's mailbox). */
  get mailbox(): NameRange {
    this.#mailbox ??= { start: -1, end: -1 }
    return this.#mailbox
  }

  get dataLength(): number {
    return this.dataEnd - this.dataStart
  }

  /** Reads a question at `at`; `next` of `names` tells where it ends. */
  readQuestion(bytes: ByteReader, names: NameBuffer, at: number, end: number): DecodeError | undefined {
    const error = names.read(at, end, this.name)
    if (error !== undefined) return error
    // As in SPR's decoder, type and class may lie behind the message's end, as long as they were captured.
    if (names.next + 4 > bytes.length) return truncated(NAME, names.next, 'a question is cut before type and class')
    this.type = bytes.u16(names.next)
    this.class = bytes.u16(names.next + 2)
    names.next += 4
    return undefined
  }

  /** Reads a resource record at `at`; `next` of `names` tells where it ends. */
  readRecord(bytes: ByteReader, names: NameBuffer, at: number, end: number): DecodeError | undefined {
    const error = names.read(at, end, this.name)
    if (error !== undefined) return error
    const fixed = names.next
    if (fixed + 10 > end) return truncated(NAME, fixed, 'a record is cut before its data')
    this.type = bytes.u16(fixed)
    this.class = bytes.u16(fixed + 2)
    this.ttl = bytes.u32(fixed + 4)
    this.dataStart = fixed + 10
    this.dataEnd = this.dataStart + bytes.u16(fixed + 8)
    if (this.dataEnd > end) return truncated(NAME, this.dataStart, `record data of ${this.dataLength} bytes is cut`)
    this.target.start = -1
    if (this.#mailbox !== undefined) this.#mailbox.start = -1
    this.isMalformed = false
    const dataError = this.#readData(bytes, names)
    names.next = this.dataEnd
    return dataError
  }

  #readData(bytes: ByteReader, names: NameBuffer): DecodeError | undefined {
    const { dataStart, dataEnd, dataLength } = this
    switch (this.type) {
      case RecordType.NS:
      case RecordType.CNAME:
      case RecordType.PTR:
        return names.read(dataStart, dataEnd, this.target)
      case RecordType.MX:
        if (dataLength < 2) return malformed(NAME, dataStart, `MX data of ${dataLength} bytes is too small`)
        return names.read(dataStart + 2, dataEnd, this.target)
      case RecordType.SRV:
        if (dataLength < 6) return malformed(NAME, dataStart, `SRV data of ${dataLength} bytes is too small`)
        return names.read(dataStart + 6, dataEnd, this.target)
      case RecordType.SOA: {
        const error = names.read(dataStart, dataEnd, this.target) ?? names.read(names.next, dataEnd, this.mailbox)
        if (error !== undefined) return error
        this.numbersStart = names.next
        if (names.next + 20 > dataEnd) return malformed(NAME, dataStart, `SOA data of ${dataLength} bytes is too small`)
        return undefined
      }
      case RecordType.URI:
        if (dataLength < 4) return malformed(NAME, dataStart, `URI data of ${dataLength} bytes is too small`)
        return undefined
      case RecordType.TXT:
      case RecordType.HINFO:
        for (let at = dataStart; at < dataEnd; ) {
          const next = at + 1 + bytes.u8(at)
          if (next > dataEnd) return malformed(NAME, at, 'a character string leaves its record')
          at = next
        }
        return undefined
      case RecordType.OPT:
        for (let at = dataStart; at < dataEnd; ) {
          const next = at + 4 > dataEnd ? dataEnd + 1 : at + 4 + bytes.u16(at + 2)
          if (next > dataEnd) return malformed(NAME, at, 'an EDNS option leaves its record')
          at = next
        }
        return undefined
      default:
        return undefined
    }
  }

  /** Whether this is an address record whose data is no address. Empty data is let pass, as SPR does. */
  get isBadAddress(): boolean {
    if (this.type !== RecordType.A && this.type !== RecordType.AAAA) return false
    const length = this.dataLength
    return length !== 0 && length !== 4 && length !== 16
  }
}
