/** Record types whose data is read, by their names (IANA). */
export const RecordType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  SVCB: 64,
  HTTPS: 65,
  URI: 256,
  CAA: 257
} as const

/** Name of a record type. */
export type RecordTypeName = keyof typeof RecordType

const NAMES: ReadonlyMap<number, RecordTypeName> = new Map(
  Object.entries(RecordType).map(([name, number]) => [number, name as RecordTypeName])
)

/** The name of a record type; undefined for one whose data is not read. */
export function recordTypeName(type: number): RecordTypeName | undefined {
  return NAMES.get(type)
}

const READ_BY_SPR: ReadonlySet<number> = new Set([
  RecordType.A,
  RecordType.NS,
  RecordType.CNAME,
  RecordType.SOA,
  RecordType.PTR,
  RecordType.HINFO,
  RecordType.MX,
  RecordType.TXT,
  RecordType.AAAA,
  RecordType.SRV,
  RecordType.URI
])

/** Whether SPR's events show the data of the type; of OPT they show the raw options only. */
export function isReadBySpr(type: number): boolean {
  return READ_BY_SPR.has(type)
}
