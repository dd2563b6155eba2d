import type { ByteReader } from '../../bytes/reader.js'
import { formatIpv4, formatIpv6 } from '../../text/ip-address.js'
import type { DetailField, DetailSink } from './detail-sink.js'
import { CHECK, ObjectSink } from './detail-sink.js'
import { ednsFields } from './edns.js'
import { NameBuffer } from './names.js'
import type { RecordTypeName } from './record-types.js'
import { isReadBySpr, recordTypeName } from './record-types.js'
import type { RecordSlot } from './records.js'
import { characterStrings, nameText } from './texts.js'
import { walkDetails } from './walk-details.js'

interface Delegation {
  readonly keyTag: number
  readonly algorithm: number
  readonly digestType: number
  readonly digest: Uint8Array
}

interface PublicKey {
  readonly flags: number
  readonly protocol: number
  readonly algorithm: number
  readonly publicKey: Uint8Array
}

interface Nsec3Parameters {
  readonly hashAlgorithm: number
  readonly flags: number
  readonly iterations: number
  readonly salt: Uint8Array
}

interface CertificateAssociation {
  readonly usage: number
  readonly selector: number
  readonly matchingType: number
  readonly certificateData: Uint8Array
}

/** Parameters of SVCB and HTTPS records (RFC 9460). */
export interface ServiceParameters {
  readonly mandatory?: readonly number[]
  readonly alpn?: readonly string[]
  readonly noDefaultAlpn?: true
  readonly port?: number
  readonly ipv4Hint?: readonly string[]
  readonly ech?: Uint8Array
  readonly ipv6Hint?: readonly string[]
  readonly dohPath?: string
  readonly ohttp?: true
  /** Parameters nobody gave a name to yet. */
  readonly others?: readonly { readonly key: number; readonly value: Uint8Array }[]
}

/** One EDNS option; `data` where the option's own fields are not known, or its bytes do not follow them. */
export interface EdnsOption {
  readonly code: number
  readonly data?: Uint8Array
  readonly nsid?: Uint8Array
  /** Client subnet (RFC 7871). */
  readonly address?: string
  readonly sourcePrefixLength?: number
  readonly scopePrefixLength?: number
  readonly expireSeconds?: number
  readonly clientCookie?: Uint8Array
  readonly serverCookie?: Uint8Array
  readonly timeoutMs?: number
  readonly paddingBytes?: number
  /** Extended error (RFC 8914). */
  readonly infoCode?: number
  readonly extraText?: string
}

/** What a record's data means, by its type. Names are dotted, without the trailing dot; empty for the root. */
export type DnsDetails =
  | { readonly kind: 'A' | 'AAAA'; readonly address: string }
  | { readonly kind: 'NS' | 'CNAME' | 'PTR' | 'DNAME'; readonly target: string }
  | {
      readonly kind: 'SOA'
      readonly target: string
      readonly mailbox: string
      readonly serial: number
      readonly refresh: number
      readonly retry: number
      readonly expire: number
      readonly minimum: number
    }
  | { readonly kind: 'HINFO'; readonly cpu: string; readonly os: string }
  | { readonly kind: 'MX'; readonly preference: number; readonly target: string }
  | { readonly kind: 'TXT'; readonly texts: readonly string[] }
  | {
      /** RFC 1876; angles in thousandths of a second of arc, north and east positive. */
      readonly kind: 'LOC'
      readonly version: number
      readonly sizeCm: number
      readonly horizontalPrecisionCm: number
      readonly verticalPrecisionCm: number
      readonly latitudeMas: number
      readonly longitudeMas: number
      readonly altitudeCm: number
    }
  | {
      readonly kind: 'SRV'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }
  | {
      readonly kind: 'NAPTR'
      readonly order: number
      readonly preference: number
      readonly flags: string
      readonly services: string
      readonly regexp: string
      readonly replacement: string
    }
  | {
      readonly kind: 'OPT'
      readonly udpPayloadSize: number
      readonly version: number
      readonly dnssecOk: boolean
      readonly options: readonly EdnsOption[]
    }
  | ({ readonly kind: 'DS' | 'CDS' } & Delegation)
  | {
      readonly kind: 'SSHFP'
      readonly algorithm: number
      readonly fingerprintType: number
      readonly fingerprint: Uint8Array
    }
  | {
      /** Times in seconds since the epoch. */
      readonly kind: 'RRSIG'
      readonly typeCovered: number
      readonly algorithm: number
      readonly labels: number
      readonly originalTtl: number
      readonly expiration: number
      readonly inception: number
      readonly keyTag: number
      readonly signer: string
      readonly signature: Uint8Array
    }
  | { readonly kind: 'NSEC'; readonly next: string; readonly types: readonly number[] }
  | ({ readonly kind: 'DNSKEY' | 'CDNSKEY' } & PublicKey)
  | ({ readonly kind: 'NSEC3'; readonly nextHash: string; readonly types: readonly number[] } & Nsec3Parameters)
  | ({ readonly kind: 'NSEC3PARAM' } & Nsec3Parameters)
  | ({ readonly kind: 'TLSA' | 'SMIMEA' } & CertificateAssociation)
  | {
      readonly kind: 'SVCB' | 'HTTPS'
      readonly priority: number
      readonly target: string
      readonly parameters: ServiceParameters
    }
  | { readonly kind: 'URI'; readonly priority: number; readonly weight: number; readonly target: string }
  | { readonly kind: 'CAA'; readonly flags: number; readonly tag: string; readonly value: string }

