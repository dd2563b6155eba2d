import type { ByteReader } from '../bytes/reader.js'

/** Addresses whose text is remembered: most packets go from and to a few. A power of two. */
const REMEMBERED = 1024
const addresses = new Uint32Array(REMEMBERED)
const texts: string[] = Array.from({ length: REMEMBERED }, () => '0.0.0.0')

/** Dotted decimal. */
export function formatIpv4(bytes: ByteReader, at: number): string {
  const address = bytes.u32(at)
  const slot = (address ^ (address >>> 10) ^ (address >>> 20)) & (REMEMBERED - 1)
  const known = texts[slot]
  if (addresses[slot] === address && known !== undefined) return known
  const text = `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
  addresses[slot] = address
  texts[slot] = text
  return text
}

/** Whether the 16 bytes are an IPv4 address in IPv6 clothes, `::ffff:0:0/96`. */
export function isMappedIpv4(bytes: ByteReader, at: number): boolean {
  return bytes.u32(at) === 0 && bytes.u32(at + 4) === 0 && bytes.u32(at + 8) === 0xffff
}

/** IPv6 texts take ten times as long to make; places for as many of them, four words each. */
const words6 = new Uint32Array(REMEMBERED * 4)
const texts6: string[] = Array.from({ length: REMEMBERED }, () => '::')

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`, the first on a tie. */
export function formatIpv6(bytes: ByteReader, at: number): string {
  const a = bytes.u32(at)
  const b = bytes.u32(at + 4)
  const c = bytes.u32(at + 8)
  const d = bytes.u32(at + 12)
  const mixed = Math.imul(a ^ c, 0x9e3779b1) ^ Math.imul(b ^ d, 0x85ebca6b)
  const slot = (mixed ^ (mixed >>> 16)) & (REMEMBERED - 1)
  const key = slot * 4
  const known = texts6[slot]
  const isKnown = words6[key] === a && words6[key + 1] === b && words6[key + 2] === c && words6[key + 3] === d
  if (isKnown && known !== undefined) return known
  const text = makeIpv6Text(bytes, at)
  words6[key] = a
  words6[key + 1] = b
  words6[key + 2] = c
  words6[key + 3] = d
  texts6[slot] = text
  return text
}

function makeIpv6Text(bytes: ByteReader, at: number): string {
  if (isMappedIpv4(bytes, at)) return `::ffff:${formatIpv4(bytes, at + 12)}`
  let bestStart = -1
  let bestLength = 1
  let run = 0
  for (let group = 0; group < 8; group++) {
    run = bytes.u16(at + group * 2) === 0 ? run + 1 : 0
    if (run > bestLength) {
      bestLength = run
      bestStart = group - run + 1
    }
  }
  let text = ''
  for (let group = 0; group < 8; group++) {
    if (group === bestStart) {
      text += '::'
      group += bestLength - 1
      continue
    }
    if (text !== '' && !text.endsWith('::')) text += ':'
    text += bytes.u16(at + group * 2).toString(16)
  }
  return text
}
