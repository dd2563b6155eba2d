import type { LookupFunction } from 'node:net'
import { isIP } from 'node:net'
import { buildConnector } from 'undici'
import { isPublicAddress } from './public-address.js'

/** A request would have gone where the internet does not reach. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError'

  constructor(host: string, addresses: readonly string[]) {
    const which = addresses.length === 1 && addresses[0] === host ? host : `${host} (${addresses.join(', ')})`
    super(`${which} is not a public address; set allowPrivateAddresses if it is meant`)
  }
}

/** How connections are made. */
export interface ConnectorOptions {
  readonly connectTimeoutMs: number
  readonly allowPrivateAddresses: boolean
  /** Finds addresses of names, as `dns.lookup` does. */
  readonly lookup: LookupFunction
}

/**
 * Connects to public addresses only. What a name stands for is looked at where the connection is made, which then goes to the
 * very address that was looked at: a name that means something else a moment later gains nothing.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const { connectTimeoutMs, allowPrivateAddresses, lookup } = options
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    lookup: allowPrivateAddresses ? lookup : publicLookup(lookup)
  })
  if (allowPrivateAddresses) return connect
  return (target, callback) => {
    // No name, no lookup. Other ways to write an address (0x7f.1, 2130706433) are none any more in a URL that was parsed.
    if (isIP(target.hostname) === 0 || isPublicAddress(target.hostname)) connect(target, callback)
    else queueMicrotask(() => callback(new PrivateAddressError(target.hostname, [target.hostname]), null))
  }
}

function publicLookup(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const all = Array.isArray(found) ? found : []
      const addresses = all.filter(({ address }) => isPublicAddress(address))
      const first = addresses[0]
      if (error !== null) callback(error, '')
      else if (first === undefined) {
        const refused = all.map(({ address }) => address)
        callback(new PrivateAddressError(hostname, refused), '')
      } else if (options.all === true) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}
