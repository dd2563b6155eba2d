import type { ClientDialect } from '../client/client-dialect.js'
import { type BusClient, type ConnectBusOptions, connectDialect } from '../client.js'
import { BusError } from '../errors.js'
import { EventPublisher } from './event-publisher.js'
import { streamEvents } from './event-stream.js'
import { GrpcSession } from './session.js'

/**
 * Connects to a bus over gRPC: ours, or SPR's first sprbus. Where the bus speaks newline-JSON, too, `connectBus` is far better
 * for many events: here each takes a call of its own.
 * @throws TypeError, RangeError; BusError `BUS_CONNECT`; `signal.reason`
 */
export function connectGrpcBus(options: ConnectBusOptions): Promise<BusClient> {
  return connectDialect(options, grpcClient)
}

const grpcClient: ClientDialect = {
  probe: async (socket, { path, timeoutMs, signal }) => {
    const giveUp = (): void => {
      socket.destroy()
    }
    const timer = setTimeout(giveUp, timeoutMs)
    signal?.addEventListener('abort', giveUp, { once: true })
    const isOurs = await new GrpcSession(socket).hello()
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
    socket.destroy()
    signal?.throwIfAborted()
    if (isOurs !== undefined) return
    const message = `What listens at ${path} does not speak gRPC; use connectBus, or start a bus that serves both.`
    throw new BusError('BUS_CONNECT', message, { path })
  },
  openWriter: (socket, reader, listener) => new EventPublisher(socket, reader, listener),
  subscribe: streamEvents
}
