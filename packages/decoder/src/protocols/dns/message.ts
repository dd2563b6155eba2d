import type { ByteReader } from '../../bytes/reader.js'
import { formatIpv4, formatIpv6 } from '../../text/ip-address.js'
import type { DnsDetails } from './details.js'
import type { NameBuffer } from './names.js'
import { RecordType } from './record-types.js'
import type { RecordSlot } from './records.js'
import { characterStrings, nameText } from './texts.js'

export interface DnsQuestion {
  /** Dotted, without the trailing dot; empty for the root. Bytes that are not UTF-8 become U+FFFD. */
  readonly name: string
  readonly type: number
  readonly class: number
}

export interface DnsRecord extends DnsQuestion {
  /** Seconds. */
  readonly ttl: number
  /** Raw record data, as a view. */
  readonly data: Uint8Array
  /** Address of A and AAAA. */
  readonly address?: string | undefined
  /** Name in NS, CNAME, PTR, MX and SRV, and SOA's primary server. */
  readonly target?: string | undefined
  /** Character strings of TXT and HINFO. */
  readonly texts?: readonly string[] | undefined
  /** What the data means, by the record's type; undefined when neither is known. */
  readonly details?: DnsDetails | undefined
}

/** The message of a record. */
export interface RecordSource {
  readonly names: NameBuffer
  detailsOf?(slot: RecordSlot): DnsDetails | undefined
}

/** A record that reads its data when it is asked for: most readers want a field or two. */
export class MessageRecord implements DnsRecord {
  readonly name: string
  readonly type: number
  readonly class: number
  readonly ttl: number
  readonly #bytes: ByteReader
  readonly #source: RecordSource
  readonly #slot: RecordSlot

  constructor(bytes: ByteReader, source: RecordSource, slot: RecordSlot, name: string) {
    this.name = name
    this.type = slot.type
    this.class = slot.class
    this.ttl = slot.ttl
    this.#bytes = bytes
    this.#source = source
    this.#slot = slot
  }

  get data(): Uint8Array {
    return this.#bytes.view(this.#slot.dataStart, this.#slot.dataEnd)
  }

  get address(): string | undefined {
    return addressOf(this.#bytes, this.#slot)
  }

  get target(): string | undefined {
    return TARGETED.has(this.type) ? nameText(this.#source.names, this.#slot.target) : undefined
  }

  get texts(): readonly string[] | undefined {
    const isText = this.type === RecordType.TXT || this.type === RecordType.HINFO
    return isText ? characterStrings(this.#bytes, this.#slot) : undefined
  }

  get details(): DnsDetails | undefined {
    return this.#source.detailsOf?.(this.#slot)
  }
}

const TARGETED: ReadonlySet<number> = new Set([
  RecordType.NS,
  RecordType.CNAME,
  RecordType.SOA,
  RecordType.PTR,
  RecordType.MX,
  RecordType.SRV
])

/** The address in an A or AAAA record, by its length, as SPR's decoder takes it. */
function addressOf(bytes: ByteReader, { type, dataStart, dataLength }: RecordSlot): string | undefined {
  if (type !== RecordType.A && type !== RecordType.AAAA) return undefined
  if (dataLength === 4) return formatIpv4(bytes, dataStart)
  return dataLength === 16 ? formatIpv6(bytes, dataStart) : undefined
}
