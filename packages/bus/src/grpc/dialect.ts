import type { Dialect } from '../dialect.js'
import { GrpcConnection } from './connection.js'
import { reflectionServices } from './definition.js'

/** How much a gRPC client may ask for. */
export interface GrpcDialectOptions {
  /** Calls that one connection may have open, subscriptions among them, default 100; a client waits with further ones. */
  maxStreams?: number
}

/** Of the HTTP/2 preface, `PRI * HTTP/2.0`. */
const PREFACE_BYTE = 0x50

/**
 * Lets a bus also speak gRPC, as `pubservice.PubsubService` of SPR's sprbus, on the same socket: for `dialects` of `listenBus`.
 * @throws RangeError naming the option that is out of range
 */
export function grpcDialect({ maxStreams = 100 }: GrpcDialectOptions = {}): Dialect {
  if (!Number.isInteger(maxStreams) || maxStreams < 1 || maxStreams > 100_000) {
    throw new RangeError(`maxStreams: expected an integer from 1 to 100000, got ${maxStreams}`)
  }
  const settings = { maxStreams, reflection: reflectionServices() }
  return {
    name: 'grpc',
    recognises: firstByte => firstByte === PREFACE_BYTE,
    serve: (socket, host) => new GrpcConnection(socket, host, settings)
  }
}
