import { isIP } from 'node:net'
import { isLoopback } from './source.js'

/** Web pages of other hosts that may use the gateway. */
export class OriginPolicy {
  readonly #origins: ReadonlySet<string>
  readonly #hosts: ReadonlySet<string>

  /** @throws TypeError */
  constructor(origins: readonly string[] = []) {
    const urls = origins.map(origin => {
      const url = URL.canParse(origin) ? new URL(origin) : undefined
      if (url === undefined || url.origin === 'null' || url.href !== `${url.origin}/`) {
        throw new TypeError(`origins: expected such as https://spr.example:8443, got ${JSON.stringify(origin)}`)
      }
      return url
    })
    this.#origins = new Set(urls.map(url => url.origin))
    this.#hosts = new Set(urls.map(url => url.hostname))
  }

  get isEmpty(): boolean {
    return this.#origins.size === 0
  }

  /** Whether a page of that origin is one of those named. */
  names(origin: string): boolean {
    return this.#origins.has(origin)
  }

  /** Whether a request that says to come from a page may: programs say nothing. */
  allows(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || this.#origins.has(origin)) return true
    if (host === undefined || !URL.canParse(origin)) return false
    const { protocol, host: own } = new URL(origin)
    // Through the same parser, so that case and the protocol's usual port do not matter.
    return own !== '' && URL.canParse(`${protocol}//${host}`) && new URL(`${protocol}//${host}`).host === own
  }

  /**
   * Whether a listener on loopback was meant. A name of somebody else's that leads here (DNS rebinding) would make a foreign
   * page's requests look like those of its own host.
   */
  allowsLoopbackHost(host: string | undefined): boolean {
    if (host === undefined || !URL.canParse(`http://${host}`)) return false
    const { hostname } = new URL(`http://${host}`)
    const bare = hostname.replace(/^\[|\]$/g, '')
    if (isIP(bare) !== 0) return isLoopback(bare) || this.#hosts.has(hostname)
    return hostname === 'localhost' || hostname.endsWith('.localhost') || this.#hosts.has(hostname)
  }
}
