import { Fragment } from '../../bytes/fragment.js'
import { JsonWriter } from '../../bytes/json-writer.js'
import { ByteReader } from '../../bytes/reader.js'
import type { Layer } from '../../layer.js'
import type { LoggedPacket } from '../../logged-packet.js'
import type { FoundLayers, ReusablePacket } from '../../packet.js'
import type { Dhcpv4 } from '../../protocols/dhcpv4.js'
import type { Dns } from '../../protocols/dns/dns.js'
import type { Ipv4 } from '../../protocols/ipv4.js'
import type { Tcp } from '../../protocols/tcp.js'
import type { Udp } from '../../protocols/udp.js'
import { actionOf } from '../action.js'
import { FieldWriter } from '../field-writer.js'
import { writeDhcpv4, writeDns } from './application-layers.js'
import { quoteGo, quoteGoBytes, quoteGoReplaced } from './go-json.js'
import { MetaWriter, writeDecodeError } from './meta.js'
import { NAMES } from './names.js'
import type { LayerSink } from './network-layers.js'
import { writeIpv4, writeTcp, writeUdp } from './network-layers.js'
import type { ResolvedOptions } from './options.js'
import type { Plan } from './plan.js'
import { applicationStart, Shed, transportEnd } from './plan.js'
import { RawBytes } from './raw-bytes.js'
import { TextCache } from './text-cache.js'
import { TimestampWriter } from './timestamp.js'
import { topicOf } from './topic.js'

const OPEN = 0x7b
const CLOSE = 0x7d
const HARDWARE_TYPE_ETHERNET = 1
const ETHERNET_ADDRESSES_BYTES = 12
const EMPTY = new Fragment('""')
const INNER = new Fragment(',"Inner":')
const IS_TRUNCATED = new Fragment(',"Truncated":true')
const RAW = new Fragment(',"Raw":')
const LINE_END = new Fragment('"}\n')
/** Lengths kept of strings that only a caller with strange ideas makes long, when nothing else helps to fit a line. */
const CLIPPED_PREFIX = 128
const CLIPPED_NAME = 64

/** Writes events into a buffer that is large enough, as text or as finished bus lines. The only emitter. */
export class EventEmitter {
  /** The raw bytes of the event written last. */
  readonly raw: RawBytes = new RawBytes()
  readonly #out = new JsonWriter()
  readonly #sink: LayerSink = { out: this.#out, raw: this.raw, bytes: new ByteReader() }
  readonly #fields = new FieldWriter(this.#out, this.raw)
  #room = 0
  readonly #hwHeader = new ByteReader()
  readonly #timestamp = new TimestampWriter()
  readonly #sourceDomains = new TextCache(domain => `,"RecentDomainSrc":${quoteGoReplaced(domain)}`)
  readonly #destinationDomains = new TextCache(domain => `,"RecentDomainDst":${quoteGoReplaced(domain)}`)
  readonly #topics = new TextCache(prefix => `{"topic":${quoteGo(topicOf(prefix))},"value":"`)
  readonly #prefixes = new TextCache(prefix => prefixText(quoteGo(prefix)))
  readonly #actions = new TextCache(action => `${quoteGo(action)},"Timestamp":"`)
  readonly #inDevices = new TextCache(device => `Z","InDev":${quoteGo(device)},"OutDev":`)
  readonly #outDevices = new TextCache(quoteGo)
  readonly #meta = new MetaWriter(this.#out)

  /** Writes to `bytes` from now on, with `room` bytes more than what is known to be needed. */
  into(bytes: Uint8Array, room: number): void {
    this.#out.into(bytes)
    this.#room = room
  }

  /** Whether the event written last lacks something for want of room. */
  get overflowed(): boolean {
    return this.#fields.overflowed
  }

  /** The event's JSON at `at`; returns its end. */
  writeText(at: number, logged: LoggedPacket, packet: ReusablePacket, options: ResolvedOptions, plan: Plan): number {
    this.#out.at = at
    this.#out.escaped = false
    this.#writeEvent(logged, packet, options, plan)
    return this.#out.at
  }

