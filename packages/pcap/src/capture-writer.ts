import type { CaptureRecord } from './captured-packet.js'
import { createPcapngWriter } from './pcapng-writer.js'

/** Turns packets into the bytes of a capture. `header` begins a new file, `encode` continues it. */
export interface CaptureWriter {
  header(): Uint8Array
  /** The packet's bytes, with all that has to stand before them. */
  encode(record: CaptureRecord): Uint8Array
}

const CHUNK_BYTES = 65_536

/**
 * Writes a whole capture as chunks of about 64 KiB, for `fs.writeFile`, a stream or a socket. Default: pcapng.
 * @throws RangeError naming the field of a record that cannot be written, and whatever `records` throws.
 */
export async function* writeCapture(
  records: Iterable<CaptureRecord> | AsyncIterable<CaptureRecord>,
  writer: CaptureWriter = createPcapngWriter()
): AsyncGenerator<Uint8Array, void, undefined> {
  let parts = [writer.header()]
  let length = parts[0]?.length ?? 0
  for await (const record of records) {
    const part = writer.encode(record)
    parts.push(part)
    length += part.length
    if (length >= CHUNK_BYTES) {
      yield joined(parts, length)
      parts = []
      length = 0
    }
  }
  if (length > 0) yield joined(parts, length)
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
