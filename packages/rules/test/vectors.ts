import { readFileSync } from 'node:fs'
import type { LoggedPacket, PacketInfo } from '@packet-logs/decoder'

/** A packet, and what SPR's service publishes for it. */
export interface Vector {
  readonly id: string
  readonly tags: readonly string[]
  readonly logged: LoggedPacket
  readonly recentDomainSrc: string
  readonly recentDomainDst: string
}

interface VectorLine {
  readonly id: string
  readonly tags: string[]
  readonly prefix: string | null
  readonly prefixHex?: string
  readonly group: number
  readonly hwHeader: string | null
  readonly hwType: number | null
  readonly payload: string | null
  readonly timestamp: number
  readonly inDev: string
  readonly outDev: string
  readonly expected: { readonly event?: PacketInfo }
}

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))

function toVector(line: VectorLine): Vector {
  const { event } = line.expected
  const logged: LoggedPacket = {
    group: line.group,
    prefix: line.prefix ?? event?.Prefix ?? '',
    payload: bytes(line.payload ?? ''),
    timestampUs: line.timestamp,
    inDevice: line.inDev,
    outDevice: line.outDev,
    ...(line.prefixHex === undefined ? {} : { prefixBytes: bytes(line.prefixHex) }),
    ...(line.hwType === null ? {} : { hwType: line.hwType }),
    ...(line.hwHeader === null ? {} : { hwHeader: bytes(line.hwHeader) })
  }
  const recentDomainSrc = event?.RecentDomainSrc ?? ''
  const recentDomainDst = event?.RecentDomainDst ?? ''
  return { id: line.id, tags: line.tags, logged, recentDomainSrc, recentDomainDst }
}

const text = readFileSync(new URL('../../decoder/test/fixtures/packets.jsonl', import.meta.url), 'utf8')
export const vectors: readonly Vector[] = text
  .trim()
  .split('\n')
  .map(line => toVector(JSON.parse(line) as VectorLine))
