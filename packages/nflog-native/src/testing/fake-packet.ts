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

// The largest value of each number in the kernel's message.
const largest = {
  group: 0xffff,
  family: 0xff,
  etherType: 0xffff,
  hook: 0xff,
  mark: 0xffff_ffff,
  timestampUs: Number.MAX_SAFE_INTEGER,
  inIndex: 0xffff_ffff,
  outIndex: 0xffff_ffff,
  physInIndex: 0xffff_ffff,
  physOutIndex: 0xffff_ffff,
  hwType: 0xffff,
  uid: 0xffff_ffff,
  gid: 0xffff_ffff
} as const satisfies { [name in keyof FakePacket]?: number }

const numberNames = Object.keys(largest) as (keyof typeof largest)[]
const byteNames = ['payload', 'hwHeader', 'hwAddress', 'l2Header'] as const

/** @throws TypeError or RangeError that names what is wrong with the packet. */
export function checkPacket(packet: FakePacket): void {
  if (packet.group === undefined) throw new TypeError('group is missing')
  for (const name of numberNames) {
    const value = packet[name]
    if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= largest[name])) continue
    throw new RangeError(`${name} must be an integer from 0 to ${largest[name]}, not ${value}`)
  }
  for (const name of byteNames) {
    if (packet[name] !== undefined && !(packet[name] instanceof Uint8Array)) {
      throw new TypeError(`${name} must be a Uint8Array`)
    }
  }
}

/** EtherType by the version in the first byte of an IP packet. */
export function etherTypeOf(payload: Uint8Array): number {
  return (payload[0] ?? 0) >>> 4 === 6 ? 0x86dd : 0x0800
}
