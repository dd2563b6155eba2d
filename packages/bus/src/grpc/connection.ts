import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream
} from 'node:http2'
import type { Socket } from 'node:net'
import type { DialectConnection, DialectHost } from '../dialect.js'
import { HELLO_TOPIC, parseClientLine, type SubscribeRequest } from '../newline-json/line-format.js'
import type { ReaderOptions } from '../reader.js'
import { CONTROL_PREFIX } from '../topic-pattern.js'
import type { EventFormats } from './event-formats.js'
import { type EventFormat, EventWriter } from './event-writer.js'
import { FrameSplitter } from './frame-splitter.js'
import { EMPTY_FRAME, formatEvent, formatFrame, parseEventMessage } from './message.js'
import { HELLO, PUBLISH, REFLECTION, SUBSCRIBE, SUBSCRIBE_HEADER, SUBSCRIBE_TOPIC } from './methods.js'
import { reflect } from './reflection.js'
import {
  type GrpcStatus,
  GrpcStatusError,
  INVALID_ARGUMENT,
  OK,
  RESOURCE_EXHAUSTED,
  statusOf,
  statusTrailers,
  UNAVAILABLE,
  UNIMPLEMENTED
} from './status.js'

const HEADERS = { ':status': 200, 'content-type': 'application/grpc+proto', 'grpc-accept-encoding': 'identity' }
const OK_STATUS: GrpcStatus = { code: OK, message: '' }

/** Longest request of the reflection service, which asks for names. */
const MAX_REFLECTION_BYTES = 16 * 1024

/** Header bytes and fields of a call: gRPC's own take about 200 bytes in eight fields. */
const MAX_HEADER_BYTES = 16 * 1024
const MAX_HEADER_PAIRS = 64

/** How many frames that are none a client may send. */
const MAX_INVALID_FRAMES = 10

/** What one client's half-received messages may take, in longest messages. */
const MAX_HELD_MESSAGES = 16

/** How long a goodbye may take to leave. */
const GOODBYE_MS = 100

/** What a connection needs besides its server. */
export interface GrpcConnectionSettings {
  readonly formats: EventFormats
  /** Calls at a time, subscriptions among them. */
  readonly maxStreams: number
}

/** One client speaking gRPC: any number of calls, each on a stream of its own. */
export class GrpcConnection implements DialectConnection {
  readonly #host: DialectHost
  readonly #formats: EventFormats
  readonly #session: ServerHttp2Session
  readonly #writers = new Map<ServerHttp2Stream, EventWriter>()
  readonly #watch: NodeJS.Timeout
  #heldBytes = 0
  #isSilent = true
  /** Whether the client owes us a frame: its first, or the answer to a ping. */
  #isExpected = true

