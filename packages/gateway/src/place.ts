import type { IncomingMessage } from 'node:http'
import { isLoopback, LOCAL_SOURCE, lastForwarded, type Source, sourceOf } from './auth/source.js'

/** What matters of where the gateway listens. */
export interface Place {
  /** Only this machine can reach it, as far as the address tells. */
  readonly isLoopback: boolean
  /** Web browsers reach it, by a name of the network that may be anybody's. */
  readonly isNamed: boolean
  /** Without a token there is nothing but `/health`. Else whoever can connect may do everything. */
  readonly asksTokens: boolean
}

/** How a request came. */
export interface Way {
  readonly place: Place
  readonly source: Source
  /** It came from this machine, and no proxy says otherwise. */
  readonly isLocal: boolean
}

/** Whether a web page that leads a name of its own to this machine would reach it as its own host. */
export function isRebindable({ isLoopback, isNamed }: Place): boolean {
  return isLoopback && isNamed
}

/** A request that somebody else's server took. */
export const EMBEDDED: Way = {
  place: { isLoopback: false, isNamed: true, asksTokens: true },
  source: LOCAL_SOURCE,
  isLocal: false
}

export function wayOf(request: IncomingMessage, place: Place, trustForwardedFor: boolean): Way {
  const { remoteAddress } = request.socket
  const isNear = remoteAddress === undefined || isLoopback(remoteAddress)
  const header = request.headers['x-forwarded-for']
  const forwarded =
    trustForwardedFor && isNear ? lastForwarded(Array.isArray(header) ? header.join(',') : header) : undefined
  const isFar = forwarded !== undefined && !isLoopback(forwarded)
  return { place, source: sourceOf(forwarded ?? remoteAddress), isLocal: place.isLoopback && !isFar }
}
