/** The types gopacket 1.1.19 knows by name. */
const GOPACKET_TYPES: ReadonlyMap<number, string> = new Map([
  [1, 'A'],
  [2, 'NS'],
  [3, 'MD'],
  [4, 'MF'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [7, 'MB'],
  [8, 'MG'],
  [9, 'MR'],
  [10, 'NULL'],
  [11, 'WKS'],
  [12, 'PTR'],
  [13, 'HINFO'],
  [14, 'MINFO'],
  [15, 'MX'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [33, 'SRV'],
  [41, 'OPT'],
  [256, 'URI']
])

/** Types that came later, or that it never named. */
const MORE_TYPES: ReadonlyMap<number, string> = new Map([
  [35, 'NAPTR'],
  [43, 'DS'],
  [46, 'RRSIG'],
  [48, 'DNSKEY'],
  [52, 'TLSA'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [255, 'ANY'],
  [257, 'CAA']
])

/** A question's type as SPR's exporter writes it. */
export function compatDnsType(type: number): string {
  return GOPACKET_TYPES.get(type) ?? 'Unknown'
}

/** A question's type by its registered name, else `TYPE65280` (RFC 3597). */
export function dnsType(type: number): string {
  return GOPACKET_TYPES.get(type) ?? MORE_TYPES.get(type) ?? `TYPE${type}`
}
