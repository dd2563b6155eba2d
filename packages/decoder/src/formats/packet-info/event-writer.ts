import type { LoggedPacket } from '../../logged-packet.js'
import { ReusablePacket } from '../../packet.js'
import type { Protocol } from '../../registry.js'
import { extendedRegistry, strictRegistry } from '../../tables/registries.js'
import { EventEmitter } from './event-emitter.js'
import type { ResolvedOptions } from './options.js'
import { applicationStart, NO_RAW_BYTES, Plan, Shed } from './plan.js'

/** Text of an event that does not grow with the packet, options of IPv4 and TCP included. */
const FIXED_BYTES = 16_384
/** A byte of the packet is repeated in up to five fields of base64. */
const RAW_BYTES_PER_BYTE = 8
/** A record of 11 bytes gives some 500 bytes of JSON, a DHCP pad of one byte 42. */
const APPLICATION_BYTES_PER_BYTE = 80
/** What layers that write themselves may take, for each byte of the packet and beside. */
const LAYER_BYTES_PER_BYTE = 128
const LAYER_FIXED_BYTES = 65_536
const ETHERNET_BYTES = 14
/** A control character inside text within text: `\\u0001`. */
const TEXT_BYTES_PER_CHARACTER = 7

/** Decodes packets and writes their events, one after another, with the same objects. */
export class EventWriter {
  readonly #strict = new ReusablePacket(strictRegistry())
  readonly #extended: ReusablePacket
  readonly #emitter = new EventEmitter()
  readonly #plan = new Plan()
  #scratch = new Uint8Array(32_768)
  /** What everything needs whose size is known before it is written. */
  #bound = 0
  /** What is left for the layers that write themselves. */
  #room = 0

  /** @param protocols known beside the library's own, in extended mode. */
  constructor(protocols: readonly Protocol[]) {
    this.#extended = new ReusablePacket(extendedRegistry(protocols))
  }

  /** The event's JSON as bytes, good until the next call; `undefined` when strict mode drops the packet. */
  text(logged: LoggedPacket, options: ResolvedOptions): Uint8Array | undefined {
    const packet = this.#decode(logged, options)
    if (packet === undefined) return undefined
    this.#measure(logged, packet, options)
    const plan = this.#plan
    plan.follow(options, packet.found, logged.payload.length)
    let end = this.#textToScratch(logged, packet, options)
    // Escaping at most doubles the text; only what may be too long is worth a try as a line.
    const mayBeTooLong = end * 2 + logged.prefix.length * TEXT_BYTES_PER_CHARACTER + 64 > options.maxLineBytes
    if (mayBeTooLong) {
      this.#fit(logged, packet, options)
      end = this.#textToScratch(logged, packet, options)
    }
    return this.#scratch.subarray(0, end)
  }

  /** The event's bus line at `at` of `into`: its end, -1 when it does not fit, `at` when strict mode drops the packet. */
  line(logged: LoggedPacket, options: ResolvedOptions, into: Uint8Array, at: number): number {
    const packet = this.#decode(logged, options)
    if (packet === undefined) return at
    this.#measure(logged, packet, options)
    const plan = this.#plan
    plan.follow(options, packet.found, logged.payload.length)
    const room = into.length - at - this.#bound
    if (room >= 0) {
      const emitter = this.#emitter
      emitter.into(into, room)
      const end = emitter.writeLine(at, logged, packet, options, plan)
      if (!emitter.overflowed && end - at <= options.maxLineBytes) return end
    }
    const length = this.#fit(logged, packet, options)
    if (length > into.length - at) return -1
    into.set(this.#scratch.subarray(0, length), at)
    return at + length
  }

  #decode(logged: LoggedPacket, options: ResolvedOptions): ReusablePacket | undefined {
    const packet = options.extended ? this.#extended : this.#strict
    packet.resetLogged(logged, options.extended && hasMoreLink(logged))
    if (!options.extended && packet.error !== undefined) return undefined
    const { recentDomains } = options
    if (recentDomains !== undefined) {
      options.recentDomainSrc = recentDomains.sourceOf(packet)
      options.recentDomainDst = recentDomains.destinationOf(packet)
    }
    return packet
  }

