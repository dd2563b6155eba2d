import { resolve as resolvePath } from 'node:path'
import {
  Client,
  connectivityState,
  credentials,
  Metadata,
  type ServiceError,
  type StatusObject,
  status
} from '@grpc/grpc-js'
import type { Connection, LineWriter, LineWriterListener, OpenConnection } from '../client/connection.js'
import { connectError } from '../client/open-socket.js'
import { type BusClient, type ConnectBusOptions, connectDialect } from '../client.js'
import { BusError } from '../errors.js'
import { ERROR_TOPIC, formatLine, formatSubscribe, type SubscribeRequest } from '../newline-json/line-format.js'
import type { LineSink } from '../newline-json/line-splitter.js'
import type { Reader } from '../reader.js'
import { EMPTY_MESSAGE, type EventMessage, HELLO, METHODS, SUBSCRIBE_HEADER, toEvent, toMessage } from './definition.js'
import { EventPublisher, type PublishChannel } from './event-publisher.js'

/** Every connection is one of its own, and ends when it breaks: when to come back is decided elsewhere. */
const CHANNEL_OPTIONS = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.client_idle_timeout_ms': 2 ** 31 - 1,
  // A bus that waits for its slowest reader should not wait for a round trip.
  'grpc-node.flow_control_window': 1024 * 1024
}

/**
 * Connects to a bus over gRPC: ours, or SPR's first sprbus. Where the bus speaks newline-JSON, too, `connectBus` is far better
 * for many events: here each takes a call of its own.
 * @throws TypeError, RangeError; BusError `BUS_CONNECT`; `signal.reason`
 */
export function connectGrpcBus(options: ConnectBusOptions): Promise<BusClient> {
  return connectDialect(options, openGrpc)
}

const openGrpc: OpenConnection = ({ path, timeoutMs }, signal) => {
  signal?.throwIfAborted()
  const client = new Client(`unix:${resolvePath(path)}`, credentials.createInsecure(), CHANNEL_OPTIONS)
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + timeoutMs }
    const hello = client.makeUnaryRequest(
      HELLO.path,
      HELLO.requestSerialize,
      HELLO.responseDeserialize,
      EMPTY_MESSAGE,
      new Metadata(),
      options,
      error => {
        signal?.removeEventListener('abort', onAbort)
        if (error === null || error.code === status.UNIMPLEMENTED) {
          resolve(new GrpcClientConnection(client))
          return
        }
        client.close()
        reject(signal?.aborted ? (signal.reason as Error) : failureToConnect(path, error))
      }
    )
    const onAbort = (): void => hello.cancel()
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

function failureToConnect(path: string, cause: ServiceError): BusError {
  // All that grpc-js tells of the operating system's error is its text.
  const code = /connect (E[A-Z]+)/.exec(cause.details)?.[1]
  if (code !== undefined) return connectError(path, cause, code)
  const message = `What listens at ${path} does not speak gRPC (${cause.details}); use connectBus, or start a bus that serves both.`
  return new BusError('BUS_CONNECT', message, { path, cause })
}

/** A channel of grpc-js from when it is ready until it is not any more. */
class GrpcClientConnection implements Connection, PublishChannel {
  readonly ended: Promise<{ error?: unknown }>
  /** What is under way is written by grpc-js at once, and counted as in flight. */
  readonly queuedBytes = 0
  readonly #client: Client
  readonly #calls = new Set<{ cancel(): void }>()
  #resolveEnded: (cause: { error?: unknown }) => void = () => undefined
  #isOver = false

  constructor(client: Client) {
    this.#client = client
    this.ended = new Promise(resolve => {
      this.#resolveEnded = resolve
    })
    const channel = client.getChannel()
    channel.watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => this.close())
    if (channel.getConnectivityState(false) !== connectivityState.READY) this.close()
  }

  openWriter(reader: Reader, listener: LineWriterListener): LineWriter {
    return new EventPublisher(this, reader, listener)
  }

  publish(message: EventMessage, onAnswer: (error: ServiceError | null) => void): void {
    if (this.#isOver) return
    const { path, requestSerialize, responseDeserialize } = METHODS.Publish
    const call = this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, error => {
      this.#calls.delete(call)
      if (!this.#isOver) onAnswer(error)
    })
    this.#calls.add(call)
  }

  subscribe(request: SubscribeRequest, sink: LineSink): void {
    if (this.#isOver) return
    const metadata = new Metadata()
    metadata.set(SUBSCRIBE_HEADER, escapeToAscii(formatSubscribe(request).trim()))
    const { path, requestSerialize, responseDeserialize } = METHODS.SubscribeTopic
    const wanted = toMessage({ topic: request.prefix, value: '' })
    const call = this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, wanted, metadata)
    this.#calls.add(call)
    call.on('data', (message: EventMessage) => passOn(message, sink))
    // 'status' follows, or has come already.
    call.on('error', () => undefined)
    call.once('status', ({ code, details }: StatusObject) => {
      // Such a call would fail again.
      if (code === status.INVALID_ARGUMENT || code === status.RESOURCE_EXHAUSTED) {
        sink.lines(Buffer.from(formatLine(ERROR_TOPIC, `connection closed: ${details}`)))
      }
      this.close()
    })
  }

  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const call of this.#calls) call.cancel()
    this.#client.close()
    this.#resolveEnded({})
  }
}

function passOn(message: EventMessage, sink: LineSink): void {
  try {
    const { topic, value, seq } = toEvent(message)
    const line = formatLine(topic, value)
    sink.lines(Buffer.from(seq === undefined ? line : `{"seq":${seq},${line.slice(1)}`))
  } catch {
    sink.overlong()
  }
}

/** Header values are printable ASCII. */
function escapeToAscii(json: string): string {
  return json.replaceAll(/[^ -~]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