  /** The event as a line of the bus at `at`, newline included; returns its end. */
  writeLine(at: number, logged: LoggedPacket, packet: ReusablePacket, options: ResolvedOptions, plan: Plan): number {
    const out = this.#out
    out.at = at
    // The topic stands in the line itself; only the value is text within text.
    out.escaped = false
    const { prefix } = logged
    out.fragment(this.#topics.get(plan.shed < Shed.strings ? prefix : prefix.slice(0, CLIPPED_PREFIX)))
    out.escaped = true
    this.#writeEvent(logged, packet, options, plan)
    out.escaped = false
    out.fragment(LINE_END)
    return out.at
  }

  #writeEvent(logged: LoggedPacket, packet: ReusablePacket, options: ResolvedOptions, plan: Plan): void {
    const out = this.#out
    const { raw } = this
    const { shed } = plan
    const start = out.at
    raw.begin(plan.cut)
    this.#fields.overflowed = false
    this.#fields.showsContent = options.showsContent
    const showsApplications = shed < Shed.application && options.showsApplications
    const sink = this.#sink
    sink.bytes = packet.bytes
    const { found, outer, error } = packet
    if (logged.hwType !== undefined) this.#writeEthernet(logged.hwType, logged.hwHeader)
    if (shed < Shed.layers) {
      this.#writeLayers(outer.tcp, outer.udp, outer.ipv4)
      if (showsApplications) this.#writeApplications(outer.dns, outer.dhcpv4)
    }
    if (shed < Shed.strings) {
      this.#writeCommon(logged, options)
    } else {
      this.#writeClipped(logged, options)
    }
    if (options.extended) {
      if (shed < Shed.layers) {
        const layersEnd = endOfLayers(found, shed, options)
        if (packet.hasDescribed) this.#writeDescribed(packet, shed, layersEnd)
        if (packet.hasInner) this.#writeInner(packet, showsApplications, layersEnd)
        if (shed < Shed.raw && options.keep > 0 && !hasLayers(packet)) this.#writeRaw(packet.bytes)
      }
      if (shed < Shed.strings) this.#meta.write(logged, found, options)
      if (error !== undefined) writeDecodeError(out, error)
      if (plan.isTruncated) out.fragment(IS_TRUNCATED)
    }
    // Every key is written with a comma in front; the first of them opens the object instead.
    out.patch(start, OPEN)
    out.byte(CLOSE)
  }

  /** The packet as it is, when there is nothing else to show of it: what it was can still be found out. */
  #writeRaw(bytes: ByteReader): void {
    if (bytes.length === 0) return
    this.#out.fragment(RAW)
    this.raw.write(this.#out, bytes, 0, bytes.length)
  }

