import { isIP } from 'node:net'
import { BoundedValues } from './bounded-values.js'
import { addressBytes, formatAddress } from './ip-address.js'
import { TopValues } from './top-values.js'

/** Which tags addresses become, if any. */
export type AddressTags =
  | { kind: 'none' }
  /** Their networks, of that many bits. */
  | { kind: 'network'; bits4: number; bits6: number }
  /** The busiest of them. */
  | { kind: 'top'; count: number }

/** Networks met before the rest is `other`. */
const MAX_NETWORKS = 1000

/** The value of an address tag; `undefined` for what is no address. */
export type AddressTagger = (address: string) => string | undefined

/** Makes the function that turns an address into a tag's value; `undefined` when there are no such tags. */
export function createAddressTagger(tags: AddressTags, now?: () => number): AddressTagger | undefined {
  switch (tags.kind) {
    case 'none':
      return undefined
    case 'network': {
      const networks = new BoundedValues(MAX_NETWORKS)
      return address => {
        const network = networkOf(address, tags.bits4, tags.bits6)
        return network === undefined ? undefined : networks.admit(network)
      }
    }
    case 'top': {
      const top = new TopValues(tags.count, now)
      return address => (isIP(address) === 0 ? undefined : top.admit(address))
    }
  }
}

/** The network an address is in, `192.168.2.0/24`. */
export function networkOf(address: string, bits4: number, bits6: number): string | undefined {
  const bytes = addressBytes(address)
  if (bytes === undefined) return undefined
  const bits = bytes.length === 4 ? bits4 : bits6
  const network = bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8))
    return byte & (0xff << (8 - kept))
  })
  return `${formatAddress(network)}/${bits}`
}
