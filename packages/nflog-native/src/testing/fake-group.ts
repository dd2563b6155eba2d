import type { NativeConfig } from '../native.js'
import { etherTypeOf, type FakePacket, type HeldPacket } from './fake-packet.js'
import { packetBytes, type ReceiveQueue } from './receive-queue.js'

const sequenceFlag = 1
const globalSequenceFlag = 2
const conntrackFlag = 4
const copyPacketMode = 2

/** Numbers and device indexes that all groups of a kernel share. */
export class SharedNumbers {
  /** The kernel begins with 1, and counts only packets of groups that ask for it. */
  seqGlobal = 1
  private readonly devices = new Map<string, number>([['lo', 1]])

  indexOf(device: string | undefined): number | undefined {
    if (device === undefined) return undefined
    const index = this.devices.get(device) ?? this.devices.size + 1
    this.devices.set(device, index)
    return index
  }
}

/** A group that a socket has bound: it collects packets until one of the limits says that the reader should have them. */
export class FakeGroup {
  private config: NativeConfig
  private readonly group: number
  private readonly queue: ReceiveQueue
  private readonly shared: SharedNumbers
  private seq = 0
  private held: HeldPacket[] = []
  private heldBytes = 0
  private flushTimer: NodeJS.Timeout | undefined

  constructor(group: number, config: NativeConfig, queue: ReceiveQueue, shared: SharedNumbers) {
    this.group = group
    this.config = config
    this.queue = queue
    this.shared = shared
  }

  configure(config: NativeConfig): void {
    this.config = config
  }

  log(packet: FakePacket): void {
    const held = this.complete(packet)
    const bytes = packetBytes(held)
    if (this.heldBytes + bytes > this.config.netlinkBufferBytes) this.flush()
    this.held.push(held)
    this.heldBytes += bytes
    if (this.held.length >= this.config.queueThreshold) this.flush()
    // The age of the oldest packet counts: those that follow do not put it off.
    else this.flushTimer ??= setTimeout(() => this.flush(), this.config.flushCentiseconds * 10).unref()
  }

  /** As if so many packets more had been logged, each in a datagram that found the receive buffer full. */
  lose(packets: number): void {
    this.flush()
    for (let i = 0; i < packets; i++) this.takeNumbers()
    this.queue.refuse(packets, this.isNumbered)
  }

  flush(): void {
    clearTimeout(this.flushTimer)
    this.flushTimer = undefined
    if (this.held.length === 0) return
    const packets = this.held
    this.held = []
    this.heldBytes = 0
    this.queue.push(packets, this.isNumbered)
  }

  /** What it holds is lost, as when the process ends. */
  destroy(): void {
    clearTimeout(this.flushTimer)
    this.held = []
  }

  private complete(packet: FakePacket): HeldPacket {
    const whole = packet.payload ?? new Uint8Array()
    const copied = this.config.copyMode === copyPacketMode ? this.config.copyRange : 0
    const etherType = packet.etherType ?? etherTypeOf(whole)
    const indexes = {
      inIndex: packet.inIndex ?? this.shared.indexOf(packet.inDevice),
      outIndex: packet.outIndex ?? this.shared.indexOf(packet.outDevice),
      physInIndex: packet.physInIndex ?? this.shared.indexOf(packet.physInDevice),
      physOutIndex: packet.physOutIndex ?? this.shared.indexOf(packet.physOutDevice)
    }
    const { conntrack, ...rest } = packet
    return {
      ...rest,
      ...(conntrack && (this.config.flags & conntrackFlag) !== 0 && { conntrack }),
      ...(indexes as { [name in keyof typeof indexes]: number }),
      binding: this,
      group: this.group,
      etherType,
      family: packet.family ?? (etherType === 0x86dd ? 10 : 2),
      hook: packet.hook ?? 1,
      payload: whole.slice(0, copied),
      ...this.takeNumbers()
    }
  }

  private get isNumbered(): boolean {
    return (this.config.flags & sequenceFlag) !== 0
  }

  private takeNumbers(): { seq?: number; seqGlobal?: number } {
    const isGlobal = (this.config.flags & globalSequenceFlag) !== 0
    return {
      ...(this.isNumbered && { seq: this.seq++ >>> 0 }),
      ...(isGlobal && { seqGlobal: this.shared.seqGlobal++ >>> 0 })
    }
  }
}
