import { CaptureParser } from './capture-parser.js'
import type { CapturedPacket } from './captured-packet.js'

/** How to read a capture. */
export interface ReadCaptureOptions {
  /** Largest record or block held in memory, in bytes. Default 1,048,576. */
  maxRecordBytes?: number
}

const DEFAULT_MAX_RECORD_BYTES = 1_048_576
const PORTION_BYTES = 65_536

/**
 * Reads pcap and pcapng, told apart by their first bytes, as they arrive in chunks of any size. Packets before an error
 * are delivered before it is thrown.
 * @throws PcapError `PCAP_TRUNCATED`, `PCAP_MALFORMED`, `PCAP_UNSUPPORTED` or `PCAP_LIMIT`, and whatever the source throws.
 */
export function readCapture(
  source: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: ReadCaptureOptions = {}
): AsyncGenerator<CapturedPacket, void, undefined> {
  const { maxRecordBytes = DEFAULT_MAX_RECORD_BYTES } = options
  if (!Number.isSafeInteger(maxRecordBytes) || maxRecordBytes < 1) {
    throw new RangeError(`maxRecordBytes is ${maxRecordBytes}: it must be a whole number of bytes above 0`)
  }
  return readPackets(source instanceof Uint8Array ? [source] : source, new CaptureParser(maxRecordBytes))
}

/**
 * Reads a pcap or pcapng file, or a FIFO. The file is closed when the loop ends, however it ends.
 * @throws PcapError as `readCapture`; errors of the file system come as Node.js gives them.
 */
export function readCaptureFile(
  path: string | URL,
  options: ReadCaptureOptions = {}
): AsyncGenerator<CapturedPacket, void, undefined> {
  return readCapture(fileChunks(path), options)
}

async function* readPackets(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  parser: CaptureParser
): AsyncGenerator<CapturedPacket, void, undefined> {
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('source must give Uint8Array chunks: set no encoding on it')
    for (let at = 0; at < chunk.length; at += PORTION_BYTES) {
      parser.feed(chunk.subarray(at, at + PORTION_BYTES))
      for (let packet = parser.next(); packet !== undefined; packet = parser.next()) yield packet
    }
  }
  parser.end()
}

async function* fileChunks(path: string | URL): AsyncGenerator<Uint8Array, void, undefined> {
  // Loaded on use, so that the package itself needs nothing of Node.js.
  const { createReadStream } = await import('node:fs')
  yield* createReadStream(path) as AsyncIterable<Uint8Array>
}
