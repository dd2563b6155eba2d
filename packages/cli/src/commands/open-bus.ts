import { type BusClient, type ConnectBusOptions, connectBus, findBusSocket } from '@packet-logs/bus'
import type { Io } from '../io.js'
import { type DialectChoice, detectDialect } from './dialect.js'

export interface OpenBusOptions extends Omit<ConnectBusOptions, 'path'> {
  /** Default `auto`: newline-JSON, unless the bus speaks only gRPC. */
  dialect?: DialectChoice
}

/**
 * Connects to the bus that is named, or to the first of the usual sockets that answers.
 *
 * @throws Error that says what to start when there is none.
 */
export async function openBus(io: Io, socket: string | undefined, options: OpenBusOptions = {}): Promise<BusClient> {
  const { dialect = 'auto', ...connection } = options
  const path = await findBusSocket({ env: io.env, ...(socket !== undefined && { socket }) })
  if (path === undefined) throw new Error(missing(socket))
  const spoken = dialect === 'auto' ? await detectDialect(path, options.signal) : dialect
  if (spoken === 'json') return connectBus({ path, ...connection })
  const { connectGrpcBus } = await import('@packet-logs/bus/grpc')
  return connectGrpcBus({ path, ...connection })
}

function missing(socket: string | undefined): string {
  const start = 'start packet-logsd, or a bare bus with: packet-logs bus --socket PATH'
  if (socket !== undefined) return `no bus answers at ${socket}; ${start}`
  return `no bus answers at any of the usual sockets; ${start}, or name its socket with --socket PATH`
}
