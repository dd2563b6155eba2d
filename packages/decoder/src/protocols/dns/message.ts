import type { ByteReader } from '../../bytes/reader.js'
import { formatIpv4, formatIpv6 } from '../../text/ip-address.js'
import type { DnsDetails } from './details.js'
import { nameText } from './details.js'
import type { NameBuffer } from './names.js'
import { RecordType } from './record-types.js'
import type { RecordSlot } from './records.js'

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
  readonly address?: string
  /** Name in NS, CNAME, PTR, MX and SRV, and SOA's primary server. */
  readonly target?: string
  /** Character strings of TXT and HINFO. */
  readonly texts?: readonly string[]
  /** What the data means, by the record's type; undefined when neither is known. */
  readonly details?: DnsDetails
}

const utf8 = new TextDecoder()

export function toQuestion(names: NameBuffer, slot: RecordSlot): DnsQuestion {
  return { name: nameText(names, slot.name), type: slot.type, class: slot.class }
}

export function toRecord(
  bytes: ByteReader,
  names: NameBuffer,
  slot: RecordSlot,
  details: DnsDetails | undefined
): DnsRecord {
  const data = bytes.view(slot.dataStart, slot.dataEnd)
  const common = { ...toQuestion(names, slot), ttl: slot.ttl, data, ...(details === undefined ? {} : { details }) }
  switch (slot.type) {
    case RecordType.A:
    case RecordType.AAAA:
      if (data.length === 4) return { ...common, address: formatIpv4(bytes, slot.dataStart) }
      if (data.length === 16) return { ...common, address: formatIpv6(bytes, slot.dataStart) }
      return common
    case RecordType.TXT:
    case RecordType.HINFO:
      return { ...common, texts: characterStrings(bytes, slot) }
    case RecordType.NS:
    case RecordType.CNAME:
    case RecordType.PTR:
    case RecordType.MX:
    case RecordType.SRV:
    case RecordType.SOA:
      return { ...common, target: nameText(names, slot.target) }
    default:
      return common
  }
}

function characterStrings(bytes: ByteReader, slot: RecordSlot): string[] {
  const texts: string[] = []
  for (let at = slot.dataStart; at < slot.dataEnd; ) {
    const next = at + 1 + bytes.u8(at)
    texts.push(utf8.decode(bytes.view(at + 1, next)))
    at = next
  }
  return texts
}
