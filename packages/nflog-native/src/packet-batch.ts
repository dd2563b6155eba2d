import { inspect } from 'node:util'
import { type Conntrack, readConntrack } from './conntrack.js'
import type { Gap, LoggedPacket } from './logged-packet.js'
import { field, recordWords, word } from './packet-layout.js'
import type { StringTable } from './string-table.js'

/** Packets that were read together, in the order of logging. They share one buffer that nothing else writes to. */
export interface PacketBatch extends Iterable<LoggedPacket> {
  readonly length: number
  /** What was lost right before the first packet of this batch; a batch begins after each gap. */
  readonly gap?: Gap
  /**
   * The packet at a position, made anew at each call.
   *
   * @throws RangeError when there is no such position.
   */
  at(index: number): LoggedPacket
}

/** What the addon hands over for one wake-up: a table of records, then the bytes they refer to. */
export class BatchMemory {
  readonly words: Uint32Array
  readonly buffer: ArrayBuffer
  readonly bytesStart: number
  readonly strings: StringTable
  /** Gaps by the packet before which they are. */
  gaps: Map<number, Gap> | undefined = undefined

  constructor(buffer: ArrayBuffer, count: number, strings: StringTable) {
    this.words = new Uint32Array(buffer, 0, count * recordWords)
    this.buffer = buffer
    this.bytesStart = this.words.byteLength
    this.strings = strings
  }

  setGap(packet: number, gap: Gap): void {
    this.gaps ??= new Map()
    this.gaps.set(packet, gap)
  }
}

/** A run of packets in a {@link BatchMemory}. */
export class MemoryBatch implements PacketBatch {
  readonly length: number
  declare readonly gap?: Gap
  private readonly memory: BatchMemory
  private readonly first: number

  constructor(memory: BatchMemory, first: number, length: number) {
    this.memory = memory
    this.first = first
    this.length = length
    const gap = memory.gaps?.get(first)
    if (gap) this.gap = gap
  }

  at(index: number): LoggedPacket {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(`index must be an integer from 0 to ${this.length - 1}, not ${index}`)
    }
    return this.get(index)
  }

  /** The packet at a position that is known to exist. */
  get(index: number): LoggedPacket {
    // Absent fields are `undefined` rather than missing: a getter cannot be missing in one object only.
    return new MemoryPacket(this.memory, (this.first + index) * recordWords) as LoggedPacket
  }

  /** What is left after the first `taken` packets. */
  rest(taken: number): MemoryBatch {
    return new MemoryBatch(this.memory, this.first + taken, this.length - taken)
  }

  *[Symbol.iterator](): Generator<LoggedPacket, undefined> {
    for (let index = 0; index < this.length; index++) yield this.get(index)
    return undefined
  }
}

/** Reads its fields from the table when they are asked for, so that a packet costs one small object. */
class MemoryPacket {
  private readonly memory: BatchMemory
  private readonly record: number
  private payloadView: Uint8Array | undefined = undefined

  constructor(memory: BatchMemory, record: number) {
    this.memory = memory
    this.record = record
  }

  get group(): number {
    return this.word(word.origin) >>> 16
  }

  get prefix(): string {
    return this.memory.strings.text(this.word(word.prefix))
  }

  get prefixBytes(): Uint8Array | undefined {
    return this.memory.strings.invalidBytes(this.word(word.prefix))
  }

  get payload(): Uint8Array {
    this.payloadView ??= this.bytes(0, this.word(word.payloadSize))
    return this.payloadView
  }

  get family(): number {
    return (this.word(word.origin) >>> 8) & 0xff
  }

  get etherType(): number | undefined {
    return this.has(field.header) ? this.word(word.types) >>> 16 : undefined
  }

  get hook(): number | undefined {
    return this.has(field.header) ? this.word(word.origin) & 0xff : undefined
  }

  get mark(): number | undefined {
    return this.has(field.mark) ? this.word(word.mark) : undefined
  }

  get timestampUs(): number {
    return this.word(word.timestampHigh) * 0x1_0000_0000 + this.word(word.timestampLow)
  }

  get timestampSource(): 'kernel' | 'receive' {
    return this.has(field.timestamp) ? 'kernel' : 'receive'
  }

  get inDevice(): string | undefined {
    return this.name(word.inName)
  }

  get outDevice(): string | undefined {
    return this.name(word.outName)
  }

  get physInDevice(): string | undefined {
    return this.name(word.physInName)
  }

  get physOutDevice(): string | undefined {
    return this.name(word.physOutName)
  }

  get inIndex(): number | undefined {
    return this.has(field.inIndex) ? this.word(word.inIndex) : undefined
  }

  get outIndex(): number | undefined {
    return this.has(field.outIndex) ? this.word(word.outIndex) : undefined
  }

  get physInIndex(): number | undefined {
    return this.has(field.physInIndex) ? this.word(word.physInIndex) : undefined
  }

  get physOutIndex(): number | undefined {
    return this.has(field.physOutIndex) ? this.word(word.physOutIndex) : undefined
  }

