import { constants } from 'node:os'
import type { NflogError } from '../errors.js'
import { toNflogError } from '../kernel-error.js'
import type { NativeConfig, NativeError } from '../native.js'
import { NativeStream, type NflogSocket } from '../nflog-socket.js'
import { type NflogOptions, parseOptions } from '../options.js'
import { FakeGroup, SharedNumbers } from './fake-group.js'
import { type FakeBindings, FakeNative } from './fake-native.js'
import { checkPacket, type FakePacket } from './fake-packet.js'

/**
 * A kernel of its own that logs what a test says. Its sockets are the real ones on top of it: options, batches, gaps,
 * errors, counters and lifecycle are those of `openNflog`, without privilege, without the addon, on any platform.
 */
export interface FakeNflog {
  /** In place of the real `openNflog`. Needs no `this`: pass it on as it is. */
  readonly openNflog: (options: NflogOptions) => NflogSocket
  /**
   * Logs packets in this order. The reader has them when the kernel would give them to it: after `flushMs`, at
   * `queueThreshold`, when they fill `netlinkBufferBytes`, or at {@link flush}. What finds the receive buffer full is lost.
   *
   * @returns how many were logged to a group that a socket reads; the kernel ignores the others.
   * @throws TypeError or RangeError that names what is wrong with a packet.
   */
  log(...packets: readonly FakePacket[]): number
  /** Lets the reader have now what the groups hold. */
  flush(): void
  /**
   * Loses the next so many packets of a group, as when the receive buffer is full: the reader meets a gap, and counts
   * an overrun. Default 1.
   */
  lose(group: number, packets?: number): void
  /** Fails the socket that reads a group, with an error number of the system such as `EBADF`. */
  fail(group: number, osCode: keyof typeof constants.errno): void
  /** Makes the next call of `openNflog` throw this, whatever it asks for. */
  failNextOpen(error: NflogError): void
}

/** Makes a fake kernel that nobody reads yet. Each has groups of its own, so tests do not meet. */
export function createFakeNflog(): FakeNflog {
  return new FakeKernel()
}

interface Reader {
  readonly group: FakeGroup
  readonly native: FakeNative
}

class FakeKernel implements FakeNflog, FakeBindings {
  private readonly readers = new Map<number, Reader>()
  private readonly shared = new SharedNumbers()
  private refusal: NflogError | undefined

  readonly openNflog = (options: NflogOptions): NflogSocket => {
    const settings = parseOptions(options)
    options.signal?.throwIfAborted()
    const refusal = this.refusal
    this.refusal = undefined
    if (refusal) throw refusal
    return new NativeStream(settings, options.signal, (...args) => {
      try {
        return new FakeNative(...args, this)
      } catch (cause) {
        throw toNflogError(cause as NativeError)
      }
    })
  }

  log(...packets: readonly FakePacket[]): number {
    for (const packet of packets) checkPacket(packet)
    let logged = 0
    for (const packet of packets) {
      const reader = this.readers.get(packet.group)
      reader?.group.log(packet)
      if (reader) logged++
    }
    return logged
  }

  flush(): void {
    for (const { group } of this.readers.values()) group.flush()
  }

  lose(group: number, packets = 1): void {
    if (!Number.isInteger(packets) || packets < 1) {
      throw new RangeError(`packets must be a positive integer, not ${packets}`)
    }
    this.readerOf(group).group.lose(packets)
  }

  fail(group: number, osCode: keyof typeof constants.errno): void {
    this.readerOf(group).native.fail(osCode)
  }

  failNextOpen(error: NflogError): void {
    this.refusal = error
  }

  bind(native: FakeNative, config: NativeConfig): void {
    for (const group of config.groups) this.refuseTaken(group, native)
    for (const [number, { group }] of this.ownedBy(native)) {
      if (config.groups.includes(number)) {
        group.configure(config)
      } else {
        group.flush()
        this.readers.delete(number)
      }
    }
    for (const number of config.groups) {
      if (this.readers.has(number)) continue
      this.readers.set(number, { group: new FakeGroup(number, config, native.queue, this.shared), native })
    }
  }

  unbind(native: FakeNative): void {
    for (const [number, { group }] of this.ownedBy(native)) {
      group.flush()
      this.readers.delete(number)
    }
  }

  close(native: FakeNative): void {
    for (const [number, { group }] of this.ownedBy(native)) {
      group.destroy()
      this.readers.delete(number)
    }
  }

  private ownedBy(native: FakeNative): [number, Reader][] {
    return [...this.readers].filter(([, reader]) => reader.native === native)
  }

  private refuseTaken(group: number, native: FakeNative): void {
    const owner = this.readers.get(group)?.native
    if (owner === undefined || owner === native) return
    const refused = { syscall: 'send', errno: constants.errno.EPERM, osCode: 'EPERM', group, privileged: true }
    throw Object.assign(new Error('EPERM: operation not permitted, send'), refused) satisfies NativeError
  }

  private readerOf(group: number): Reader {
    const reader = this.readers.get(group)
    if (!reader) throw new RangeError(`no socket reads group ${group}; open one first`)
    return reader
  }
}
