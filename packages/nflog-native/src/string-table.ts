const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Prefixes and device names by the number the addon gave them; decoded once, however many packets carry them. */
export class StringTable {
  // Number 0 is the empty prefix.
  private readonly texts: string[] = ['']
  private readonly invalid = new Map<number, Uint8Array>()

  add(strings: readonly Uint8Array[]): void {
    for (const bytes of strings) {
      const text = decodeStrictly(bytes)
      if (text === undefined) this.invalid.set(this.texts.length, bytes)
      this.texts.push(text ?? decodeWithReplacement(bytes))
    }
  }

  text(number: number): string {
    return this.texts[number] ?? ''
  }

  /** The bytes of a string that is not UTF-8. */
  invalidBytes(number: number): Uint8Array | undefined {
    return this.invalid.get(number)
  }
}

/** Replaces each byte that is not part of valid UTF-8 by U+FFFD; `TextDecoder` would replace runs of them. */
export function decodeWithReplacement(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const size = sequenceSize(bytes[at] ?? 0)
    const valid = size > 0 && at + size <= bytes.length ? decodeStrictly(bytes.subarray(at, at + size)) : undefined
    text += valid ?? '\ufffd'
    at += valid === undefined ? 1 : size
  }
  return text
}

function sequenceSize(lead: number): number {
  if (lead < 0x80) return 1
  if (lead < 0xc0) return 0
  if (lead < 0xe0) return 2
  return lead < 0xf0 ? 3 : 4
}

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}
