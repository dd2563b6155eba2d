import type { DecodeError } from '../../errors.js'
import { malformed, truncated } from '../../errors.js'
import type { FieldWriter } from '../../formats/field-writer.js'
import type { JsonNames } from '../../formats/json-names.js'
import { fieldKeys, ITEM, jsonNames } from '../../formats/json-names.js'
import type { Protocol } from '../../registry.js'
import { CHECK, JsonSink } from './detail-sink.js'
import type { DnsDetails } from './details.js'
import { DetailReader } from './details.js'
import { Dns, HEADER_BYTES } from './dns.js'
import type { NameBuffer } from './names.js'
import { isReadBySpr, RecordType, recordTypeName } from './record-types.js'
import type { RecordSlot } from './records.js'
import { walkDetails } from './walk-details.js'

const NAME = 'DNS'
/** RFC 1035 section 2.3.4; dotted, without the root. */
const MAX_NAME_BYTES = 253

const JSON_NAMES = jsonNames('DNSDetails', {})
const RECORD = fieldKeys({ section: 'Section', index: 'Index', kind: 'Kind' })

/** What the `DNS` key of an event leaves as raw data, by the record it belongs to. */
export interface DnsDetailInfo {
  Section: 'Answers' | 'Authorities' | 'Additionals'
  Index: number
  /** Name of the record's type, such as `HTTPS`. */
  Kind: string
  [field: string]: unknown
}

/** DNS with the types of records that SPR's decoder leaves as they are. */
export class DetailedDns extends Dns {
  override readonly json: JsonNames = JSON_NAMES
  #reader: DetailReader | undefined

  protected override decode(): DecodeError | undefined {
    const error = super.decode()
    if (!this.usable) return error
    return error ?? this.#checkDetails()
  }

  /** Made when there is something to read with it: most messages hold addresses and nothing else. */
  get #details(): DetailReader {
    this.#reader ??= new DetailReader(this.names)
    return this.#reader
  }

  override detailsOf(slot: RecordSlot): DnsDetails | undefined {
    return this.#details.objectOf(this.bytes, slot)
  }

  /** Writes the fields that a record's data holds, and the name of its type; false when it is not understood. */
  protected writeDetails(out: FieldWriter, slot: RecordSlot): boolean {
    const kind = this.#details.kindOf(this.bytes, slot)
    if (kind === undefined) return false
    out.text(RECORD.kind, kind)
    this.#details.read(kind, this.bytes, slot, new JsonSink(this.bytes, out))
    return true
  }

  /** Only when there is something to tell. */
  override writeJson(out: FieldWriter): void {
    if (!this.hasDetails) return
    out.readFrom(this.bytes)
    out.beginList(JSON_NAMES.key)
    this.#writeSection(out, 'Answers', this.questionCount, this.answerCount)
    this.#writeSection(out, 'Authorities', this.questionCount + this.answerCount, this.authorityCount)
    const additionals = this.questionCount + this.answerCount + this.authorityCount
    this.#writeSection(out, 'Additionals', additionals, this.additionalCount)
    out.endList()
  }

  protected get hasDetails(): boolean {
    for (let index = this.questionCount; index < this.slotCount; index++) {
      const slot = this.slots[index]
      if (slot !== undefined && isDetailed(slot)) return true
    }
    return false
  }

  #writeSection(out: FieldWriter, section: string, from: number, count: number): void {
    for (let index = 0; index < count; index++) {
      const slot = this.slots[from + index]
      if (slot === undefined || !isDetailed(slot)) continue
      out.beginObject(ITEM)
      out.text(RECORD.section, section)
      out.uint(RECORD.index, index)
      this.writeDetails(out, slot)
      out.endObject()
    }
  }

  #checkDetails(): DecodeError | undefined {
    let names: NameBuffer | undefined
    let first: DecodeError | undefined
    for (let index = this.questionCount; index < this.slotCount; index++) {
      const slot = this.slots[index]
      if (slot === undefined || !isDetailedType(slot)) continue
      if (names === undefined) {
        names = this.#details.moreNames
        names.reset(this.bytes, this.start, this.end)
      }
      const error = this.#checkRecord(slot, names)
      slot.isMalformed = error !== undefined
      first ??= error
    }
    return first
  }

  #checkRecord(slot: RecordSlot, names: NameBuffer): DecodeError | undefined {
    const kind = recordTypeName(slot.type)
    if (kind === undefined) return undefined
    slot.target.start = slot.target.end = -1
    let nameError: DecodeError | undefined
    const fault = walkDetails(kind, this.bytes, slot, CHECK, (_field, at) => {
      nameError = names.read(at, slot.dataEnd, slot.target)
      if (nameError !== undefined) return -1
      if (slot.target.end - slot.target.start > MAX_NAME_BYTES) return -1
      slot.numbersStart = names.next
      return names.next
    })
    return nameError ?? (fault < 0 ? undefined : malformed(NAME, fault, `the data of a record is no ${kind}`))
  }
}

/** Whether a record is understood, and the `DNS` key does not show all it says: of EDNS, only options are missing. */
function isDetailed(slot: RecordSlot): boolean {
  return !slot.isMalformed && isDetailedType(slot)
}

function isDetailedType({ type, dataLength }: RecordSlot): boolean {
  if (type === RecordType.OPT) return dataLength > 0
  return !isReadBySpr(type) && recordTypeName(type) !== undefined
}

/** A TCP segment that starts with a message behind its two-byte length (RFC 7766). */
class DnsOverTcp extends DetailedDns {
  protected override decode(): DecodeError | undefined {
    const { bytes, start, end } = this
    if (end - start < 2) return truncated(NAME, start, 'the length before the message is cut')
    const length = bytes.u16(start)
    if (length < HEADER_BYTES) return malformed(NAME, start, `message length ${length} is less than 12`)
    this.start = start + 2
    if (length <= end - this.start) {
      this.end = this.start + length
      return super.decode()
    }
    return super.decode() ?? truncated(NAME, end, `message of ${length} bytes goes on in another segment`)
  }
}

export const detailedDns: Protocol = { name: NAME, create: () => new DetailedDns() }
export const dnsOverTcp: Protocol = { name: NAME, create: () => new DnsOverTcp() }
