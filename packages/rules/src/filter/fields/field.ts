import type { Address } from '../address.js'
import type { Type, Value } from '../value.js'
import type { EventView } from './event-view.js'
import type { PacketView } from './packet-view.js'

/** What a text is, beyond being one: decides how a text written next to it is read. */
export type Notation =
  /** An IP address: compared as a number, so that any spelling of it will do. */
  | 'ip'
  /** Six bytes, in lower case with colons. */
  | 'mac'
  /** A name without regard to case, kept in lower case. */
  | 'name'

/** One field of the filter language. */
export interface Field {
  readonly name: string
  readonly type: Type
  readonly notation?: Notation
  /** For people, a clause without a full stop. */
  readonly meaning: string
  /** Where it is read in an event's JSON; several places in the order they are asked. */
  readonly keys: readonly string[]
  /** Reads a decoded packet. */
  readonly fromPacket: (view: PacketView) => Value
  /** Reads an event. */
  readonly fromEvent: (view: EventView) => Value
  /** Only of addresses: reads a decoded packet without making text. */
  readonly addressFromPacket?: (view: PacketView, into: Address) => boolean
}
