export { type TokenFilesOptions, tokenFiles } from './auth/token-files.js'
export { GatewayError, type GatewayErrorCode } from './errors.js'
export { createGateway } from './gateway.js'
export type { GatewayLimits } from './limits.js'
export type {
  Access,
  Authenticate,
  EndpointStats,
  Gateway,
  GatewayOptions,
  GatewayStats,
  Health,
  Listening,
  Login,
  LoginOutcome,
  TcpAddress,
  UnixAddress
} from './options.js'
export type { RecentEvents, RecentPage, RecentQuery } from './recent.js'
