import type { LoggedPacket } from '../logged-packet.js'

/** What the kernel or the reader adds, or the prefix says itself. */
type Added =
  | 'group'
  | 'prefix'
  | 'prefixBytes'
  | 'seq'
  | 'seqGlobal'
  | 'timestampSource'
  | 'originalLength'
  | 'gap'
  | 'toJSON'

/**
 * A packet to be logged; only the group is required. The rest is what a rule of an input chain would give: EtherType and
 * family follow from the payload's first byte, the hook is 1, a device that is only named gets an index.
 *
 * Without `timestampUs` a packet gets the time of reading, as in the output hook.
 */
export interface FakePacket extends Partial<Omit<LoggedPacket, Added>> {
  readonly group: number
  /** Text, or bytes of any encoding. Default: empty, as of a rule without a prefix. */
  readonly prefix?: string | Uint8Array
}

/** A packet as the kernel holds it: cut, numbered, and with nothing left to default. */
export interface HeldPacket extends FakePacket {
  /** What bound the group when it was logged. */
  readonly binding: object
  readonly payload: Uint8Array
  readonly etherType: number
  readonly family: number
  readonly hook: number
  readonly seq?: number
  readonly seqGlobal?: number
}

/** @throws TypeError or RangeError that names what is wrong with the packet. */
export function checkPacket(packet: FakePacket): void {
  const { group, payload, timestampUs } = packet
  if (!Number.isInteger(group) || group < 0 || group > 65535) {
    throw new RangeError(`group must be an integer from 0 to 65535, not ${group}`)
  }
  if (payload !== undefined && !(payload instanceof Uint8Array)) throw new TypeError('payload must be a Uint8Array')
  if (timestampUs !== undefined && !(Number.isSafeInteger(timestampUs) && timestampUs >= 0)) {
    throw new RangeError(`timestampUs must be microseconds since the epoch, not ${timestampUs}`)
  }
}

/** EtherType by the version in the first byte of an IP packet. */
export function etherTypeOf(payload: Uint8Array): number {
  return (payload[0] ?? 0) >>> 4 === 6 ? 0x86dd : 0x0800
}
