import type { Packet } from '../packet.js'
import type { AddressWords } from '../text/parse-address.js'

/** Puts an address of the packet's innermost IP header into `words`; false for a packet without one. */
export function readAddress(packet: Packet, isSource: boolean, words: AddressWords): boolean {
  const { ipv4, ipv6 } = packet
  if (ipv4 !== undefined && (ipv6 === undefined || ipv4.start > ipv6.start)) ipv4.readAddress(isSource, words)
  else if (ipv6 !== undefined) ipv6.readAddress(isSource, words)
  else return false
  return true
}

/** Whether an address says which host is meant: not unspecified, loopback, multicast or broadcast. */
export function isHost(words: AddressWords): boolean {
  const [first = 0, second = 0, third = 0, last = 0] = words
  if (first === 0 && second === 0 && third === 0xffff) {
    const top = last >>> 24
    return top !== 0 && top !== 127 && top < 224
  }
  if (first === 0 && second === 0 && third === 0) return last > 1
  return first >>> 24 !== 0xff
}
