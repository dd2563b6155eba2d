import type { IncomingMessage } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Notice } from '@packet-logs/rules'
import { Door } from './auth/door.js'
import { FailureLimit } from './auth/failure-limit.js'
import { OriginPolicy } from './auth/same-origin.js'
import { GatewayError } from './errors.js'
import { createHttpApp, type HttpEnv } from './http-app.js'
import { checkLimits, type GatewayLimits } from './limits.js'
import { type ListenHost, listenAt } from './listen/listen.js'
import { createMetrics, type RequestCounters } from './metrics.js'
import type { Gateway, GatewayOptions, GatewayStats, Listening, TcpAddress, UnixAddress } from './options.js'
import { EMBEDDED, wayOf } from './place.js'
import { Sockets } from './websocket/sockets.js'

/**
 * WebSocket and HTTP API over a bus; listens nowhere until it is told to.
 * @throws TypeError for an origin that is none, RangeError for a limit that is out of range
 */
export function createGateway(options: GatewayOptions): Gateway {
  return new BusGateway(options)
}

class BusGateway implements Gateway {
  readonly #limits: GatewayLimits
  readonly #options: GatewayOptions
  readonly #door: Door
  readonly #sockets: Sockets
  readonly #requests: RequestCounters = { total: 0, refused: 0, failed: 0 }
  readonly #answer: (request: Request, bindings: HttpEnv['Bindings']) => Promise<Response>
  readonly #places = new Set<Promise<Listening>>()
  #closing: Promise<void> | undefined

  constructor(options: GatewayOptions) {
    const limits = checkLimits(options.limits)
    const origins = new OriginPolicy(options.origins)
    const failures = new FailureLimit(limits.failures, limits.failureMs)
    this.#limits = limits
    this.#options = options
    this.#door = new Door(options.authenticate, options.login, failures)
    this.#sockets = new Sockets({ bus: options.bus, door: this.#door, origins, limits })
    const own = createMetrics(() => this.stats, this.#requests)
    const app = createHttpApp({ ...options, metrics: [own, ...(options.metrics ?? [])] }, { door: this.#door, origins })
    this.#answer = async (request, bindings) => {
      const response = await app.fetch(request, bindings)
      this.#requests.total += 1
      if (response.status >= 500) this.#requests.failed += 1
      else if (response.status >= 400) this.#requests.refused += 1
      return response
    }
  }

  get stats(): GatewayStats {
    const { turnedAway, ...sockets } = this.#sockets.stats
    const { counters } = this.#door
    return { ...sockets, authFailures: counters.failures, turnedAway: turnedAway + counters.turnedAway }
  }

  readonly fetch = (request: Request): Promise<Response> => this.#answer(request, { way: EMBEDDED })

  notify(notice: Notice): void {
    this.#sockets.notify(notice)
  }

  async listen(where: TcpAddress | UnixAddress): Promise<Listening> {
    if (this.#closing) throw new GatewayError('GATEWAY_CLOSED', 'The gateway is closed; create another.')
    const opening = listenAt(where, this.#host())
    this.#places.add(opening)
    try {
      return await opening
    } catch (error) {
      this.#places.delete(opening)
      throw error
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #host(): ListenHost {
    const { trustForwardedFor = false, onProblem } = this.#options
    return {
      limits: this.#limits,
      onProblem,
      request: place => {
        const listener = getRequestListener(
          (request, { incoming }) => {
            const way = wayOf(incoming as IncomingMessage, place, trustForwardedFor)
            return this.#answer(request, { way, breakOff: () => incoming.destroy() })
          },
          { overrideGlobalObjects: false }
        )
        return (request, response) => void listener(request, response)
      },
      upgrade: (place, request, raw, head, onOpen) => {
        this.#sockets.upgrade(request, raw, head, wayOf(request, place, trustForwardedFor), onOpen)
      }
    }
  }

  async #close(): Promise<void> {
    const places = await Promise.allSettled(this.#places)
    await Promise.all(places.map(async place => place.status === 'fulfilled' && place.value.close()))
    this.#sockets.close()
  }
}
