export { type Broker, type BrokerOptions, type BrokerStats, createBroker } from './broker.js'
export {
  type BusRole,
  busCandidates,
  chooseBusRole,
  defaultBusPath,
  type FindBusOptions,
  findBusSocket
} from './bus-location.js'
export type { BackoffOptions } from './client/backoff.js'
export type { BusConnection, BusStatus } from './client/status.js'
export {
  type BusClient,
  type BusClientStats,
  type ClientSubscribeOptions,
  type ConnectBusOptions,
  connectBus
} from './client.js'
export { BusError, type BusErrorCode } from './errors.js'
export type { BusEvent, LineBatch, Publisher, SubscribeOptions, Subscription } from './event.js'
export type { Cursor, LineRun } from './log/cursor.js'
export { type BusServer, type BusServerStats, type ListenBusOptions, listenBus } from './server.js'
