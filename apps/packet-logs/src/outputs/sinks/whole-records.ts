import type { FileHandle } from 'node:fs/promises'

const WINDOW_BYTES = 65_536
/** A capture's record says within these how long it is. */
const HEAD_BYTES = 12

/** The formats of captures. */
interface Layout {
  readonly begin: number
  readonly lengthAt: (bytes: Buffer, at: number) => number
}

const layouts: Readonly<Record<'pcap' | 'pcapng', Layout>> = {
  pcap: { begin: 24, lengthAt: (bytes, at) => 16 + bytes.readUInt32LE(at + 8) },
  pcapng: { begin: 0, lengthAt: (bytes, at) => Math.max(HEAD_BYTES, bytes.readUInt32LE(at + 4)) }
}

/** Where the last whole record of a capture ends; what follows was cut off by a loss of power, and would spoil what is appended. */
export async function endOfRecords(file: FileHandle, fileBytes: number, format: 'pcap' | 'pcapng'): Promise<number> {
  const { begin, lengthAt } = layouts[format]
  const window = Buffer.alloc(WINDOW_BYTES)
  let at = begin
  let from = 0
  let filled = 0
  while (at + HEAD_BYTES <= fileBytes) {
    if (at + HEAD_BYTES > from + filled) {
      from = at
      filled = (await file.read(window, 0, WINDOW_BYTES, at)).bytesRead
      if (filled < HEAD_BYTES) break
    }
    const end = at + lengthAt(window, at - from)
    if (end > fileBytes) break
    at = end
  }
  return at
}
