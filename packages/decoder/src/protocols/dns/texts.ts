import type { ByteReader } from '../../bytes/reader.js'
import type { NameBuffer, NameRange } from './names.js'
import type { RecordSlot } from './records.js'

const utf8 = new TextDecoder()

/** A name without its trailing dot; empty for the root, and for a name that is not there. */
export function nameText(names: NameBuffer, range: NameRange): string {
  return range.start < 0 ? '' : utf8.decode(names.bytes.view(range.start, range.end))
}

/** The strings of TXT and HINFO, for data that has been checked. */
export function characterStrings(bytes: ByteReader, slot: RecordSlot): string[] {
  const texts: string[] = []
  for (let at = slot.dataStart; at < slot.dataEnd; ) {
    const next = at + 1 + bytes.u8(at)
    texts.push(utf8.decode(bytes.view(at + 1, next)))
    at = next
  }
  return texts
}
