import type { Socket } from 'node:net'
import type { Broker } from '../broker.js'
import type { Cursor } from '../log/cursor.js'
import { ERROR_TOPIC, formatLine, parseClientLine } from './line-format.js'
import { type LineSink, LineSplitter } from './line-splitter.js'
import { type GatherBuffers, SocketWriter } from './socket-writer.js'

const NEWLINE = Buffer.from('\n')
const NOTHING = Buffer.alloc(0)
const CARRIAGE_RETURN = 0x0d

/** Refusals a client may leave unread before it is cut off. */
const MAX_UNREAD_BYTES = 64 * 1024

/** How long a client that was cut off may take to read why. */
const LINGER_MS = 1000

/** What connections count, for the server's statistics. */
export interface ConnectionCounters {
  received: number
  refused: number
  cutOff: number
  stalled: number
  dropped: number
}

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly broker: Broker
  readonly maxLineBytes: number
  readonly stallMs: number
  readonly buffers: GatherBuffers
  readonly counters: ConnectionCounters
}

/**
 * One client speaking newline-JSON, the way sprbus-json's server does: it publishes line by line until it subscribes, from then
 * on it only receives. The socket must be half-open: a client may close its side and go on reading.
 */
export class NewlineJsonConnection implements LineSink {
  readonly #socket: Socket
  readonly #host: ConnectionHost
  readonly #splitter: LineSplitter
  #phase: 'publishing' | 'streaming' | 'over' = 'publishing'
  #cursor: Cursor | undefined
  #writer: SocketWriter | undefined

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket
    this.#host = host
    this.#splitter = new LineSplitter(host.maxLineBytes, this)
    socket.on('data', chunk => this.receive(chunk))
    socket.once('end', () => this.#onEnd())
    socket.once('close', () => this.#onClose())
  }

  get isReader(): boolean {
    return this.#phase === 'streaming'
  }

  /** Events this reader lost so far. */
  get dropped(): number {
    return this.#cursor?.dropped ?? 0
  }

  receive(chunk: Buffer): void {
    // What a reader sends is read, so that its end is noticed, and thrown away, as sprbus-json does.
    if (this.#phase === 'publishing') this.#splitter.push(chunk)
  }

  /** Resolves when the kernel has everything that was published so far. */
  async flush(): Promise<void> {
    await this.#writer?.flush()
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
    try {
      switch (line.kind) {
        case 'publish':
          this.#publish(bytes, from, to, hasReturn, line.topic)
          break
        case 'subscribe':
          this.#stream(line.prefix)
          break
        case 'refused':
          this.#refuse(line.reason)
          break
        case 'garbage':
          this.#cutOff(line.reason)
          break
      }
    } catch (error) {
      // The broker was closed under us, or its line limit is smaller than ours.
      this.#cutOff(error instanceof Error ? error.message : String(error))
    }
  }

  #publish(bytes: Buffer, from: number, to: number, hasReturn: boolean, topic: string): void {
    const line = hasReturn ? Buffer.concat([bytes.subarray(from, to), NEWLINE]) : bytes.subarray(from, to + 1)
    this.#host.broker.publishLine(line, topic)
    this.#host.counters.received += 1
  }

  #stream(prefix: string): void {
    const { broker, buffers, stallMs, counters } = this.#host
    const cursor = broker.openCursor(prefix, () => this.#writer?.pump())
    this.#cursor = cursor
    this.#writer = new SocketWriter(this.#socket, cursor, {
      buffers,
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
    this.#phase = 'over'
    endPolitely(this.#socket, formatLine(ERROR_TOPIC, `connection closed: ${reason}`))
  }

  #onEnd(): void {
    if (this.#phase === 'publishing') {
      // Like bufio.Scanner, which sprbus-json reads with: what follows the last newline is a line too.
      const rest = this.#splitter.end()
      if (rest) this.#handleLine(Buffer.concat([rest, NEWLINE]), 0, rest.length)
    }
    // A client that closed its side may be gone or only done sending. An empty write fails with EPIPE in the first case, so
    // that a dead reader is not kept until the next event it wanted.
    if (this.#phase === 'streaming') this.#socket.write(NOTHING)
    else this.#socket.end()
  }

  #onClose(): void {
    this.#phase = 'over'
    this.#host.counters.dropped += this.dropped
    this.#cursor?.close()
    this.#cursor = undefined
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
