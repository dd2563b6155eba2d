import type { BusClient } from '@packet-logs/bus'
import type { Notice } from '@packet-logs/rules'
import type { ActionStats } from '@packet-logs/rules/actions'
import type { RuleFiles } from '@packet-logs/rules/files'
import type { Registry } from 'prom-client'
import type { GatewayError } from './errors.js'
import type { GatewayLimits } from './limits.js'
import type { RecentEvents } from './recent.js'

/** What a token may do. */
export interface Access {
  /** Whose it is, for people. */
  readonly name?: string
  /** Paths it is limited to, with all below them; absent: it may do everything. WebSockets take only tokens that may. */
  readonly paths?: readonly string[]
}

/** Tells what a token may do; `undefined` when it is none. Takes as long for a wrong one as for a right one. */
export type Authenticate = (token: string) => Access | undefined | Promise<Access | undefined>

/** How a password login ended; `otp`: the one-time password is missing or wrong. */
export type LoginOutcome = 'success' | 'failure' | 'otp'

/** Decides about `user:password` or `user:password:otp` in the first frame of SPR's WebSockets. */
export type Login = (user: string, password: string, otp: string | undefined) => LoginOutcome | Promise<LoginOutcome>

/** How the service is doing. */
export interface Health {
  /** Whether it does its work; if not, `/health` answers 503, and whoever supervises it may restart it. */
  readonly ok: boolean
  /** Whether something wants somebody's attention that a restart would not mend. Default false. */
  readonly degraded?: boolean
  /** Whatever else there is to say, as JSON. */
  readonly [detail: string]: unknown
}

/** What a gateway is made of; all but the bus may be left out. */
export interface GatewayOptions {
  /** Where events come from. */
  readonly bus: BusClient
  /** Rule files to show and edit; absent: their routes answer 404. */
  readonly rules?: RuleFiles
  /** What answers for events that passed; default: the bus's own replay. */
  readonly recent?: RecentEvents
  /** Who may come in over TCP; without it nobody may, beyond `/health`. {@link tokenFiles} makes one from files. */
  readonly authenticate?: Authenticate
  /** Password logins in SPR's handshake; absent: `Authentication failure`. */
  readonly login?: Login
  /** Metrics served at `/metrics` beside the gateway's own. */
  readonly metrics?: readonly Registry[]
  /** What `/health` tells; default `{ ok: true }`. */
  readonly health?: () => Health | Promise<Health>
  /** How the rules' actions are doing. */
  readonly actions?: () => readonly ActionStats[]
  /** Origins of other web pages that may use this gateway, `https://spr.example`; those of its own host always may. */
  readonly origins?: readonly string[]
  /** Take the client's address from the last entry of `X-Forwarded-For` when the connection comes from this machine; default `false`. */
  readonly trustForwardedFor?: boolean
  readonly limits?: Partial<GatewayLimits>
  /** Hears of files that can no longer be used while the gateway goes on: a certificate that does not fit, a token file anyone may read. */
  readonly onProblem?: (error: GatewayError) => void
}

/** A TCP port. */
export interface TcpAddress {
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** 0: any free one. */
  readonly port: number
  /** Paths of PEM files, read again when they change. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** A unix socket. */
export interface UnixAddress {
  /** Its directory must be there; a stale socket is replaced, a live one never. */
  readonly path: string
  /** Who may connect may do everything; default `0o600`. */
  readonly mode?: number
  /** Ask for tokens all the same; default `false`. */
  readonly tokens?: boolean
}

/** A place the gateway listens at. */
export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:8080`, or `unix:/run/packet-logs/api.sock`. */
  readonly url: string
  /** Lets go of it; what is under way is given a moment. Safe to call twice. */
  close(): Promise<void>
}

/** How the readers of one endpoint are doing. */
export interface EndpointStats {
  /** Logged in, now. */
  readonly clients: number
  /** Frames handed to their sockets. */
  readonly sent: number
  /** Frames left out, and events the bus let go of, because clients were too slow. */
  readonly dropped: number
}

/** What a gateway has done so far. */
export interface GatewayStats {
  readonly ws: EndpointStats
  readonly wsEventsAll: EndpointStats
  readonly wsEvents: EndpointStats
  /** WebSockets that have not logged in yet. */
  readonly pending: number
  /** Tokens and passwords that were wrong. */
  readonly authFailures: number
  /** Requests and logins turned away unheard, because too many failed from the same place or too many were pending. */
  readonly turnedAway: number
}

/** WebSocket and HTTP API over a bus. */
export interface Gateway extends AsyncDisposable {
  readonly stats: GatewayStats
  /** Sends to every client of `/ws`, and as SPR does to those of `/ws_events_all`; never waits, drops are counted. */
  notify(notice: Notice): void
  /** @throws GatewayError `GATEWAY_LISTEN`, `GATEWAY_SOCKET_IN_USE`, `GATEWAY_TLS`, `GATEWAY_CLOSED` */
  listen(where: TcpAddress | UnixAddress): Promise<Listening>
  /** The HTTP part alone, tokens and all, for a server of your own and for tests. */
  readonly fetch: (request: Request) => Response | Promise<Response>
  /** Ends everything it listens at and every client. The bus stays open. Safe to call twice. */
  close(): Promise<void>
}
