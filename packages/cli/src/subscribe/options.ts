import type { DialectChoice } from '../commands/dialect.js'

/** What `packet-logs subscribe` was asked for. */
export interface SubscribeOptions {
  /** Beginnings of topics; none means every topic. */
  prefixes: readonly string[]
  /** Beginnings of topics to leave out. */
  exclude: readonly string[]
  match: readonly string[]
  filter?: string
  replay?: number
  gaps?: true
  socket?: string
  dialect: DialectChoice
  reconnect: boolean
  json?: true
  plain?: true
  /** Seconds, 0 for never. */
  timeout: number
  /** A file to read events from. */
  file?: string
  /** A file to write events to, too. */
  output?: string
}
