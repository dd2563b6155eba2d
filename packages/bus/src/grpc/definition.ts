import { isUtf8 } from 'node:buffer'
import { type MethodDefinition, Server, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js'
import { fromJSON, type MessageTypeDefinition } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'
import type { BusEvent } from '../event.js'

const stream = { requestType: 'String', responseType: 'String', responseStream: true }

/** The service of SPR's sprbus, as reflection tells of it. */
const sprbus = fromJSON({
  nested: {
    pubservice: {
      nested: {
        String: { fields: { topic: { type: 'string', id: 1 }, value: { type: 'string', id: 2 } } },
        PubsubService: {
          methods: {
            Publish: { requestType: 'String', responseType: 'String', comment: 'Publishes an event.' },
            SubscribeTopic: { ...stream, comment: 'The events of a prefix.' },
            Subscribe: { ...stream, comment: 'All events, each as `topic:value` in its value.' }
          }
        }
      }
    }
  }
})

/**
 * The same message as it is written and read here: as bytes, because protobufjs neither refuses text that is not UTF-8 nor
 * always writes UTF-8. `seq` is not in sprbus's message; only readers that asked for numbers get it.
 */
export interface EventMessage {
  readonly topic: Uint8Array
  readonly value: Uint8Array
  /** Absent or 0 when there is none. */
  readonly seq?: number
}

type EventMethod = MethodDefinition<EventMessage, EventMessage>

const text = { topic: { type: 'bytes', id: 1 }, value: { type: 'bytes', id: 2 } }
const messages = fromJSON(
  { nested: { Request: { fields: text }, Event: { fields: { ...text, seq: { type: 'uint64', id: 3 } } } } },
  { defaults: true, longs: Number }
)
const request = messages['Request'] as MessageTypeDefinition<EventMessage, EventMessage>
const event = messages['Event'] as MessageTypeDefinition<EventMessage, EventMessage>

function method(path: string, responseStream: boolean): EventMethod {
  return {
    path,
    requestStream: false,
    responseStream,
    requestSerialize: request.serialize,
    requestDeserialize: request.deserialize,
    responseSerialize: event.serialize,
    responseDeserialize: event.deserialize
  }
}

/** What a bus serves besides reflection. */
export const METHODS: Readonly<Record<'Publish' | 'SubscribeTopic' | 'Subscribe', EventMethod>> = {
  Publish: method('/pubservice.PubsubService/Publish', false),
  SubscribeTopic: method('/pubservice.PubsubService/SubscribeTopic', true),
  Subscribe: method('/pubservice.PubsubService/Subscribe', true)
}

/** What our client asks first: no bus knows the method, and one that speaks gRPC says so. */
export const HELLO: EventMethod = method('/packet_logs.Bus/Hello', false)

/** What sprbus answers with. */
export const EMPTY_MESSAGE: EventMessage = { topic: Buffer.alloc(0), value: Buffer.alloc(0) }

/** The header in which a SubscribeTopic carries what it asks for beyond sprbus, as a subscribe line of newline-JSON. */
export const SUBSCRIBE_HEADER = 'packet-logs-subscribe'

export function toMessage({ topic, value, seq = 0 }: BusEvent): EventMessage {
  const message = { topic: Buffer.from(topic), value: Buffer.from(value) }
  return seq === 0 ? message : { ...message, seq }
}

/** @throws TypeError for text that is not UTF-8 */
export function toEvent({ topic, value, seq = 0 }: EventMessage): BusEvent {
  const texts = { topic: textOf('topic', topic), value: textOf('value', value) }
  return seq === 0 ? texts : { ...texts, seq }
}

function textOf(name: string, bytes: Uint8Array): string {
  // A replacement character in its place would be another text than the one that was published.
  if (!isUtf8(bytes)) throw new TypeError(`${name} is not valid UTF-8`)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}

/** Takes services without serving them, because reading the ones of reflection takes milliseconds: too long for each connection. */
class ServiceCollector extends Server {
  readonly services: [ServiceDefinition, UntypedServiceImplementation][] = []

  override addService(service: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    this.services.push([service, implementation])
  }
}

/** The services that tell tools like grpcurl what the bus serves. */
export function reflectionServices(): readonly [ServiceDefinition, UntypedServiceImplementation][] {
  const collector = new ServiceCollector({ 'grpc.enable_channelz': 0 })
  new ReflectionService(sprbus).addToServer(collector)
  return collector.services
}
