import type { WebSocket } from 'ws'
import { closeSocket } from './closing.js'

/** Bytes that may lie in the socket before frames wait here. */
const SOCKET_BYTES = 256 * 1024

/** What outlets of one endpoint have done together. */
export interface OutletCounters {
  sent: number
  dropped: number
}

/** The way out to one client: its socket, and a bounded queue for when that is full. Nobody waits for anybody else's. */
export class Outlet {
  readonly #socket: WebSocket
  readonly #queueBytes: number
  readonly #counters: OutletCounters
  /** Frames from {@link #first} on wait. */
  #queue: Buffer[] = []
  #first = 0
  #queuedBytes = 0
  #isAlive = true
  #waiting: { promise: Promise<void>; resolve: () => void } | undefined

  constructor(socket: WebSocket, queueBytes: number, counters: OutletCounters) {
    this.#socket = socket
    this.#queueBytes = queueBytes
    this.#counters = counters
    socket.on('pong', () => {
      this.#isAlive = true
    })
    socket.once('close', () => {
      this.#clear()
      this.#wake()
    })
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }

  /** Hands a text frame over, to the queue if need be; the oldest that wait there make room. */
  offer(frame: Buffer): void {
    if (!this.isOpen) return
    if (this.hasRoom) {
      this.#write(frame)
      return
    }
    this.#queue.push(frame)
    this.#queuedBytes += frame.length
    while (this.#queuedBytes > this.#queueBytes && this.#shift() !== undefined) this.#counters.dropped += 1
  }

  /** Resolves when a frame would not have to wait, or there is nobody to send it to any more. */
  async room(): Promise<void> {
    while (this.isOpen && !this.hasRoom) {
      if (this.#waiting === undefined) {
        let resolve = (): void => {}
        const promise = new Promise<void>(done => {
          resolve = done
        })
        this.#waiting = { promise, resolve }
      }
      await this.#waiting.promise
    }
  }

  /** Pings; cuts off a client of which nothing was heard and that took nothing since the last time. */
  beat(): void {
    if (!this.#isAlive) {
      this.#socket.terminate()
      return
    }
    this.#isAlive = false
    if (this.isOpen) this.#socket.ping()
  }

  close(code: number, reason: string): void {
    closeSocket(this.#socket, code, reason)
  }

  get hasRoom(): boolean {
    return this.#first === this.#queue.length && this.#socket.bufferedAmount < SOCKET_BYTES
  }

  #write(frame: Buffer): void {
    this.#counters.sent += 1
    this.#socket.send(frame, { binary: false }, error => {
      if (error) return
      // The kernel took it from a backlog: so the client has taken something from the kernel. Without one it tells nothing.
      if (this.#socket.bufferedAmount > 0) this.#isAlive = true
      this.#pump()
    })
  }

  #pump(): void {
    while (this.isOpen && this.#socket.bufferedAmount < SOCKET_BYTES) {
      const frame = this.#shift()
      if (frame === undefined) break
      this.#write(frame)
    }
    if (this.hasRoom) this.#wake()
  }

  #shift(): Buffer | undefined {
    const frame = this.#queue[this.#first]
    if (frame === undefined) return undefined
    this.#first += 1
    this.#queuedBytes -= frame.length
    // The front is cut off now and then, not at every frame.
    if (this.#first * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first)
      this.#first = 0
    }
    return frame
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve()
  }

  #clear(): void {
    this.#counters.dropped += this.#queue.length - this.#first
    this.#queue = []
    this.#first = 0
    this.#queuedBytes = 0
  }
}
