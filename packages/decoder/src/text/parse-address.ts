const OCTET = /^(?:0|[1-9]\d{0,2})$/
const GROUP = /^[0-9a-fA-F]{1,4}$/
const MAX_TEXT = 45

/** An address as four words of 32 bits; IPv4 stands in IPv6 clothes, `::ffff:0:0/96`. */
export type AddressWords = Uint32Array

/** Reads an IPv4 or IPv6 address, a zone behind `%` left out; undefined for any other text. */
export function parseAddress(text: string): AddressWords | undefined {
  const address = text.includes(':') ? text.split('%', 1)[0] : text
  if (address === undefined || address.length > MAX_TEXT) return undefined
  if (!address.includes(':')) {
    const word = parseIpv4(address)
    return word === undefined ? undefined : Uint32Array.of(0, 0, 0xffff, word)
  }
  return parseIpv6(address)
}

function parseIpv4(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let word = 0
  for (const part of parts) {
    // A leading zero means octal to some readers: such an address means nothing here.
    if (!OCTET.test(part) || Number(part) > 255) return undefined
    word = word * 256 + Number(part)
  }
  return word
}

function parseIpv6(text: string): AddressWords | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(groupsOf)
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])]
  return Uint32Array.from(
    { length: 4 },
    (_, index) => (groups[index * 2] ?? 0) * 0x1_0000 + (groups[index * 2 + 1] ?? 0)
  )
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes('.')) {
      const word = parseIpv4(part)
      if (word === undefined) return undefined
      groups.push(word >>> 16, word & 0xffff)
    } else {
      if (!GROUP.test(part)) return undefined
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups
}