/** Types whose names SPR's decoder reads too; those of the others lie in a buffer of their own. */
const NAMED_BY_SPR: ReadonlySet<RecordTypeName> = new Set(['NS', 'CNAME', 'SOA', 'PTR', 'MX', 'SRV'])

/** Walks the data of records whose names have been read. */
export class DetailReader {
  readonly #names: NameBuffer
  #moreNames: NameBuffer | undefined

  /** @param names of everything else. */
  constructor(names: NameBuffer) {
    this.#names = names
  }

  /** Names in the data of types that SPR's decoder does not read. */
  get moreNames(): NameBuffer {
    this.#moreNames ??= new NameBuffer()
    return this.#moreNames
  }

  /** The type of a record whose data is read and follows its type. */
  kindOf(bytes: ByteReader, slot: RecordSlot): RecordTypeName | undefined {
    const kind = recordTypeName(slot.type)
    if (kind === undefined || slot.isMalformed) return undefined
    // Data of these has been walked while the message was decoded.
    if (!isReadBySpr(slot.type)) return kind
    return walkDetails(kind, bytes, slot, CHECK, (_field, _at, isMailbox) => nameEnd(kind, slot, isMailbox)) < 0
      ? kind
      : undefined
  }

  /** Hands the fields of a record of this kind to `sink`; returns -1, or where the data does not follow its type. */
  read(kind: RecordTypeName, bytes: ByteReader, slot: RecordSlot, sink: DetailSink): number {
    return walkDetails(kind, bytes, slot, sink, (field: DetailField, _at, isMailbox) => {
      const names = NAMED_BY_SPR.has(kind) ? this.#names : this.moreNames
      sink.string(field, nameText(names, isMailbox ? slot.mailbox : slot.target))
      return nameEnd(kind, slot, isMailbox)
    })
  }

  /** The record as an object; undefined when its type or its data is none that is understood. */
  objectOf(bytes: ByteReader, slot: RecordSlot): DnsDetails | undefined {
    const kind = recordTypeName(slot.type)
    if (kind === undefined || slot.isMalformed) return undefined
    const { dataStart, dataLength } = slot
    // Nine of ten records are of these: made without the walk.
    switch (kind) {
      case 'A':
        return dataLength === 4 ? { kind, address: formatIpv4(bytes, dataStart) } : undefined
      case 'AAAA':
        return dataLength === 16 ? { kind, address: formatIpv6(bytes, dataStart) } : undefined
      case 'CNAME':
      case 'NS':
      case 'PTR':
        return { kind, target: nameText(this.#names, slot.target) }
      case 'TXT':
        return { kind, texts: characterStrings(bytes, slot) }
      case 'OPT':
        return dataLength > 0 ? this.#walked(kind, bytes, slot) : { kind, ...ednsFields(slot), options: [] }
      default:
        return this.#walked(kind, bytes, slot)
    }
  }

  #walked(kind: RecordTypeName, bytes: ByteReader, slot: RecordSlot): DnsDetails | undefined {
    const sink = new ObjectSink(bytes, kind)
    if (this.read(kind, bytes, slot, sink) >= 0) return undefined
    // The table of layouts and the types above say the same; the tests hold them together.
    return sink.result as unknown as DnsDetails
  }
}

function nameEnd(kind: RecordTypeName, slot: RecordSlot, isMailbox: boolean): number {
  if (kind === 'SOA') return isMailbox ? slot.numbersStart : slot.dataStart
  return NAMED_BY_SPR.has(kind) ? slot.dataEnd : slot.numbersStart
}
