import { isIPv4, isIPv6 } from 'node:net'

const IPV4_AT_END = /(?<=:)\d+\.\d+\.\d+\.\d+$/

/** The bytes of an address, 4 or 16; `undefined` for what is none. */
export function addressBytes(address: string): Uint8Array | undefined {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number)
  return isIPv6(address) ? ipv6Bytes(address) : undefined
}

/** Bytes as text again; of IPv6 only zeros at the end are shortened, as networks have them. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups: string[] = []
  for (let at = 0; at < bytes.length; at += 2) groups.push(groupAt(bytes, at).toString(16))
  return groups
    .join(':')
    .replace(/(?::0)+$/, '::')
    .replace(/^0::$/, '::')
}

function ipv6Bytes(address: string): Uint8Array {
  const [text = ''] = address.split('%')
  const hexadecimal = text.replace(IPV4_AT_END, ipv4 => {
    const bytes = Uint8Array.from(ipv4.split('.'), Number)
    return `${groupAt(bytes, 0).toString(16)}:${groupAt(bytes, 2).toString(16)}`
  })
  const [head = '', tail = ''] = hexadecimal.split('::')
  const [first, last] = [parseGroups(head), parseGroups(tail)]
  const bytes = new Uint8Array(16)
  bytes.set(first)
  bytes.set(last, 16 - last.length)
  return bytes
}

function parseGroups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    const number = Number.parseInt(group, 16)
    return [number >> 8, number & 0xff]
  })
}

function groupAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)
}