  constructor(socket: Socket, host: DialectHost, { formats, maxStreams }: GrpcConnectionSettings) {
    this.#host = host
    this.#formats = formats
    // An HTTP/2 client that closes its side is gone.
    socket.allowHalfOpen = false
    const limits = {
      maxHeaderListPairs: MAX_HEADER_PAIRS,
      maxSessionInvalidFrames: MAX_INVALID_FRAMES,
      settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: MAX_HEADER_BYTES }
    }
    this.#session = performServerHandshake(socket, limits)
    this.#watch = setInterval(() => this.#checkLife(), host.stallMs).unref()
    this.#session.once('remoteSettings', () => {
      this.#isExpected = false
    })
    this.#session.on('stream', (stream, headers) => this.#serve(stream, headers))
    this.#session.once('error', (error: Error) => {
      if (isProtocolError(error)) this.#host.counters.cutOff += 1
    })
    this.#session.once('close', () => this.#onClose())
  }

  get isSilent(): boolean {
    return this.#isSilent
  }

  /** Resolves when the kernel has everything that was published so far. */
  async flush(): Promise<void> {
    await Promise.all([...this.#writers.values()].map(writer => writer.flush()))
  }

  /** Ends every call with a status and says that there will be no more. */
  async close(): Promise<void> {
    for (const [stream, writer] of this.#writers) {
      writer.close()
      stream.end()
    }
    if (this.#session.destroyed) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, GOODBYE_MS)
      this.#session.close(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    this.#isSilent = false
    // A client may reset a call at any time; 'close' follows and cleans up.
    stream.on('error', () => undefined)
    if (isOver(stream)) return
    if (headers[':method'] !== 'POST' || !headers['content-type']?.startsWith('application/grpc')) {
      stream.respond({ ':status': 415 }, { endStream: true })
      stopUpload(stream)
      return
    }
    switch (headers[':path']) {
      case PUBLISH:
        this.#receiveOne(stream, message => this.#publish(stream, message))
        break
      case SUBSCRIBE_TOPIC:
        this.#receiveOne(stream, message => this.#subscribeTopic(stream, headers[SUBSCRIBE_HEADER], message))
        break
      case SUBSCRIBE:
        // Whatever the request says: sprbus's Subscribe delivers everything.
        this.#receiveOne(stream, () => this.#subscribe(stream, { prefix: '' }, this.#formats.joined))
        break
      case HELLO:
        this.#receiveOne(stream, () => answer(stream))
        break
      case REFLECTION.v1:
      case REFLECTION.v1alpha:
        this.#reflect(stream)
        break
      default:
        refuse(stream, { code: UNIMPLEMENTED, message: `there is no method ${headers[':path']}` })
    }
  }

  #publish(stream: ServerHttp2Stream, message: Buffer): void {
    try {
      const { topic, value } = parseEventMessage(message)
      this.#host.publishText(topic, value)
    } catch (error) {
      this.#host.counters.refused += 1
      throw error
    }
    answer(stream)
  }

  #subscribeTopic(stream: ServerHttp2Stream, header: string | string[] | undefined, message: Buffer): void {
    const { topic: prefix } = parseEventMessage(message)
    const { seq = false, ...options } = parseExtensions(header)
    const format = seq ? this.#formats.numbered : this.#formats.split
    if (!prefix.endsWith(':')) {
      this.#subscribe(stream, { ...options, prefix }, format, seq)
      return
    }
    // sprbus compares with `topic:value`, so that a prefix with a colon at its end also means the topic without.
    const exact = prefix.slice(0, -1)
    const wanted: EventFormat = event => {
      const { topic } = event
      return topic === exact || topic.startsWith(prefix) || topic.startsWith(CONTROL_PREFIX) ? format(event) : undefined
    }
    this.#subscribe(stream, { ...options, prefix: exact }, wanted, seq)
  }

  #subscribe(stream: ServerHttp2Stream, options: ReaderOptions, format: EventFormat, sayHello = false): void {
    if (isOver(stream)) return
    const reader = this.#host.openReader(
      { ...options, dialect: 'grpc' },
      {
        onReadable: () => writer.pump(),
        onOverrun: () => {
          status = { code: RESOURCE_EXHAUSTED, message: 'the reader was too slow and lost events' }
          writer.close()
          stream.end()
        }
      }
    )
    let status: GrpcStatus = { code: UNAVAILABLE, message: 'the bus is closing' }
    const writer = new EventWriter(stream, reader, format)
    this.#writers.set(stream, writer)
    stream.once('close', () => {
      this.#writers.delete(stream)
      writer.close()
    })
    // Right away, so that a client knows that it will miss nothing from here on.
    stream.respond(HEADERS, { waitForTrailers: true })
    stream.once('wantTrailers', () => endWith(stream, status))
    if (sayHello) stream.write(formatEvent(HELLO_TOPIC, JSON.stringify(this.#host.broker.position)))
    writer.pump()
  }

  #reflect(stream: ServerHttp2Stream): void {
    const splitter = new FrameSplitter(MAX_REFLECTION_BYTES)
    let status = OK_STATUS
    stream.respond(HEADERS, { waitForTrailers: true })
    stream.once('wantTrailers', () => endWith(stream, status))
    stream.on('drain', () => stream.resume())
    stream.on('data', (chunk: Buffer) => {
      if (stream.writableEnded) return
      try {
        const answers = splitter.push(chunk).map(request => formatFrame(reflect(request)))
        if (answers.length > 0 && !stream.write(Buffer.concat(answers))) stream.pause()
      } catch (error) {
        status = statusOf(error)
        stream.end()
        stopUpload(stream)
      }
    })
    stream.once('end', () => stream.end())
  }

  /** Hands over the first message of a call; what comes after it is no business of these methods. */
  #receiveOne(stream: ServerHttp2Stream, handle: (message: Buffer) => void): void {
    const splitter = new FrameSplitter(this.#host.maxLineBytes)
    let heldBytes = 0
    let isSettled = false
    const hold = (bytes: number): void => {
      this.#heldBytes += bytes - heldBytes
      heldBytes = bytes
    }
    const settle = (act: () => void): void => {
      isSettled = true
      hold(0)
      try {
        act()
      } catch (error) {
        refuse(stream, statusOf(error))
      }
    }
    stream.on('data', (chunk: Buffer) => {
      if (isSettled) return
      try {
        const [message] = splitter.push(chunk)
        if (message !== undefined) settle(() => handle(message))
        else hold(splitter.heldBytes)
      } catch (error) {
        settle(() => refuse(stream, statusOf(error)))
      }
      if (this.#heldBytes > MAX_HELD_MESSAGES * this.#host.maxLineBytes && !isSettled) {
        settle(() => refuse(stream, { code: RESOURCE_EXHAUSTED, message: 'too many messages are on their way' }))
      }
    })
    stream.once('end', () => {
      if (!isSettled) settle(() => refuse(stream, { code: INVALID_ARGUMENT, message: 'the call carries no message' }))
    })
    stream.once('close', () => hold(0))
  }

  #checkLife(): void {
    if (this.#session.destroyed) return
    if (this.#isExpected) {
      this.#host.counters.cutOff += 1
      this.#session.destroy()
      return
    }
    const someStalled = this.#removeStalled()
    if (this.#writers.size > 0 && !someStalled) return
    // Who stalls one call may be well otherwise. And after a violation of the protocol nghttp2 only reads into the void.
    this.#isExpected = true
    this.#session.ping(() => {
      this.#isExpected = false
    })
  }

  #removeStalled(): boolean {
    let someStalled = false
    for (const [stream, writer] of this.#writers) {
      if (!writer.checkStalled()) continue
      someStalled = true
      this.#host.counters.stalled += 1
      writer.close()
      stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    }
    return someStalled
  }

  #onClose(): void {
    clearInterval(this.#watch)
    for (const writer of this.#writers.values()) writer.close()
    this.#writers.clear()
  }
}

