import type { Reader } from './compile.js'
import type { EventView } from './fields/event-view.js'
import type { PacketView } from './fields/packet-view.js'

export const packetReader: Reader<PacketView> = {
  value: field => field.fromPacket,
  address: field => field.addressFromPacket,
  event: () => undefined
}

export const eventReader: Reader<EventView> = {
  value: field => field.fromEvent,
  address: () => undefined,
  event: view => view.event
}
