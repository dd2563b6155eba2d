import { onTestFinished } from 'vitest'
import { connectGrpcBus, grpcDialect } from '../../src/grpc/index.js'
import {
  type BrokerOptions,
  type BusClient,
  type BusServer,
  connectBus,
  createBroker,
  createBusClient,
  listenBus
} from '../../src/index.js'
import { describeTransport, type Transport } from '../contract/transport-contract.js'
import { temporarySocketPath } from './temporary-path.js'

describeTransport(
  'the broker',
  async options => {
    const broker = createBroker(options)
    return { publisher: broker, broker, subscribe: async (prefix, how) => broker.subscribe(prefix, how) }
  },
  { isDirect: true }
)

describeTransport(
  'the in-process client',
  async options => {
    const broker = createBroker(options)
    const client = createBusClient(broker)
    return { publisher: client, broker, subscribe: async (prefix, how) => client.subscribe(prefix, how) }
  },
  { isDirect: true }
)

describeTransport('the newline-JSON client', options => overSocket(options, path => connectBus({ path })))

describeTransport('the gRPC client', options => overSocket(options, path => connectGrpcBus({ path })), {
  passesLines: false,
  publishesByCalls: true
})

/** A server, and a client of whatever dialect on its socket. */
async function overSocket(
  options: BrokerOptions,
  connect: (path: string, server: BusServer) => Promise<BusClient>
): Promise<Transport> {
  const server = await listenBus({ path: temporarySocketPath(), dialects: [grpcDialect()], ...options })
  const client = await connect(server.path, server)
  onTestFinished(async () => {
    await client.close()
    await server.close()
  })
  const subscribe: Transport['subscribe'] = async (prefix, how) => {
    const subscription = client.subscribe(prefix, how)
    await subscription.ready
    return subscription
  }
  return { publisher: client, broker: server.broker, subscribe }
}