  get hwType(): number | undefined {
    return this.has(field.hwType) ? this.word(word.types) & 0xffff : undefined
  }

  get hwHeader(): Uint8Array | undefined {
    return this.has(field.hwHeader) ? this.bytes(this.word(word.payloadSize), this.hwHeaderSize) : undefined
  }

  get hwAddress(): Uint8Array | undefined {
    if (!this.has(field.hwAddress)) return undefined
    return this.bytes(this.word(word.payloadSize) + this.hwHeaderSize, this.hwAddressSize)
  }

  get l2Header(): Uint8Array | undefined {
    if (!this.has(field.l2Header)) return undefined
    const skipped = this.word(word.payloadSize) + this.hwHeaderSize + this.hwAddressSize
    return this.bytes(skipped, this.word(word.l2Size))
  }

  get vlan(): { protocol: number; tci: number } | undefined {
    if (!this.has(field.vlan)) return undefined
    const vlan = this.word(word.vlan)
    return { protocol: vlan >>> 16, tci: vlan & 0xffff }
  }

  get uid(): number | undefined {
    return this.has(field.uid) ? this.word(word.uid) : undefined
  }

  get gid(): number | undefined {
    return this.has(field.gid) ? this.word(word.gid) : undefined
  }

  get seq(): number | undefined {
    return this.has(field.seq) ? this.word(word.seq) : undefined
  }

  get seqGlobal(): number | undefined {
    return this.has(field.seqGlobal) ? this.word(word.seqGlobal) : undefined
  }

  get conntrack(): Conntrack | undefined {
    if (!this.has(field.conntrack)) return undefined
    const skipped = this.word(word.payloadSize) + this.hwHeaderSize + this.hwAddressSize + this.word(word.l2Size)
    return readConntrack(this.memory.buffer, this.memory.bytesStart + this.word(word.bytesAt) + skipped)
  }

  get gap(): Gap | undefined {
    return this.memory.gaps?.get(this.record / recordWords)
  }

  get originalLength(): number | undefined {
    return ipLength(this.etherType, this.payload)
  }

  toJSON(): Omit<LoggedPacket, 'toJSON'> {
    const present: Record<string, unknown> = {}
    for (const name of packetFields) {
      const value = this[name]
      if (value !== undefined) present[name] = value
    }
    return present as unknown as Omit<LoggedPacket, 'toJSON'>
  }

  [inspect.custom](): object {
    return this.toJSON()
  }

  private word(index: number): number {
    return this.memory.words[this.record + index] ?? 0
  }

  private has(fieldBit: number): boolean {
    return (this.word(word.fields) & fieldBit) !== 0
  }

  private name(index: number): string | undefined {
    const number = this.word(index)
    return number === 0 ? undefined : this.memory.strings.text(number)
  }

  private bytes(skipped: number, size: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.memory.bytesStart + this.word(word.bytesAt) + skipped, size)
  }

  private get hwHeaderSize(): number {
    return this.word(word.hwSizes) >>> 16
  }

  private get hwAddressSize(): number {
    return this.word(word.hwSizes) & 0xffff
  }
}

const packetFields = [
  'group',
  'prefix',
  'prefixBytes',
  'payload',
  'family',
  'etherType',
  'hook',
  'mark',
  'timestampUs',
  'timestampSource',
  'inDevice',
  'outDevice',
  'physInDevice',
  'physOutDevice',
  'inIndex',
  'outIndex',
  'physInIndex',
  'physOutIndex',
  'hwType',
  'hwHeader',
  'hwAddress',
  'l2Header',
  'vlan',
  'uid',
  'gid',
  'seq',
  'seqGlobal',
  'conntrack',
  'originalLength',
  'gap'
] as const satisfies readonly (keyof LoggedPacket)[]

/** Total length in the header of an IP packet; never less than what is there, because Ethernet pads short packets. */
function ipLength(etherType: number | undefined, payload: Uint8Array): number | undefined {
  let told: number | undefined
  if (etherType === 0x0800) told = ipv4Length(payload)
  if (etherType === 0x86dd) told = ipv6Length(payload)
  return told === undefined ? undefined : Math.max(told, payload.length)
}

// A segment that the network card is still to cut can be too long for the 16 bits; they are 0 then.
function ipv4Length(payload: Uint8Array): number | undefined {
  if (payload.length < 4) return undefined
  return readUint16(payload, 2) || undefined
}

function ipv6Length(payload: Uint8Array): number | undefined {
  if (payload.length < 6) return undefined
  const headerBytes = 40
  const told = readUint16(payload, 4)
  if (told > 0) return headerBytes + told
  const nextHeader = payload[6]
  const noNextHeader = 59
  if (nextHeader === noNextHeader) return headerBytes
  // RFC 2675: the jumbo payload option, first in a hop-by-hop header.
  const isJumbo = nextHeader === 0 && payload.length >= 48 && readUint16(payload, 42) === 0xc204
  return isJumbo ? headerBytes + readUint16(payload, 44) * 0x1_0000 + readUint16(payload, 46) : undefined
}

function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)
}
