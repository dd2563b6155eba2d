import type { DecodeError } from '../errors.js'
import { truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { jsonNames } from '../formats/json-names.js'
import { Layer } from '../layer.js'
import type { Protocol } from '../registry.js'
import { formatIpv4 } from '../text/ip-address.js'
import type { GroupRecord, GroupRecordInfo } from './group-records.js'
import { checkRecords, expandCode, listAddresses, listRecords, writeMembership } from './group-records.js'

const NAME = 'IGMP'
const HEADER_BYTES = 8
const QUERY_V3_BYTES = 12
const QUERY = 0x11
const REPORT_V1 = 0x12
const REPORT_V2 = 0x16
const LEAVE = 0x17
const REPORT_V3 = 0x22
const IPV4_BYTES = 4
const IGMP = jsonNames(NAME, {
  contents: 'Contents',
  version: 'Version',
  type: 'Type',
  maxResponse: 'MaxResp',
  checksum: 'Checksum',
  group: 'Group',
  sources: 'Sources',
  records: 'Records'
})

/** In JSON as `IGMP`. */
export interface IgmpInfo {
  Contents: string
  Version?: number
  Type: number
  MaxResp?: number
  Checksum: number
  Group?: string
  Sources?: string[]
  Records?: GroupRecordInfo[]
}

/** Versions 1 (RFC 1112), 2 (RFC 2236) and 3 (RFC 9776), told apart as RFC 9776 section 7.1 says. */
export class Igmp extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = IGMP

  protected decode(): DecodeError | undefined {
    const { bytes, start, end } = this
    const available = end - start
    if (available < HEADER_BYTES) return truncated(NAME, start, `${available} bytes are too few for a header of 8`)
    this.usable = true
    this.headerEnd = end
    if (this.type === REPORT_V3) {
      return checkRecords(NAME, bytes, start + HEADER_BYTES, end, this.#count, IPV4_BYTES)
    }
    if (this.#isQueryV3 && QUERY_V3_BYTES + this.#sourceCount * IPV4_BYTES > available) {
      return truncated(NAME, end, `query with ${this.#sourceCount} sources is cut after ${available} bytes`)
    }
    return undefined
  }

  /** 0x11 query, 0x12, 0x16 and 0x22 report of version 1, 2 and 3, 0x17 leave. */
  get type(): number {
    return this.bytes.u8(this.start)
  }

  /** `undefined` for what other protocols carry in IGMP. */
  get version(): 1 | 2 | 3 | undefined {
    switch (this.type) {
      case QUERY:
        return this.#isQueryV3 ? 3 : this.bytes.u8(this.start + 1) === 0 ? 1 : 2
      case REPORT_V1:
        return 1
      case REPORT_V2:
      case LEAVE:
        return 2
      case REPORT_V3:
        return 3
      default:
        return undefined
    }
  }

  /** Of queries: how long hosts may wait with their report, in tenths of a second. */
  get maxResponse(): number | undefined {
    if (this.type !== QUERY) return undefined
    const code = this.bytes.u8(this.start + 1)
    return this.#isQueryV3 ? expandCode(code, 8) : code
  }

  get checksum(): number {
    return this.bytes.u16(this.start + 2)
  }

  /** The group asked for, reported or left; 0.0.0.0 in a query for all. */
  get group(): string | undefined {
    return this.type === REPORT_V3 ? undefined : formatIpv4(this.bytes, this.start + 4)
  }

  /** Of a query of version 3: the sources asked for. */
  get sources(): readonly string[] | undefined {
    if (!this.#isQueryV3) return undefined
    return listAddresses(this.bytes, this.start + QUERY_V3_BYTES, this.end, this.#sourceCount, IPV4_BYTES)
  }

  /** Of a report of version 3. */
  get records(): readonly GroupRecord[] | undefined {
    if (this.type !== REPORT_V3) return undefined
    return listRecords(this.bytes, this.start + HEADER_BYTES, this.end, this.#count, IPV4_BYTES)
  }

  get #isQueryV3(): boolean {
    return this.type === QUERY && this.end - this.start >= QUERY_V3_BYTES
  }

  get #sourceCount(): number {
    return this.bytes.u16(this.start + 10)
  }

  get #count(): number {
    return this.bytes.u16(this.start + 6)
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = IGMP
    out.raw(fields.contents, this.start, this.end)
    out.uint(fields.version, this.version)
    out.uint(fields.type, this.type)
    out.uint(fields.maxResponse, this.maxResponse)
    out.uint(fields.checksum, this.checksum)
    out.text(fields.group, this.group)
    writeMembership(out, fields, this)
  }
}

export const igmp: Protocol = { name: NAME, create: () => new Igmp(), ipv4Protocols: [2] }
