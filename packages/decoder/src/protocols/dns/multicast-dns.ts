import type { DecodeError } from '../../errors.js'
import type { FieldWriter } from '../../formats/field-writer.js'
import type { JsonNames } from '../../formats/json-names.js'
import { ITEM, jsonNames } from '../../formats/json-names.js'
import type { Protocol } from '../../registry.js'
import { DetailedDns } from './detailed-dns.js'
import type { DnsQuestion, DnsRecord } from './message.js'
import { RecordType } from './record-types.js'
import type { RecordSlot } from './records.js'
import { nameText } from './texts.js'

const FIELDS = {
  id: 'ID',
  isResponse: 'QR',
  opCode: 'OpCode',
  authoritative: 'AA',
  truncated: 'TC',
  isConflict: 'Conflict',
  isTentative: 'Tentative',
  responseCode: 'ResponseCode',
  questions: 'Questions',
  answers: 'Answers',
  authorities: 'Authorities',
  additionals: 'Additionals',
  name: 'Name',
  type: 'Type',
  class: 'Class',
  unicastResponse: 'UnicastResponse',
  cacheFlush: 'CacheFlush',
  ttl: 'TTL',
  data: 'Data'
} as const

type LocalNames = JsonNames<keyof typeof FIELDS>

const MDNS: LocalNames = jsonNames('MDNS', FIELDS)
const LLMNR: LocalNames = jsonNames('LLMNR', FIELDS)
/** RFC 6762 sections 5.4 and 10.2: the top bit of the class asks for unicast, or replaces what caches hold. */
const TOP_BIT = 0x8000

/** A question or record of mDNS or LLMNR in events, names as text; a record's other fields are those of its type. */
export interface LocalDnsEntryInfo {
  Name: string
  Type: number
  Class: number
  UnicastResponse?: true
  CacheFlush?: true
  TTL?: number
  /** Name of the type, where its data is understood; else the data is in `Data`. */
  Kind?: string
  [field: string]: unknown
}

/** An mDNS or LLMNR message in events. */
export interface LocalDnsInfo {
  ID: number
  QR: boolean
  OpCode: number
  AA?: boolean
  TC: boolean
  Conflict?: true
  Tentative?: true
  ResponseCode: number
  Questions?: LocalDnsEntryInfo[]
  Answers?: LocalDnsEntryInfo[]
  Authorities?: LocalDnsEntryInfo[]
  Additionals?: LocalDnsEntryInfo[]
}

/** DNS spoken among neighbours: same messages, other meanings of some bits, and a key of its own in events. */
abstract class LocalDns extends DetailedDns {
  protected override decode(): DecodeError | undefined {
    const error = super.decode()
    return error && { ...error, layer: this.name }
  }

  /** Not under `packet.dns`: that is what a resolver said. */
  override announce(): void {}

  /** Whether the top bit of classes is a flag. */
  protected abstract readonly hasClassFlag: boolean

  /** Writes the flags that are its own. */
  protected abstract writeFlags(out: FieldWriter, fields: LocalNames['fields']): void

  override writeJson(out: FieldWriter): void {
    const { fields } = MDNS
    out.readFrom(this.bytes)
    out.beginObject(this.json.key)
    out.uint(fields.id, this.id)
    out.boolean(fields.isResponse, this.isResponse)
    out.uint(fields.opCode, this.opCode)
    out.boolean(fields.truncated, this.truncated)
    this.writeFlags(out, fields)
    out.uint(fields.responseCode, this.responseCode)
    let from = 0
    for (const [key, count] of [
      [fields.questions, this.questionCount],
      [fields.answers, this.answerCount],
      [fields.authorities, this.authorityCount],
      [fields.additionals, this.additionalCount]
    ] as const) {
      if (count > 0) {
        out.beginList(key)
        for (let index = from; index < from + count; index++) this.#writeEntry(out, index)
        out.endList()
      }
      from += count
    }
    out.endObject()
  }

