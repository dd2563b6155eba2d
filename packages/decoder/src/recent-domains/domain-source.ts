import type { Packet } from '../packet.js'

/** Who knows the domains of a packet's addresses, to write them into its event. Empty where none is known. */
export interface DomainSource {
  /** The domain of the packet's source address. */
  sourceOf(packet: Packet): string
  /** The domain of the packet's destination address. */
  destinationOf(packet: Packet): string
}
