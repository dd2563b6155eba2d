import { isIP } from 'node:net'

/** Where a request comes from, as far as failures are counted together. */
export type Source = string

/** Requests over a unix socket, and those that came by no connection at all. */
export const LOCAL_SOURCE: Source = 'local'

/** One IPv4 address, or the /64 of an IPv6 address: nobody has fewer of those. */
export function sourceOf(address: string | undefined): Source {
  if (address === undefined || address === '') return LOCAL_SOURCE
  const plain = stripMapped(address)
  if (isIP(plain) !== 6) return plain
  return `${expandIpv6(plain).slice(0, 4).join(':')}::/64`
}

/** Whether an address is this machine's own: 127.0.0.0/8 or ::1. */
export function isLoopback(address: string): boolean {
  const plain = stripMapped(address)
  return isIP(plain) === 4
    ? plain.startsWith('127.')
    : isIP(plain) === 6 && expandIpv6(plain).join(':') === '0:0:0:0:0:0:0:1'
}

/** The address a proxy on this machine put last. */
export function lastForwarded(header: string | undefined): string | undefined {
  const last = header?.split(',').at(-1)?.trim()
  return last !== undefined && isIP(last) !== 0 ? last : undefined
}

/** IPv4 as a socket for both families shows it. */
function stripMapped(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  return mapped?.[1] ?? address
}

function expandIpv6(address: string): string[] {
  const [bare = ''] = address.split('%')
  const withoutDots = bare.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map(word => word.toString(16)).join(':')
  )
  const [head = '', tail] = withoutDots.split('::')
  const words = (text: string): string[] =>
    text === '' ? [] : text.split(':').map(word => Number.parseInt(word, 16).toString(16))
  const [front, back] = [words(head), tail === undefined ? [] : words(tail)]
  return [...front, ...Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0'), ...back]
}