  #writeEntry(out: FieldWriter, index: number): void {
    const { fields } = MDNS
    const slot = this.slots[index]
    if (slot === undefined) return
    const isQuestion = index < this.questionCount
    out.beginObject(ITEM)
    out.text(fields.name, nameText(this.names, slot.name))
    out.uint(fields.type, slot.type)
    const isFlagged = this.hasClassFlag && hasFlag(slot, isQuestion)
    out.uint(fields.class, isFlagged ? slot.class & ~TOP_BIT : slot.class)
    if (isFlagged) out.boolean(isQuestion ? fields.unicastResponse : fields.cacheFlush, true)
    if (!isQuestion) {
      out.uint(fields.ttl, slot.ttl)
      if (!this.writeDetails(out, slot)) out.base64(fields.data, slot.dataStart, slot.dataEnd)
    }
    out.endObject()
  }
}

/** Whether the top bit of the class is set, and the class is one. */
function hasFlag(slot: RecordSlot, isQuestion: boolean): boolean {
  return (slot.class & TOP_BIT) !== 0 && (isQuestion || slot.type !== RecordType.OPT)
}

/** A question asked by multicast. */
export interface MulticastDnsQuestion extends DnsQuestion {
  /** Whether the answer may come by unicast. */
  readonly unicastResponse: boolean
}

/** A record sent by multicast. */
export interface MulticastDnsRecord extends DnsRecord {
  /** Whether the record replaces all others of its name and type. */
  readonly cacheFlush: boolean
}

/** Multicast DNS (RFC 6762). */
export class MulticastDns extends LocalDns {
  override readonly name: string = 'mDNS'
  override readonly json: JsonNames = MDNS
  protected override readonly hasClassFlag = true

  protected override writeFlags(out: FieldWriter, fields: LocalNames['fields']): void {
    out.boolean(fields.authoritative, this.authoritative)
  }

  override get questions(): readonly MulticastDnsQuestion[] {
    return super.questions.map(question => ({
      ...question,
      class: question.class & ~TOP_BIT,
      unicastResponse: (question.class & TOP_BIT) !== 0
    }))
  }

  override get answers(): readonly MulticastDnsRecord[] {
    return super.answers.map(flagged)
  }

  override get authorities(): readonly MulticastDnsRecord[] {
    return super.authorities.map(flagged)
  }

  override get additionals(): readonly MulticastDnsRecord[] {
    return super.additionals.map(flagged)
  }
}

function flagged(record: DnsRecord): MulticastDnsRecord {
  const { name, type, ttl, data, address, target, texts, details } = record
  const hasFlag = type !== RecordType.OPT && (record.class & TOP_BIT) !== 0
  const number = hasFlag ? record.class & ~TOP_BIT : record.class
  return { name, type, class: number, ttl, data, address, target, texts, details, cacheFlush: hasFlag }
}

/** Link-local multicast name resolution (RFC 4795), as Windows speaks it. */
export class Llmnr extends LocalDns {
  override readonly name: string = 'LLMNR'
  override readonly json: JsonNames = LLMNR
  protected override readonly hasClassFlag = false

  protected override writeFlags(out: FieldWriter, fields: LocalNames['fields']): void {
    if (this.isConflict) out.boolean(fields.isConflict, true)
    if (this.isTentative) out.boolean(fields.isTentative, true)
  }

  /** Whether the sender knows of several hosts of that name. */
  get isConflict(): boolean {
    return this.authoritative
  }

  /** Whether the sender has not made sure yet that the name is its own. */
  get isTentative(): boolean {
    return this.recursionDesired
  }
}

export const multicastDns: Protocol = { name: 'mDNS', create: () => new MulticastDns(), udpPorts: [5353] }
export const llmnr: Protocol = { name: 'LLMNR', create: () => new Llmnr(), udpPorts: [5355] }
