import { constants } from 'node:os'
import type { NativeConfig, NativeError, NativeGap, NativeSocket, NflogStats, OnBatch } from '../native.js'
import { writeBatch } from './batch-writer.js'
import type { HeldPacket } from './fake-packet.js'
import { ReceiveQueue } from './receive-queue.js'

// As the addon reads: so many packets or bytes, then others on the event loop get their turn.
const packetsPerBatch = 256
const bytesPerBatch = 256 * 1024

/** The kernel, as far as a socket can change it. */
export interface FakeBindings {
  /** Takes and gives up groups until the socket has those of its configuration, and configures them. */
  bind(native: FakeNative, config: NativeConfig): void
  /** Lets the socket's groups deliver what they hold, then forgets them. */
  unbind(native: FakeNative): void
  /** Forgets the socket's groups and what they hold. */
  close(native: FakeNative): void
}

/** Stands where the addon stands: what the stream over it does is the real thing. */
export class FakeNative implements NativeSocket {
  /** No descriptor of this process. */
  readonly fd = -1
  readonly queue: ReceiveQueue = new ReceiveQueue(() => this.poll())
  private readonly onBatch: OnBatch
  private readonly onFailure: (error: NativeError) => void
  private readonly bindings: FakeBindings
  private reportsOverruns = false
  /** By binding of a group: a group that is bound again starts over. */
  private readonly nextSeq = new WeakMap<object, number>()
  private counters = noCounters()
  private readonly gaps: NativeGap[] = []
  private isOpen = true
  private isWanted = false
  private isRefed = true
  private turn: NodeJS.Immediate | undefined
  /** Keeps the process alive as a descriptor does that somebody waits for. */
  private wait: NodeJS.Timeout | undefined

  constructor(config: NativeConfig, onBatch: OnBatch, onFailure: (error: NativeError) => void, bindings: FakeBindings) {
    this.onBatch = onBatch
    this.onFailure = onFailure
    this.bindings = bindings
    this.configure(config)
  }

  request(): void {
    if (!this.isOpen) return
    this.isWanted = true
    this.wait ??= setInterval(() => undefined, 0x7fff_ffff)
    if (!this.isRefed) this.wait.unref()
    this.poll()
  }

  rest(): void {
    this.isWanted = false
    clearInterval(this.wait)
    clearImmediate(this.turn)
    this.wait = undefined
    this.turn = undefined
  }

  read(): boolean {
    return this.isOpen && this.deliver()
  }

  configure(config: NativeConfig): void {
    this.bindings.bind(this, config)
    this.queue.configure(config)
    this.reportsOverruns = config.reportOverruns
  }

  unbind(): boolean {
    this.bindings.unbind(this)
    return true
  }

  close(): void {
    this.isOpen = false
    this.rest()
    this.bindings.close(this)
    this.queue.clear()
  }

  ref(): void {
    this.isRefed = true
    this.wait?.ref()
  }

  unref(): void {
    this.isRefed = false
    this.wait?.unref()
  }

  stats(): NflogStats {
    const { receiveBufferBytes, peakBytes, dropped } = this.queue
    return { ...this.counters, droppedDatagrams: dropped, receiveBufferBytes, receiveBufferPeakBytes: peakBytes }
  }

  resetStats(): void {
    this.counters = noCounters()
    this.queue.dropped = 0
    this.queue.peakBytes = 0
  }

  /** What a system call reports that failed while reading. */
  fail(osCode: keyof typeof constants.errno): void {
    const cause = { syscall: 'recv', errno: constants.errno[osCode], osCode }
    this.onFailure(Object.assign(new Error(`${osCode}: recv`), cause))
  }

  /** In a turn of its own, like an event of the loop. */
  private poll(): void {
    if (!this.isWanted || this.turn || (this.queue.isEmpty && !this.queue.hasOverrun)) return
    this.turn = setImmediate(() => {
      this.turn = undefined
      if (this.isOpen) this.deliver()
      this.poll()
    })
    if (!this.isRefed) this.turn.unref()
  }

  /** Hands over what there is, then tells of an overrun; true when there were packets. */
  private deliver(): boolean {
    const hadOverrun = this.queue.takeOverrun()
    if (hadOverrun) this.counters.overruns++
    const packets = this.takePackets()
    if (packets.length > 0) {
      const { buffer, strings } = writeBatch(packets)
      const gaps = this.gaps.splice(0)
      this.call(() => this.onBatch(buffer, packets.length, strings, gaps, true))
    }
    if (hadOverrun && this.reportsOverruns) this.call(() => this.fail('ENOBUFS'))
    return packets.length > 0
  }

  /** Each call answers the request before it; the stream asks again in its turn if somebody still waits. */
  private call(callback: () => void): void {
    this.isWanted = false
    callback()
    if (!this.isWanted) this.rest()
  }

  private takePackets(): HeldPacket[] {
    this.queue.measure()
    const packets: HeldPacket[] = []
    let bytes = 0
    while (packets.length < packetsPerBatch && bytes < bytesPerBatch) {
      const datagram = this.queue.shift()
      if (datagram === undefined) break
      if (datagram === 'hole') {
        this.gaps.push({ at: packets.length })
        continue
      }
      this.counters.datagrams++
      for (const packet of datagram) {
        this.trackSequence(packet, packets.length)
        this.counters.packets++
        this.counters.payloadBytes += packet.payload.length
        bytes += packet.payload.length
        packets.push(packet)
      }
    }
    return packets
  }

  private trackSequence({ binding, group, seq }: HeldPacket, at: number): void {
    const next = this.nextSeq.get(binding) ?? 0
    if (seq === undefined) return
    const lost = (seq - next) >>> 0
    if (lost > 0) {
      this.counters.lost += lost
      this.gaps.push({ at, group, lost, from: next, to: (seq - 1) >>> 0 })
    }
    this.nextSeq.set(binding, (seq + 1) >>> 0)
  }
}

function noCounters() {
  return { packets: 0, payloadBytes: 0, datagrams: 0, lost: 0, overruns: 0, truncatedDatagrams: 0, malformed: 0 }
}
