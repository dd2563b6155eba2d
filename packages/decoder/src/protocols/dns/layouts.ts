import { Fragment } from '../../bytes/fragment.js'
import type { DetailField } from './detail-sink.js'
import type { RecordTypeName } from './record-types.js'

/**
 * How a field stands in record data. `text` has its length in front, `rest-…` takes what is left, `name` is the
 * record's (first) name and `mailbox` its second, `loc-…` are the sizes and angles of RFC 1876.
 */
export type FieldKind =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'ipv4'
  | 'ipv6'
  | 'name'
  | 'mailbox'
  | 'text'
  | 'texts'
  | 'rest-text'
  | 'rest-hex'
  | 'rest-base64'
  | 'sized-hex'
  | 'sized-base32'
  | 'types'
  | 'service-parameters'
  | 'edns'
  | 'loc-angle'
  | 'loc-altitude'
  | 'loc-size'

export interface FieldLayout {
  readonly field: DetailField
  readonly kind: FieldKind
}

/** A field by its name in objects; in JSON it is written large, as `json` or with a capital. */
export function detailField(name: string, json: string = name.charAt(0).toUpperCase() + name.slice(1)): DetailField {
  return { name, key: new Fragment(`,"${json}":`) }
}

function layout(...fields: readonly (readonly [name: string, kind: FieldKind, json?: string])[]): FieldLayout[] {
  return fields.map(([name, kind, json]) => ({ field: detailField(name, json), kind }))
}

const TARGET = layout(['target', 'name'])
const DELEGATION = layout(['keyTag', 'u16'], ['algorithm', 'u8'], ['digestType', 'u8'], ['digest', 'rest-hex'])
const KEY = layout(['flags', 'u16'], ['protocol', 'u8'], ['algorithm', 'u8'], ['publicKey', 'rest-base64'])
const SERVICE = layout(['priority', 'u16'], ['target', 'name'], ['parameters', 'service-parameters'])
const CERTIFICATE = layout(['usage', 'u8'], ['selector', 'u8'], ['matchingType', 'u8'], ['certificateData', 'rest-hex'])
const HASHED = layout(['hashAlgorithm', 'u8'], ['flags', 'u8'], ['iterations', 'u16'], ['salt', 'sized-hex'])

/** The data of each record type, field by field. The only place that knows it; objects and JSON follow from it. */
export const LAYOUTS: Readonly<Record<RecordTypeName, readonly FieldLayout[]>> = {
  A: layout(['address', 'ipv4', 'IP']),
  NS: TARGET,
  CNAME: TARGET,
  SOA: layout(
    ['target', 'name', 'MName'],
    ['mailbox', 'mailbox', 'RName'],
    ['serial', 'u32'],
    ['refresh', 'u32'],
    ['retry', 'u32'],
    ['expire', 'u32'],
    ['minimum', 'u32']
  ),
  PTR: TARGET,
  HINFO: layout(['cpu', 'text', 'CPU'], ['os', 'text', 'OS']),
  MX: layout(['preference', 'u16'], ['target', 'name']),
  TXT: layout(['texts', 'texts', 'TXTs']),
  AAAA: layout(['address', 'ipv6', 'IP']),
  LOC: layout(
    ['version', 'u8'],
    ['sizeCm', 'loc-size'],
    ['horizontalPrecisionCm', 'loc-size'],
    ['verticalPrecisionCm', 'loc-size'],
    ['latitudeMas', 'loc-angle'],
    ['longitudeMas', 'loc-angle'],
    ['altitudeCm', 'loc-altitude']
  ),
  SRV: layout(['priority', 'u16'], ['weight', 'u16'], ['port', 'u16'], ['target', 'name']),
  NAPTR: layout(
    ['order', 'u16'],
    ['preference', 'u16'],
    ['flags', 'text'],
    ['services', 'text'],
    ['regexp', 'text'],
    ['replacement', 'name']
  ),
  DNAME: TARGET,
  OPT: layout(['options', 'edns']),
  DS: DELEGATION,
  SSHFP: layout(['algorithm', 'u8'], ['fingerprintType', 'u8'], ['fingerprint', 'rest-hex']),
  RRSIG: layout(
    ['typeCovered', 'u16'],
    ['algorithm', 'u8'],
    ['labels', 'u8'],
    ['originalTtl', 'u32', 'OriginalTTL'],
    ['expiration', 'u32'],
    ['inception', 'u32'],
    ['keyTag', 'u16'],
    ['signer', 'name'],
    ['signature', 'rest-base64']
  ),
  NSEC: layout(['next', 'name'], ['types', 'types']),
  DNSKEY: KEY,
  NSEC3: [...HASHED, ...layout(['nextHash', 'sized-base32'], ['types', 'types'])],
  NSEC3PARAM: HASHED,
  TLSA: CERTIFICATE,
  SMIMEA: CERTIFICATE,
  CDS: DELEGATION,
  CDNSKEY: KEY,
  SVCB: SERVICE,
  HTTPS: SERVICE,
  URI: layout(['priority', 'u16'], ['weight', 'u16'], ['target', 'rest-text']),
  CAA: layout(['flags', 'u8'], ['tag', 'text'], ['value', 'rest-text'])
}
