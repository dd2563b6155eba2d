import type { Socket } from 'node:net'
import type {
  Connection,
  ConnectionTarget,
  LineWriter,
  LineWriterListener,
  OpenConnection
} from '../client/connection.js'
import { openSocket } from '../client/open-socket.js'
import type { Reader } from '../reader.js'
import { ERROR_TOPIC, formatSubscribe, parseEvent, type SubscribeRequest } from './line-format.js'
import { forEachLine, type LineSink, LineSplitter } from './line-splitter.js'
import { GatherBuffers, SocketWriter } from './socket-writer.js'

/** Longest line a reader takes: more than any bus we know sends. */
const MAX_READ_LINE_BYTES = 1024 * 1024

/** Longest reply a publisher listens to. */
const MAX_REPLY_BYTES = 64 * 1024

const buffers = new GatherBuffers()

/** Connects as sprbus-json's clients do. */
export const openNewlineJson: OpenConnection = async ({ path, timeoutMs }: ConnectionTarget, signal) =>
  new NewlineJsonClientConnection(await openSocket(path, timeoutMs, signal))

class NewlineJsonClientConnection implements Connection {
  readonly ended: Promise<{ error?: unknown }>
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
    this.ended = new Promise(resolve => {
      let cause: { error?: unknown } = {}
      socket.once('error', error => {
        cause = { error }
      })
      socket.once('close', () => resolve(cause))
    })
  }

  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  openWriter(reader: Reader, listener: LineWriterListener): LineWriter {
    const replies = new LineSplitter(MAX_REPLY_BYTES, {
      lines: bytes =>
        forEachLine(bytes, line => {
          const event = parseEvent(line)
          if (event?.topic === ERROR_TOPIC) listener.onRefused(event.value)
        }),
      overlong: () => undefined
    })
    this.#socket.on('data', chunk => replies.push(chunk))
    return new SocketWriter(this.#socket, reader, {
      buffers,
      stallMs: 0,
      onStalled: () => undefined,
      onProgress: () => listener.onProgress()
    })
  }

  subscribe(request: SubscribeRequest, sink: LineSink): void {
    const splitter = new LineSplitter(MAX_READ_LINE_BYTES, sink)
    this.#socket.on('data', chunk => splitter.push(chunk))
    this.#socket.write(formatSubscribe(request))
  }

  close(): void {
    if (this.#socket.writableLength === 0) this.#socket.destroySoon()
    else this.#socket.destroy()
  }
}
