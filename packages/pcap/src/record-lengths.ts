import type { CaptureRecord } from './captured-packet.js'

/** The longest packet libpcap and Wireshark read. */
export const MAX_DATA_BYTES = 262_144
const MAX_UINT32 = 0xffff_ffff

/** Captured and original length of a record, fit to be written. */
export function checkedLengths(record: CaptureRecord): [length: number, originalLength: number] {
  const { length } = record.data
  const { originalLength = length } = record
  if (length > MAX_DATA_BYTES) {
    throw new RangeError(
      `data is ${length} bytes long: readers accept ${MAX_DATA_BYTES}, so cut it and set originalLength`
    )
  }
  if (!Number.isInteger(originalLength) || originalLength < 0 || originalLength > MAX_UINT32) {
    throw new RangeError(`originalLength is ${originalLength}: it must be a whole number from 0 to ${MAX_UINT32}`)
  }
  return [length, originalLength]
}
