import type { LoggedPacket } from '@packet-logs/decoder'
import {
  type CaptureRecord,
  encodeInterface,
  encodePacket,
  encodePcapHeader,
  encodePcapRecord,
  encodeSectionHeader,
  fromLoggedPacket,
  LINKTYPE_NFLOG,
  LINKTYPE_RAW
} from '@packet-logs/pcap'
import type { EventFormat, FormattedEvent } from './event-format.js'

/** How packets become a capture. */
export interface CaptureEventFormatOptions {
  readonly format: 'pcap' | 'pcapng'
  readonly linkType: 'raw' | 'nflog'
  /** Bytes. */
  readonly snaplen: number
}

const ETHER_TYPES: readonly (number | undefined)[] = [undefined, 0x0800, 0x86dd]

/** Captures, which hold packets only: records that depend on nothing before them but the header. */
export class CaptureEventFormat implements EventFormat {
  readonly #options: CaptureEventFormatOptions
  readonly #linkType: number

  constructor(options: CaptureEventFormatOptions) {
    this.#options = options
    this.#linkType = options.linkType === 'raw' ? LINKTYPE_RAW : LINKTYPE_NFLOG
  }

  packet(_packetNumber: number, logged: LoggedPacket): FormattedEvent | undefined {
    const body = this.#record(logged)
    return body && { head: '', body, isLine: false }
  }

  event(): undefined {
    return undefined
  }

  lossNotice(): undefined {
    return undefined
  }

  preamble(): Buffer {
    const linkType = this.#linkType
    if (this.#options.format === 'pcap') return Buffer.from(encodePcapHeader({ linkType }))
    return Buffer.concat([encodeSectionHeader({ application: 'packet-logsd' }), encodeInterface({ linkType })])
  }

  /** A packet's bytes, undefined for one that the capture cannot hold. */
  #record(logged: LoggedPacket): Uint8Array | undefined {
    try {
      const record = this.#options.linkType === 'raw' ? rawRecord(logged) : fromLoggedPacket(logged)
      if (record === undefined) return undefined
      const { data, originalLength = data.length } = record
      const cut = { ...record, data: data.subarray(0, this.#options.snaplen), originalLength }
      cut.timestampUs ??= Date.now() * 1000
      return this.#options.format === 'pcap'
        ? encodePcapRecord(cut, { linkType: this.#linkType })
        : encodePacket(cut, 0)
    } catch (error) {
      // A time outside the format's range, or more data than it takes.
      if (error instanceof RangeError) return undefined
      throw error
    }
  }
}

/** LINKTYPE_RAW tells IPv4 and IPv6 apart by the first byte, and has no way to say that it is neither. */
function rawRecord({
  payload,
  etherType,
  originalLength = 0,
  timestampUs,
  prefix
}: LoggedPacket): CaptureRecord | undefined {
  const version = (payload[0] ?? 0) >> 4
  if ((version !== 4 && version !== 6) || !ETHER_TYPES.includes(etherType)) return undefined
  const rule = prefix.trim()
  return {
    linkType: LINKTYPE_RAW,
    data: payload,
    originalLength: Math.max(payload.length, originalLength),
    ...(timestampUs !== undefined && { timestampUs }),
    ...(rule !== '' && { comments: [rule] })
  }
}