  #measure(logged: LoggedPacket, packet: ReusablePacket, options: ResolvedOptions): void {
    this.#bound = sizeBound(logged, options, packet)
    this.#room = FIXED_BYTES + logged.payload.length * RAW_BYTES_PER_BYTE
  }

  #useScratch(): void {
    const size = this.#bound + this.#room
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(Math.max(size, this.#scratch.length * 2))
    this.#emitter.into(this.#scratch, this.#scratch.length - this.#bound)
  }

  #textToScratch(logged: LoggedPacket, packet: ReusablePacket, options: ResolvedOptions): number {
    do {
      this.#useScratch()
      const end = this.#emitter.writeText(0, logged, packet, options, this.#plan)
      if (!this.#emitter.overflowed) return end
    } while (this.#grow(logged))
    this.#plan.leaveOut(Shed.layers, NO_RAW_BYTES)
    return this.#emitter.writeText(0, logged, packet, options, this.#plan)
  }

  #lineToScratch(logged: LoggedPacket, packet: ReusablePacket, options: ResolvedOptions): number {
    do {
      this.#useScratch()
      const end = this.#emitter.writeLine(0, logged, packet, options, this.#plan)
      if (!this.#emitter.overflowed) return end
    } while (this.#grow(logged))
    this.#plan.leaveOut(Shed.layers, NO_RAW_BYTES)
    return this.#emitter.writeLine(0, logged, packet, options, this.#plan)
  }

  /** Makes more room; false when the layers have had what the packet's size warrants. */
  #grow(logged: LoggedPacket): boolean {
    if (this.#room > LAYER_FIXED_BYTES + logged.payload.length * LAYER_BYTES_PER_BYTE) return false
    this.#room *= 2
    return true
  }

  /** Leaves the line in the scratch buffer, and in the plan what had to be left out of it; returns its length. */
  #fit(logged: LoggedPacket, packet: ReusablePacket, options: ResolvedOptions): number {
    const plan = this.#plan
    const { maxLineBytes } = options
    plan.follow(options, packet.found, logged.payload.length)
    const wanted = Math.min(plan.cut, logged.payload.length)
    let length = this.#lineToScratch(logged, packet, options)
    if (length <= maxLineBytes) return length

    const least = Math.min(applicationStart(packet.found), plan.cut)
    for (const shed of [Shed.bytes, Shed.application]) {
      plan.leaveOut(shed, least)
      length = this.#lineToScratch(logged, packet, options)
      if (length > maxLineBytes) continue
      plan.cut = this.#furthestCut(least, wanted, maxLineBytes - length)
      return this.#lineToScratch(logged, packet, options)
    }
    for (const shed of [Shed.raw, Shed.transport, Shed.layers, Shed.strings]) {
      plan.leaveOut(shed, NO_RAW_BYTES)
      length = this.#lineToScratch(logged, packet, options)
      if (length <= maxLineBytes) return length
    }
    return length
  }

  /** The largest cut from `low` to `high` that makes the line written last grow by no more than `room`. */
  #furthestCut(low: number, high: number, room: number): number {
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.#emitter.raw.growth(middle) <= room) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Whether the link header says more than SPR's `Ethernet` does. */
function hasMoreLink({ hwType, hwHeader, l2Header, vlan }: LoggedPacket): boolean {
  if (vlan !== undefined || l2Header !== undefined) return true
  return hwHeader !== undefined && (hwType === undefined || hwHeader.length > ETHERNET_BYTES)
}

/** More bytes than any event of this packet has. */
function sizeBound(logged: LoggedPacket, options: ResolvedOptions, packet: ReusablePacket): number {
  const { payload, prefix, prefixBytes, inDevice, outDevice, physInDevice, physOutDevice } = logged
  const { action, recentDomainSrc, recentDomainDst } = options
  const characters =
    prefix.length * 3 +
    (prefixBytes?.length ?? 0) +
    (action?.length ?? 0) +
    recentDomainSrc.length +
    recentDomainDst.length +
    (inDevice?.length ?? 0) +
    (outDevice?.length ?? 0) +
    (physInDevice?.length ?? 0) +
    (physOutDevice?.length ?? 0)
  let bound = FIXED_BYTES + characters * TEXT_BYTES_PER_CHARACTER + payload.length * RAW_BYTES_PER_BYTE
  const { dns, dhcpv4 } = packet.found
  if (dns !== undefined || dhcpv4 !== undefined) bound += payload.length * APPLICATION_BYTES_PER_BYTE
  if (dns !== undefined) bound += dns.names.length * 2
  if (packet.hasInner) bound += FIXED_BYTES + payload.length * RAW_BYTES_PER_BYTE
  return bound
}
