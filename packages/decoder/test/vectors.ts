import { readFileSync } from 'node:fs'
import type { LoggedPacket, PacketInfo } from '../src/index.js'

/** A packet and what SPR's service makes of it. */
export interface Vector {
  readonly id: string
  readonly tags: readonly string[]
  readonly logged: LoggedPacket
  readonly expected: {
    readonly topic?: string
    readonly event?: PacketInfo
    readonly sha256?: string
    readonly len?: number
    readonly error?: string
  }
}

interface VectorLine {
  id: string
  tags: string[]
  prefix: string | null
  prefixHex?: string
  group: number
  hwHeader: string | null
  hwType: number | null
  payload: string | null
  timestamp: number
  inDev: string
  outDev: string
  dnsEvents?: string[]
  expected: Vector['expected']
}

function lines<T>(name: string): T[] {
  const text = readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')
  return text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as T)
}

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

function toVector(line: VectorLine): Vector {
  const prefixBytes = line.prefixHex === undefined ? undefined : fromHex(line.prefixHex)
  const logged: LoggedPacket = {
    group: line.group,
    // The reference's own reading of bytes that are not UTF-8 is the expected prefix.
    prefix: line.prefix ?? line.expected.event?.Prefix ?? '',
    payload: fromHex(line.payload ?? ''),
    timestampUs: line.timestamp,
    inDevice: line.inDev,
    outDevice: line.outDev,
    ...(prefixBytes === undefined ? {} : { prefixBytes }),
    ...(line.hwType === null ? {} : { hwType: line.hwType }),
    ...(line.hwHeader === null ? {} : { hwHeader: fromHex(line.hwHeader) })
  }
  return { id: line.id, tags: line.tags, logged, expected: line.expected }
}

const vectorLines = lines<VectorLine>('packets.jsonl')

export const vectors: readonly Vector[] = vectorLines.map(toVector)

/** For each vector that has them, the `dns:serve:` events seen before its packet. */
export const dnsEvents: ReadonlyMap<string, readonly string[]> = new Map(
  vectorLines.flatMap(({ id, dnsEvents }) => (dnsEvents === undefined ? [] : [[id, dnsEvents]]))
)

/** Fields by Wireshark's names, as tshark prints them, for each vector it was given. */
export const dissections: ReadonlyMap<string, Readonly<Record<string, readonly string[]>>> = new Map(
  lines<{ id: string; tshark: Record<string, string[]> }>('tshark.jsonl').map(({ id, tshark }) => [id, tshark])
)

/** What the domain cache holds when the vector's packet arrives. */
export function domainsOf({ expected }: Vector): { recentDomainSrc: string; recentDomainDst: string } {
  return {
    recentDomainSrc: expected.event?.RecentDomainSrc ?? '',
    recentDomainDst: expected.event?.RecentDomainDst ?? ''
  }
}
