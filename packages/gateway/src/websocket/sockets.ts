import type { IncomingMessage } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { BusClient } from '@packet-logs/bus'
import type { Notice } from '@packet-logs/rules'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Door } from '../auth/door.js'
import type { OriginPolicy } from '../auth/same-origin.js'
import { bearerOf, retryAfter, TOO_MANY_FAILURES, WRONG_HOST, WRONG_ORIGIN } from '../http-app.js'
import type { GatewayLimits } from '../limits.js'
import type { GatewayStats } from '../options.js'
import { isRebindable, type Way } from '../place.js'
import { Broadcast } from './broadcast.js'
import { closeSocket, GOING_AWAY, PROTOCOL_ERROR } from './closing.js'
import { EventsSession, type SessionHost } from './events-session.js'
import { Outlet, type OutletCounters } from './outlet.js'
import { awaitSprLogin } from './spr-login.js'
import { formatNotice, formatWildcard, isSentTwice } from './spr-message.js'
import { WildcardFeed } from './wildcard-feed.js'

/** Longest frame a client may send; the longest filter and pattern fit. */
const MAX_FRAME_BYTES = 32 * 1024
/** Longest frame of those who may send nothing but a login. */
const MAX_LOGIN_BYTES = 8 * 1024
/** What the sockets are given. */
export interface SocketsOptions {
  readonly bus: BusClient
  readonly door: Door
  readonly origins: OriginPolicy
  readonly limits: GatewayLimits
}

type Endpoint = '/ws' | '/ws_events_all' | '/ws/events'

/** Every WebSocket of a gateway, from the handshake on. */
export class Sockets {
  readonly #options: SocketsOptions
  readonly #notices = new Broadcast()
  readonly #wildcard = new Broadcast()
  readonly #sessions = new Set<EventsSession>()
  readonly #sessionCounters: OutletCounters = { sent: 0, dropped: 0 }
  readonly #outlets = new Set<Outlet>()
  readonly #feed: WildcardFeed
  readonly #sprServer = webSocketServer(MAX_LOGIN_BYTES)
  readonly #eventsServer = webSocketServer(MAX_FRAME_BYTES)
  readonly #heart: NodeJS.Timeout
  #pending = 0
  #turnedAway = 0

