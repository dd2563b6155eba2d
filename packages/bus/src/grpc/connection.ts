import type { Socket } from 'node:net'
import {
  Metadata,
  type MetadataValue,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation
} from '@grpc/grpc-js'
import type { DialectConnection, DialectHost } from '../dialect.js'
import { osCode } from '../errors.js'
import { tooSlow } from '../in-process-subscription.js'
import { HELLO_TOPIC, parseClientLine, type SubscribeRequest } from '../newline-json/line-format.js'
import type { ReaderOptions } from '../reader.js'
import { EMPTY_MESSAGE, type EventMessage, METHODS, SUBSCRIBE_HEADER, toEvent, toMessage } from './definition.js'
import { type EventCall, type EventFormat, EventWriter } from './event-writer.js'
import { type Failure, failureOf } from './status.js'

/** How long a goodbye may take to leave. */
const GOODBYE_MS = 100

type Request = ServerUnaryCall<EventMessage, EventMessage>
type Respond = sendUnaryData<EventMessage>

/** What a connection needs besides its server. */
export interface GrpcConnectionSettings {
  readonly reflection: readonly [ServiceDefinition, UntypedServiceImplementation][]
  /** Calls at a time, subscriptions among them. */
  readonly maxStreams: number
}

/** One client speaking gRPC, and the server that grpc-js makes for it: its handlers know whom they serve, it ends alone. */
export class GrpcConnection implements DialectConnection {
  readonly #host: DialectHost
  readonly #socket: Socket
  readonly #server: Server
  readonly #writers = new Map<EventCall, EventWriter>()
  #isSilent = true
  #isClosing = false

  constructor(socket: Socket, host: DialectHost, { reflection, maxStreams }: GrpcConnectionSettings) {
    this.#host = host
    this.#socket = socket
    // An HTTP/2 client that closes its side is gone.
    socket.allowHalfOpen = false
    socket.once('close', () => {
      if (!this.#isClosing && wasCutOff(socket)) host.counters.cutOff += 1
    })
    this.#server = new Server({
      'grpc.enable_channelz': 0,
      'grpc.max_concurrent_streams': maxStreams,
      'grpc.max_receive_message_length': host.maxLineBytes,
      // Who stands still, or only pretends to speak HTTP/2, does not answer a ping.
      'grpc.keepalive_time_ms': host.stallMs,
      'grpc.keepalive_timeout_ms': host.stallMs
    })
    this.#server.addService(METHODS, {
      Publish: (call: Request, respond: Respond) => this.#publish(call, respond),
      SubscribeTopic: (call: EventCall) => this.#serve(call, () => this.#subscribeTopic(call)),
      // Whatever the request says: sprbus's Subscribe delivers everything.
      Subscribe: (call: EventCall) => this.#serve(call, () => this.#subscribe(call, { prefix: '' }, joined))
    })
    for (const [service, implementation] of reflection) this.#server.addService(service, implementation)
    this.#server.createConnectionInjector(ServerCredentials.createInsecure()).injectConnection(socket)
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
    this.#isClosing = true
    for (const writer of this.#writers.values()) {
      writer.end({ code: status.UNAVAILABLE, details: 'the bus is closing' })
    }
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, GOODBYE_MS)
      this.#server.tryShutdown(() => {
        clearTimeout(timer)
        resolve()
      })
    })
    this.#server.forceShutdown()
  }

  #publish({ request }: Request, respond: Respond): void {
    this.#isSilent = false
    try {
      const { topic, value } = toEvent(request)
      this.#host.publishText(topic, value)
      respond(null, EMPTY_MESSAGE)
    } catch (error) {
      this.#host.counters.refused += 1
      respond(failureOf(error))
    }
  }

  #serve(call: EventCall, open: () => void): void {
    this.#isSilent = false
    try {
      open()
    } catch (error) {
      call.emit('error', failureOf(error))
    }
  }

  #subscribeTopic(call: EventCall): void {
    const { topic: prefix } = toEvent(call.request)
    const { seq = false, ...options } = parseExtensions(call.metadata.get(SUBSCRIBE_HEADER))
    // sprbus compares with `topic:value`, so that a prefix with a colon at its end also means the topic without.
    this.#subscribe(call, { ...options, prefix, withColon: true }, seq ? toMessage : split, seq)
  }

  #subscribe(call: EventCall, options: ReaderOptions, format: EventFormat, sayHello = false): void {
    const { broker, counters, stallMs } = this.#host
    // Its place is taken first: what is published from here on comes after the hello.
    const { position } = broker
    const reader = this.#host.openReader(
      { ...options, dialect: 'grpc' },
      {
        onReadable: () => writer.pump(),
        onOverrun: () => {
          counters.disconnected += 1
          this.#end(call, writer, { code: status.RESOURCE_EXHAUSTED, details: tooSlow().message })
        }
      }
    )
    const writer = new EventWriter(call, reader, {
      format,
      stallMs,
      onStalled: () => {
        counters.stalled += 1
        this.#end(call, writer, { code: status.UNAVAILABLE, details: `nothing was taken for ${stallMs} ms` })
      }
    })
    this.#writers.set(call, writer)
    call.once('close', () => {
      this.#writers.delete(call)
      writer.close()
    })
    // Right away, so that a client knows that it will miss nothing from here on.
    call.sendMetadata(new Metadata())
    if (sayHello) call.write(toMessage({ topic: HELLO_TOPIC, value: JSON.stringify(position) }))
    writer.pump()
  }

  /** Ends a call whose client is slow. What is written already waits for it, in our memory, and for no longer than once more. */
  #end(call: EventCall, writer: EventWriter, failure: Failure): void {
    writer.end(failure)
    const timer = setTimeout(() => this.#socket.destroy(), this.#host.stallMs).unref()
    call.once('close', () => clearTimeout(timer))
  }
}

/** Whether HTTP/2 ended a connection: over a violation, or a ping without an answer. Else its client ended or broke it. */
function wasCutOff({ errored, readableEnded }: Socket): boolean {
  return errored ? (osCode(errored)?.startsWith('ERR_HTTP2') ?? false) : !readableEnded
}

/** For SubscribeTopic: topic and value as they were published. */
const split: EventFormat = ({ topic, value }) => toMessage({ topic, value })

/** For Subscribe: `topic:value` as the value of a message without a topic. */
const joined: EventFormat = ({ topic, value }) => toMessage({ topic: '', value: `${topic}:${value}` })

/** @throws TypeError */
function parseExtensions([header]: readonly MetadataValue[]): Omit<SubscribeRequest, 'prefix'> {
  if (header === undefined) return {}
  const line = parseClientLine(String(header))
  if (line.kind === 'subscribe') return line.request
  throw new TypeError(`${SUBSCRIBE_HEADER} is no subscribe line`)
}
