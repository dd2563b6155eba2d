import type { NativeConfig } from '../native.js'
import type { HeldPacket } from './fake-packet.js'

/** Packets that travel together, or a place where some were lost that nobody numbered. */
type Datagram = readonly HeldPacket[] | 'hole'

// About what the kernel charges beside the payload. It grants twice the buffer that was asked for, for this overhead.
const datagramOverheadBytes = 768
const packetOverheadBytes = 160
const grantFactor = 2

export function packetBytes(packet: HeldPacket): number {
  return packetOverheadBytes + packet.payload.length
}

/** The receive buffer of a netlink socket: bounded, and once full it takes nothing until it was emptied. */
export class ReceiveQueue {
  receiveBufferBytes = 0
  peakBytes = 0
  /** Datagrams that found no room. */
  dropped = 0
  hasOverrun = false
  private maxBytes = 0
  private isSilent = false
  private readonly datagrams: Datagram[] = []
  private usedBytes = 0
  private isCongested = false
  private readonly onArrival: () => void

  constructor(onArrival: () => void) {
    this.onArrival = onArrival
  }

  get isEmpty(): boolean {
    return this.datagrams.length === 0
  }

  configure({ receiveBufferBytes, receiveBufferMaxBytes, silenceOverruns }: NativeConfig): void {
    if (receiveBufferBytes !== 0) this.receiveBufferBytes = receiveBufferBytes
    this.maxBytes = receiveBufferMaxBytes
    this.isSilent = silenceOverruns
  }

  /** @param isNumbered whether the reader will see a loss by the numbers of its packets */
  push(packets: readonly HeldPacket[], isNumbered: boolean): void {
    if (this.isCongested || this.usedBytes > this.receiveBufferBytes * grantFactor) {
      // A socket that does not want to know is not congested either: it takes again as soon as there is room.
      this.isCongested = !this.isSilent
      this.refuse(1, isNumbered)
      return
    }
    this.datagrams.push(packets)
    this.usedBytes += costOf(packets)
    this.onArrival()
  }

  refuse(datagrams: number, isNumbered: boolean): void {
    this.dropped += datagrams
    if (this.isSilent) return
    this.hasOverrun = true
    if (!isNumbered && this.datagrams.at(-1) !== 'hole') this.datagrams.push('hole')
    this.onArrival()
  }

  /** Sees how full the buffer is, and lets it grow as far as it may. */
  measure(): void {
    const used = Math.ceil(this.usedBytes / grantFactor)
    this.peakBytes = Math.max(this.peakBytes, used)
    if (used > this.receiveBufferBytes / 2) {
      this.receiveBufferBytes = Math.max(this.receiveBufferBytes, Math.min(this.receiveBufferBytes * 2, this.maxBytes))
    }
  }

  shift(): Datagram | undefined {
    const datagram = this.datagrams.shift()
    if (datagram !== undefined && datagram !== 'hole') this.usedBytes -= costOf(datagram)
    if (this.isEmpty) this.isCongested = false
    return datagram
  }

  /** Whether packets were refused since the last call. */
  takeOverrun(): boolean {
    const had = this.hasOverrun
    this.hasOverrun = false
    return had
  }

  clear(): void {
    this.datagrams.length = 0
    this.usedBytes = 0
  }
}

function costOf(packets: readonly HeldPacket[]): number {
  return packets.reduce((total, packet) => total + packetBytes(packet), datagramOverheadBytes)
}