  constructor(options: SocketsOptions) {
    this.#options = options
    this.#feed = new WildcardFeed(options.bus, {
      event: ({ topic, value }) => {
        for (const frame of formatWildcard(topic, value)) this.#wildcard.send(frame)
      },
      dropped: count => {
        this.#wildcard.counters.dropped += count
      },
      over: () => this.#wildcard.close(GOING_AWAY, 'the bus is closed')
    })
    this.#heart = setInterval(() => {
      for (const outlet of this.#outlets) outlet.beat()
    }, options.limits.pingMs).unref()
  }

  get stats(): Omit<GatewayStats, 'authFailures'> {
    return {
      ws: { clients: this.#notices.size, ...this.#notices.counters },
      wsEventsAll: { clients: this.#wildcard.size, ...this.#wildcard.counters },
      wsEvents: { clients: this.#sessions.size, ...this.#sessionCounters },
      pending: this.#pending,
      turnedAway: this.#turnedAway
    }
  }

  notify(notice: Notice): void {
    const isForWildcard = notice.notification && !isSentTwice(notice.topic) && this.#wildcard.size > 0
    if (this.#notices.size > 0 || isForWildcard) {
      const frame = formatNotice(notice)
      this.#notices.send(frame)
      // Of what SPR's API makes notifications of they hear from the bus already.
      if (isForWildcard) this.#wildcard.send(frame)
    }
    for (const session of this.#sessions) session.notify(notice)
  }

  /** Takes a request to upgrade, or answers why not. */
  upgrade(request: IncomingMessage, raw: Duplex, head: Buffer, way: Way, onOpen: (socket: WebSocket) => void): void {
    raw.on('error', () => raw.destroy())
    this.#admit(request, raw, head, way, onOpen).catch(() => refuse(raw, 500, 'The gateway failed over this request.'))
  }

  close(): void {
    clearInterval(this.#heart)
    this.#feed.stop()
    this.#sprServer.close()
    this.#eventsServer.close()
  }

  async #admit(
    request: IncomingMessage,
    raw: Duplex,
    head: Buffer,
    way: Way,
    onOpen: (socket: WebSocket) => void
  ): Promise<void> {
    const { door, origins, limits } = this.#options
    const { host, origin, authorization } = request.headers
    const endpoint = endpointOf(request.url)
    const { asksTokens, isNamed } = way.place
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return refuse(raw, 400, 'Only WebSockets are served.')
    if (endpoint === undefined) return refuse(raw, 404, 'There is no WebSocket here.')
    if (isRebindable(way.place) && !origins.allowsLoopbackHost(host)) return refuse(raw, 421, WRONG_HOST)
    if (isNamed && !origins.allows(origin, host)) return refuse(raw, 403, WRONG_ORIGIN)
    const waitMs = door.turnAway(way.source)
    if (waitMs > 0) return refuse(raw, 429, TOO_MANY_FAILURES, `Retry-After: ${retryAfter(waitMs)}`)
    if (this.#pending >= limits.pendingSockets) {
      this.#turnedAway += 1
      return refuse(raw, 429, 'Too many sockets have not logged in yet; try again.', 'Retry-After: 1')
    }
    const release = this.#pend()
    raw.once('close', release)
    const isProven = endpoint === '/ws/events' && asksTokens && authorization !== undefined
    if (isProven && !(await this.#isRightBearer(authorization, way, raw))) {
      release()
      return refuse(raw, 401, 'No such token.', 'WWW-Authenticate: Bearer error="invalid_token"')
    }
    const server = endpoint === '/ws/events' ? this.#eventsServer : this.#sprServer
    // It answers handshakes that are none by itself.
    server.handleUpgrade(request, raw, head, socket => {
      // Frames that break the protocol or are too long: the library closes, but waits long for an answer.
      socket.on('error', () => closeSocket(socket, PROTOCOL_ERROR, ''))
      onOpen(socket)
      if (endpoint === '/ws/events') this.#openSession(socket, way, isProven || !asksTokens, release)
      else void this.#openSpr(socket, endpoint, way, release)
    })
    return undefined
  }

  async #isRightBearer(authorization: string, way: Way, raw: Duplex): Promise<boolean> {
    const timer = setTimeout(() => raw.destroy(), this.#options.limits.loginMs)
    try {
      const token = bearerOf(authorization)
      return token !== undefined && (await this.#options.door.admitWholly(token, way.source))
    } finally {
      clearTimeout(timer)
    }
  }

  async #openSpr(socket: WebSocket, endpoint: '/ws' | '/ws_events_all', way: Way, release: () => void): Promise<void> {
    const { door, limits } = this.#options
    const isIn = await awaitSprLogin(socket, door, way, limits.loginMs)
    release()
    if (!isIn) return
    const broadcast = endpoint === '/ws' ? this.#notices : this.#wildcard
    const outlet = this.#outlet(socket, broadcast.counters)
    broadcast.add(outlet)
    socket.once('close', () => {
      broadcast.delete(outlet)
      if (this.#wildcard.size === 0) this.#feed.stop()
    })
    if (endpoint === '/ws_events_all') this.#feed.start()
  }

  #openSession(socket: WebSocket, way: Way, isIn: boolean, release: () => void): void {
    const { bus, door, limits } = this.#options
    const outlet = this.#outlet(socket, this.#sessionCounters)
    const host: SessionHost = {
      bus,
      limits,
      counters: this.#sessionCounters,
      isRight: token => door.admitWholly(token, way.source),
      onIn: () => {
        release()
        this.#sessions.add(session)
      }
    }
    const session = new EventsSession(socket, outlet, host)
    socket.once('close', () => this.#sessions.delete(session))
    session.start(isIn)
  }

  #outlet(socket: WebSocket, counters: OutletCounters): Outlet {
    const outlet = new Outlet(socket, this.#options.limits.queueBytes, counters)
    this.#outlets.add(outlet)
    socket.once('close', () => this.#outlets.delete(outlet))
    return outlet
  }

  /** Counts a socket that has not logged in; undone once by the function returned. */
  #pend(): () => void {
    this.#pending += 1
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#pending -= 1
    }
  }
}

function webSocketServer(maxPayload: number): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // Of tiny frames it would cost more than it saves, and memory for each client.
    perMessageDeflate: false,
    maxPayload
  })
}

function endpointOf(url = ''): Endpoint | undefined {
  const [path] = url.split('?')
  return path === '/ws' || path === '/ws_events_all' || path === '/ws/events' ? path : undefined
}

function refuse(raw: Duplex, status: number, message: string, ...headers: readonly string[]): void {
  if (!raw.writable) {
    raw.destroy()
    return
  }
  const title = STATUS_CODES[status] ?? 'Error'
  const body = JSON.stringify({ type: 'about:blank', title, status, detail: message })
  const lines = [
    `HTTP/1.1 ${status} ${title}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers
  ]
  raw.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => raw.destroy())
}
