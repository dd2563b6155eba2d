/** An IP address as numbers; filled over and over, so that reading one allocates nothing. */
export class Address {
  /** 4, 6, or 0 for none. */
  version: 0 | 4 | 6 = 0
  /** IPv4: only the first. IPv6: four times 32 bits, unsigned. */
  readonly words: Uint32Array = new Uint32Array(4)

  readBytes(bytes: Uint8Array, at: number, version: 4 | 6): void {
    this.version = version
    const count = version === 4 ? 1 : 4
    for (let word = 0; word < count; word++) {
      const from = at + word * 4
      this.words[word] =
        ((bytes[from] ?? 0) << 24) |
        ((bytes[from + 1] ?? 0) << 16) |
        ((bytes[from + 2] ?? 0) << 8) |
        (bytes[from + 3] ?? 0)
    }
  }

  /** Reads an address as people and programs write it; false, and no address, for anything else. */
  readText(text: string): boolean {
    this.version = 0
    if (text.length > 45) return false
    return text.includes(':') ? this.#readIpv6(text) : this.#readIpv4(text, 0)
  }

  /** Four decimal numbers; one with a leading zero is refused, since half the world takes it for octal. */
  #readIpv4(text: string, from: number): boolean {
    let value = 0
    let parts = 0
    let part = -1
    for (let index = from; index <= text.length; index++) {
      const code = index < text.length ? text.charCodeAt(index) : DOT
      if (code === DOT) {
        if (part < 0 || parts === 4) return false
        value = value * 256 + part
        parts++
        part = -1
        continue
      }
      if (code < DIGIT_0 || code > DIGIT_0 + 9 || part === 0) return false
      part = (part < 0 ? 0 : part * 10) + code - DIGIT_0
      if (part > 255) return false
    }
    if (parts !== 4) return false
    this.words[0] = value
    this.version = 4
    return true
  }

  #readIpv6(text: string): boolean {
    const groups: number[] = []
    let gap = -1
    let at = 0
    if (text.startsWith('::')) {
      gap = 0
      at = 2
    }
    while (at < text.length) {
      const colon = text.indexOf(':', at)
      const end = colon < 0 ? text.length : colon
      if (colon < 0 && text.includes('.', at)) {
        // Its last four bytes in decimal, as in ::ffff:192.0.2.1.
        if (!this.#readIpv4(text, at)) return false
        const word = this.words[0] ?? 0
        groups.push(word >>> 16, word & 0xffff)
        at = end
        break
      }
      const group = hexGroup(text, at, end)
      if (group < 0) return false
      groups.push(group)
      at = end
      if (colon < 0) break
      if (text.startsWith('::', colon)) {
        if (gap >= 0) return false
        gap = groups.length
        at = colon + 2
      } else {
        at = colon + 1
        if (at === text.length) return false
      }
    }
    this.version = 0
    if (gap < 0 ? groups.length !== 8 : groups.length > 7) return false
    const missing = 8 - groups.length
    for (let index = 0; index < 8; index++) {
      const source = gap >= 0 && index >= gap ? index - missing : index
      const group = gap >= 0 && index >= gap && index < gap + missing ? 0 : (groups[source] ?? 0)
      const word = index >> 1
      this.words[word] = index % 2 === 0 ? group << 16 : (this.words[word] ?? 0) | group
    }
    this.version = 6
    return true
  }
}

const DOT = 0x2e
const DIGIT_0 = 0x30
const HEX_GROUP = /^[0-9a-f]{1,4}$/i

function hexGroup(text: string, start: number, end: number): number {
  const group = text.slice(start, end)
  return HEX_GROUP.test(group) ? Number.parseInt(group, 16) : -1
}

/** The addresses that share their first bits with one address. */
export interface Network {
  readonly version: 4 | 6
  /** How many of the first bits. */
  readonly bits: number
  readonly words: readonly number[]
  readonly masks: readonly number[]
}

/** `address` or `address/bits`; the bits behind the prefix need not be zero. Undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/')
  const address = new Address()
  if (!address.readText(slash < 0 ? text : text.slice(0, slash)) || address.version === 0) return undefined
  const { version } = address
  const size = version === 4 ? 32 : 128
  let bits = size
  if (slash >= 0) {
    const digits = text.slice(slash + 1)
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(digits)) return undefined
    bits = Number(digits)
    if (bits > size) return undefined
  }
  const masks: number[] = []
  const words: number[] = []
  for (let word = 0; word < size / 32; word++) {
    const inWord = Math.min(Math.max(bits - word * 32, 0), 32)
    const mask = inWord === 0 ? 0 : (-1 << (32 - inWord)) >>> 0
    masks.push(mask)
    words.push(((address.words[word] ?? 0) & mask) >>> 0)
  }
  return { version, bits, words, masks }
}

/** Whether an address is in a network. IPv4 in IPv6 clothes (`::ffff:192.0.2.1`) is an IPv6 address. */
export function isInNetwork(address: Address, network: Network): boolean {
  if (address.version !== network.version) return false
  const { words, masks } = network
  for (let word = 0; word < words.length; word++) {
    if (((address.words[word] ?? 0) & (masks[word] ?? 0)) >>> 0 !== words[word]) return false
  }
  return true
}
