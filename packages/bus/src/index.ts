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
export type { ConnectionCounters, Dialect, DialectConnection, DialectHost } from './dialect.js'
export { BusError, type BusErrorCode } from './errors.js'
export type { BusEvent, LineBatch, Publisher, SubscribeOptions, Subscription } from './event.js'
export type { FilterCompiler } from './filter.js'
export { type Gap, type GapPlace, parseGap, type UpstreamLoss } from './gap.js'
export { createBusClient } from './in-process-client.js'
export type { LineRun } from './log/line-run.js'
export type { TopicCount } from './log/ring-log.js'
export type {
  BusPosition,
  Reader,
  ReaderListener,
  ReaderOptions,
  SharedEvent,
  SlowReaderPolicy
} from './reader.js'
export {
  type BusServer,
  type BusServerStats,
  type BusServerStatus,
  type ListenBusOptions,
  listenBus
} from './server.js'
export type { AccountId } from './socket-owner.js'
export type { BusStats, ReaderStats } from './stats.js'