  /** Layers that write themselves, outermost first. */
  #writeDescribed(packet: ReusablePacket, shed: Shed, end: number): void {
    this.#fields.begin(this.#out.at + this.#room, shed >= Shed.raw)
    this.#writeRange(packet, end, 0, packet.outerLayers)
  }

  /** What is behind a tunnel or in a fragment, where SPR does not look. */
  #writeInner(packet: ReusablePacket, showsApplications: boolean, end: number): void {
    const out = this.#out
    out.fragment(INNER)
    const start = out.at
    const { found, outer } = packet
    this.#writeLayers(
      found.tcp === outer.tcp ? undefined : found.tcp,
      found.udp === outer.udp ? undefined : found.udp,
      found.ipv4 === outer.ipv4 ? undefined : found.ipv4
    )
    if (showsApplications) {
      this.#writeApplications(
        found.dns === outer.dns ? undefined : found.dns,
        found.dhcpv4 === outer.dhcpv4 ? undefined : found.dhcpv4
      )
    }
    this.#writeRange(packet, end, packet.outerLayers, packet.layers.length)
    if (out.at === start) out.byte(OPEN)
    else out.patch(start, OPEN)
    out.byte(CLOSE)
  }

  #writeLayers(tcp: Tcp | undefined, udp: Udp | undefined, ipv4: Ipv4 | undefined): void {
    const sink = this.#sink
    if (tcp !== undefined) writeTcp(sink, tcp)
    if (udp !== undefined) writeUdp(sink, udp)
    if (ipv4 !== undefined) writeIpv4(sink, ipv4)
  }

  #writeApplications(dns: Dns | undefined, dhcpv4: Dhcpv4 | undefined): void {
    const sink = this.#sink
    if (dns !== undefined) writeDns(sink, dns)
    if (dhcpv4 !== undefined) writeDhcpv4(sink, dhcpv4)
  }

  /** Layers that start in front of `end`; of two of a name the inner one. */
  #writeRange({ layers }: ReusablePacket, end: number, from: number, to: number): void {
    const fields = this.#fields
    for (let index = from; index < to; index++) {
      const layer = layers[index]
      if (layer?.json === undefined || (layer.start >= end && !layer.isLink)) continue
      if (!isRepeated(layers, index, to)) layer.writeJson(fields)
    }
  }

  #writeEthernet(hwType: number, hwHeader: Uint8Array | undefined): void {
    const out = this.#out
    const { ethernet } = NAMES
    if (hwType === HARDWARE_TYPE_ETHERNET && hwHeader !== undefined && hwHeader.length >= ETHERNET_ADDRESSES_BYTES) {
      const header = this.#hwHeader
      header.reset(hwHeader)
      out.fragment(ethernet.source)
      out.quote()
      out.mac(header, 6)
      out.quote()
      out.fragment(ethernet.destination)
      out.quote()
      out.mac(header, 0)
      out.quote()
    } else {
      out.fragment(ethernet.source)
      out.fragment(EMPTY)
      out.fragment(ethernet.destination)
      out.fragment(EMPTY)
    }
    out.fragment(ethernet.hwType)
    out.uint(hwType & 0xffff)
    out.byte(CLOSE)
  }

  /** The keys every event has, and the domains before them. */
  #writeCommon(logged: LoggedPacket, options: ResolvedOptions): void {
    const out = this.#out
    const { recentDomainSrc, recentDomainDst } = options
    if (recentDomainSrc !== '') out.fragment(this.#sourceDomains.get(recentDomainSrc))
    if (recentDomainDst !== '') out.fragment(this.#destinationDomains.get(recentDomainDst))
    const { prefix, prefixBytes } = logged
    out.fragment(
      prefixBytes === undefined ? this.#prefixes.get(prefix) : new Fragment(prefixText(quoteGoBytes(prefixBytes)))
    )
    out.fragment(this.#actions.get(actionOf(logged, options.action)))
    this.#timestamp.write(out, logged.timestampUs)
    out.fragment(this.#inDevices.get(logged.inDevice ?? ''))
    out.fragment(this.#outDevices.get(logged.outDevice ?? ''))
  }

  #writeClipped(logged: LoggedPacket, options: ResolvedOptions): void {
    const out = this.#out
    out.fragment(this.#prefixes.get(logged.prefix.slice(0, CLIPPED_PREFIX)))
    out.fragment(this.#actions.get(actionOf(logged, options.action).slice(0, CLIPPED_NAME)))
    this.#timestamp.write(out, logged.timestampUs)
    out.fragment(this.#inDevices.get(logged.inDevice?.slice(0, CLIPPED_NAME) ?? ''))
    out.fragment(this.#outDevices.get(logged.outDevice?.slice(0, CLIPPED_NAME) ?? ''))
  }
}

/** Where in the packet the layers that an event leaves out start. */
function endOfLayers(found: Readonly<FoundLayers>, shed: Shed, options: ResolvedOptions): number {
  if (shed >= Shed.transport) return applicationStart(found)
  return shed < Shed.application && options.showsApplications ? Number.POSITIVE_INFINITY : transportEnd(found)
}

function isRepeated(layers: readonly Layer[], index: number, to: number): boolean {
  const name = layers[index]?.json?.name
  for (let later = index + 1; later < to; later++) {
    if (layers[later]?.json?.name === name) return true
  }
  return false
}

/** Whether anything could be read of the packet itself; its link-layer header stands in bytes of its own. */
function hasLayers({ found, layers, bytes }: ReusablePacket): boolean {
  return found.ipv4 !== undefined || found.ipv6 !== undefined || layers.some(layer => layer.bytes === bytes)
}

function prefixText(quoted: string): string {
  return `,"Prefix":${quoted},"Action":`
}
