const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** A log prefix as text; `bytes` only where the text does not say it all. */
export interface PrefixText {
  prefix: string
  prefixBytes?: Uint8Array
}

/** Reads a prefix as the kernel sends it, closed by a NUL. */
export function decodePrefix(value: Uint8Array): PrefixText {
  const nul = value.indexOf(0)
  const bytes = nul === -1 ? value : value.subarray(0, nul)
  const prefix = decodeStrictly(bytes)
  return prefix !== undefined ? { prefix } : { prefix: replaceBadBytes(bytes), prefixBytes: bytes.slice() }
}

/** The bytes of a prefix, closed by a NUL. */
export function encodePrefix(prefix: string, prefixBytes: Uint8Array | undefined): Uint8Array {
  return prefixBytes === undefined ? encoder.encode(`${prefix}\0`) : Uint8Array.of(...prefixBytes, 0)
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return strictText.decode(bytes)
  } catch {
    return undefined
  }
}

/** One U+FFFD for each bad byte, as Go counts; TextDecoder would give one for a whole cut sequence. */
function replaceBadBytes(bytes: Uint8Array): string {
  let prefix = ''
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] ?? 0)
    const character = decodeStrictly(bytes.subarray(at, at + length))
    prefix += character ?? '\ufffd'
    at += character === undefined ? 1 : length
  }
  return prefix
}

function sequenceLength(leadByte: number): number {
  if (leadByte < 0xc0) return 1
  if (leadByte < 0xe0) return 2
  return leadByte < 0xf0 ? 3 : 4
}
