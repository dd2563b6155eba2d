/** One packet to write into a capture. */
export interface CaptureRecord {
  /** A LINKTYPE_ number: how `data` begins. */
  linkType: number
  /** The bytes that were captured, from the link layer on. */
  data: Uint8Array
  /** Length in bytes before the capture cut it. Default: `data.length`. */
  originalLength?: number
  /** µs since the epoch. Written as 0 when absent. */
  timestampUs?: number
  /** Nanoseconds past `timestampUs`, 0 to 999. Absent where nothing finer than a microsecond is known. */
  extraNs?: number
  /** Name of the interface; only pcapng keeps it. */
  interfaceName?: string
  /** Comments on this packet; only pcapng keeps them. */
  comments?: readonly string[]
}

/**
 * One packet of a capture. `data` is the packet's own copy. In `LINKTYPE_NFLOG` records the attribute headers are in
 * little-endian order, whatever machine wrote the file.
 */
export interface CapturedPacket extends CaptureRecord {
  originalLength: number
}
