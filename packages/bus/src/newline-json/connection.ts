import type { Socket } from 'node:net'
import type { DialectConnection, DialectHost } from '../dialect.js'
import { tooSlow } from '../in-process-subscription.js'
import type { Reader } from '../reader.js'
import { ERROR_TOPIC, formatHello, formatLine, parseClientLine, type SubscribeRequest } from './line-format.js'
import { type LineSink, LineSplitter } from './line-splitter.js'
import { type GatherBuffers, SocketWriter } from './socket-writer.js'

const NEWLINE = Buffer.from('\n')
const NOTHING = Buffer.alloc(0)
const CARRIAGE_RETURN = 0x0d

/** Refusals a client may leave unread before it is cut off. */
const MAX_UNREAD_BYTES = 64 * 1024

/** How long a client that was cut off may take to read why. */
const LINGER_MS = 1000

/** How soon after a reader closed its side it is looked whether it is gone, and how seldom after that. */
const FIRST_LOOK_MS = 20
const MAX_LOOK_MS = 10_000

/** What a connection needs of its server. */
export interface ConnectionHost extends DialectHost {
  readonly buffers: GatherBuffers
  /**
   * Publishes the line of a client.
   * @throws TypeError for a topic that clients may not use; BusError
   */
  publishLine(line: Uint8Array, topic: string, value: string): void
}

/**
 * One client speaking newline-JSON, the way sprbus-json's server does: it publishes line by line until it subscribes, from then
 * on it only receives. The socket must be half-open: a client may close its side and go on reading.
 */
export class NewlineJsonConnection implements LineSink, DialectConnection {
  readonly #socket: Socket
  readonly #host: ConnectionHost
  readonly #splitter: LineSplitter
  #phase: 'publishing' | 'streaming' | 'over' = 'publishing'
  #reader: Reader | undefined
  #writer: SocketWriter | undefined
  #hasSpoken = false
  #look: NodeJS.Timeout | undefined

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket
    this.#host = host
    this.#splitter = new LineSplitter(host.maxLineBytes, this)
    socket.on('data', chunk => this.receive(chunk))
    socket.once('end', () => this.#onEnd())
    socket.once('close', () => this.#onClose())
  }

  /** Nothing whole has come yet: what is lost with such a connection is nothing. */
  get isSilent(): boolean {
    return this.#phase === 'publishing' && !this.#hasSpoken
  }

  receive(chunk: Buffer): void {
    // What a reader sends is read, so that its end is noticed, and thrown away, as sprbus-json does.
    if (this.#phase === 'publishing') this.#splitter.push(chunk)
  }

  /** Resolves when the kernel has everything that was published so far. */
  async flush(): Promise<void> {
    await this.#writer?.flush()
  }

  close(): void {
    this.#phase = 'over'
  }

  lines(bytes: Buffer): void {
    for (let from = 0; from < bytes.length && this.#phase === 'publishing'; ) {
      const newline = bytes.indexOf(NEWLINE, from)
      this.#handleLine(bytes, from, newline)
      from = newline + 1
    }
  }

  overlong(): void {
    if (this.#phase === 'publishing') this.#cutOff(`a line is longer than ${this.#host.maxLineBytes} bytes`)
  }

  #handleLine(bytes: Buffer, from: number, newline: number): void {
    const hasReturn = newline > from && bytes[newline - 1] === CARRIAGE_RETURN
    const to = hasReturn ? newline - 1 : newline
    if (to === from) return
    const line = parseClientLine(bytes.toString('utf8', from, to))
    this.#hasSpoken = true
    try {
      switch (line.kind) {
        case 'publish':
          this.#publish(bytes, from, to, hasReturn, line)
          break
        case 'subscribe':
          this.#stream(line.request)
          break
        case 'refused':
          this.#refuse(line.reason)
          break
        case 'garbage':
          this.#cutOff(line.reason)
          break
      }
    } catch (error) {
      // The broker was closed under us, its line limit is smaller than ours, or the subscription is refused.
      this.#cutOff(error instanceof Error ? error.message : String(error))
    }
  }

  #publish(bytes: Buffer, from: number, to: number, hasReturn: boolean, event: { topic: string; value: string }): void {
    const line = hasReturn ? Buffer.concat([bytes.subarray(from, to), NEWLINE]) : bytes.subarray(from, to + 1)
    try {
      this.#host.publishLine(line, event.topic, event.value)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      this.#refuse(error.message)
    }
  }

  #stream({ seq = false, ...options }: SubscribeRequest): void {
    const { broker, buffers, stallMs, counters } = this.#host
    // Its place is taken first: what is published from here on comes after the hello.
    const { position } = broker
    const reader = this.#host.openReader(
      { ...options, dialect: 'newline-json' },
      {
        onReadable: () => this.#writer?.pump(),
        onOverrun: () => {
          counters.disconnected += 1
          this.#end(tooSlow().message)
        }
      }
    )
    this.#reader = reader
    if (seq) this.#socket.write(formatHello(position))
    this.#writer = new SocketWriter(this.#socket, reader, {
      buffers,
      numbered: seq,
      stallMs,
      onStalled: () => {
        counters.stalled += 1
        this.#socket.destroy()
      }
    })
    this.#phase = 'streaming'
    this.#writer.pump()
  }

  /** Tells a client why its line was not published. Clients that never read on a publishing connection lose nothing by it. */
  #refuse(reason: string): void {
    this.#host.counters.refused += 1
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) this.#cutOff(reason)
    else this.#socket.write(formatLine(ERROR_TOPIC, `line refused: ${reason}`))
  }

  #cutOff(reason: string): void {
    this.#host.counters.cutOff += 1
    this.#end(reason)
  }

  #end(reason: string): void {
    this.#phase = 'over'
    endPolitely(this.#socket, formatLine(ERROR_TOPIC, `connection closed: ${reason}`))
  }

  #onEnd(): void {
    if (this.#phase === 'publishing') {
      // Like bufio.Scanner, which sprbus-json reads with: what follows the last newline is a line too.
      const rest = this.#splitter.end()
      if (rest) this.#handleLine(Buffer.concat([rest, NEWLINE]), 0, rest.length)
    }
    if (this.#phase === 'streaming') this.#lookAfter(FIRST_LOOK_MS)
    else this.#socket.end()
  }

  /**
   * A client that closed its side may be gone or only done sending. An empty write fails with EPIPE in the first case, so that
   * a dead reader is not kept until the next event it wanted. Looked again and again: it may close the rest a moment later.
   */
  #lookAfter(delayMs: number): void {
    this.#socket.write(NOTHING)
    this.#look = setTimeout(() => this.#lookAfter(Math.min(delayMs * 2, MAX_LOOK_MS)), delayMs).unref()
  }

  #onClose(): void {
    this.#phase = 'over'
    clearTimeout(this.#look)
    this.#reader?.close()
    this.#reader = undefined
    this.#writer?.close()
  }
}

/** Ends a connection from our side, reads the client's last words into the void, and does not wait for it long. */
export function endPolitely(socket: Socket, lastLine?: string): void {
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
  // Closing with bytes unread would reset the connection and could swallow our last line.
  socket.resume()
  if (lastLine === undefined) socket.end()
  else socket.end(lastLine)
}