/** @throws GrpcStatusError INVALID_ARGUMENT */
function parseExtensions(header: string | string[] | undefined): Omit<SubscribeRequest, 'prefix'> {
  if (header === undefined) return {}
  const line = parseClientLine(String(header))
  if (line.kind === 'subscribe') return line.request
  throw new GrpcStatusError(INVALID_ARGUMENT, `${SUBSCRIBE_HEADER} is no subscribe line`)
}

/** Ends a call that was a success with the one empty message that sprbus answers with. */
function answer(stream: ServerHttp2Stream): void {
  if (isOver(stream)) return
  stream.respond(HEADERS, { waitForTrailers: true })
  stream.once('wantTrailers', () => endWith(stream, OK_STATUS))
  stream.end(EMPTY_FRAME)
}

/** Ends a call that was not answered yet. */
function refuse(stream: ServerHttp2Stream, status: GrpcStatus): void {
  if (isOver(stream) || stream.headersSent) return
  stream.respond({ ...HEADERS, ...statusTrailers(status) }, { endStream: true })
  stopUpload(stream)
}

function endWith(stream: ServerHttp2Stream, status: GrpcStatus): void {
  if (!isOver(stream)) stream.sendTrailers(statusTrailers(status))
}

/** Whether the client has given up a call; its events may come later. Node throws at whoever answers such a call. */
function isOver(stream: ServerHttp2Stream): boolean {
  return stream.destroyed || stream.closed
}

/** Lets a client stop sending what nobody wants. */
function stopUpload(stream: ServerHttp2Stream): void {
  stream.resume()
  stream.close(constants.NGHTTP2_NO_ERROR)
}

function isProtocolError(error: Error & { code?: string }): boolean {
  return error.code?.startsWith('ERR_HTTP2') === true
}
