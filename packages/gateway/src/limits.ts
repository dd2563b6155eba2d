/** How much is too much. */
export interface GatewayLimits {
  /** Connections per place it listens at, HTTP and WebSocket together, default 1,024. */
  readonly connections: number
  /** WebSockets that have not logged in, default 32; beyond them 429. */
  readonly pendingSockets: number
  /** Milliseconds a WebSocket may take to log in, default 10,000. */
  readonly loginMs: number
  /** Milliseconds a request's head may take, default 10,000. */
  readonly headersMs: number
  /** Milliseconds all of a request may take, default 30,000. */
  readonly requestMs: number
  /** Bytes of a request's body, default 1 MiB. */
  readonly bodyBytes: number
  /** Bytes waiting for a slow WebSocket, beyond what its socket holds, default 1 MiB; beyond them the oldest go. */
  readonly queueBytes: number
  /** Milliseconds between pings, default 30,000; who shows no life from one to the next is cut off. */
  readonly pingMs: number
  /** Subscriptions on one WebSocket, default 32. */
  readonly subscriptions: number
  /** Wrong tokens and passwords from one place until it is turned away, default 10. */
  readonly failures: number
  /** Milliseconds until one of them is forgotten, default 6,000. */
  readonly failureMs: number
}

const DEFAULTS: GatewayLimits = {
  connections: 1024,
  pendingSockets: 32,
  loginMs: 10_000,
  headersMs: 10_000,
  requestMs: 30_000,
  bodyBytes: 1024 * 1024,
  queueBytes: 1024 * 1024,
  pingMs: 30_000,
  subscriptions: 32,
  failures: 10,
  failureMs: 6_000
}

/** @throws RangeError naming the limit that is out of range */
export function checkLimits(limits: Partial<GatewayLimits> = {}): GatewayLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!(name in DEFAULTS)) throw new RangeError(`limits.${name}: there is no such limit`)
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`limits.${name}: expected a positive integer, got ${String(value)}`)
    }
  }
  return { ...DEFAULTS, ...limits }
}
