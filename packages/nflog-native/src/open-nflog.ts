import { toNflogError } from './kernel-error.js'
import { loadAddon } from './load-addon.js'
import type { NativeError } from './native.js'
import { NativeStream, type NflogSocket } from './nflog-socket.js'
import { type NflogOptions, parseOptions } from './options.js'

/**
 * Starts to read log groups. Synchronous: the groups are bound and configured, each in one step, when it returns.
 *
 * @throws TypeError or RangeError that names a wrong option; the reason of a signal that is aborted already;
 * NflogError `NFLOG_PERMISSION`, `NFLOG_GROUP_IN_USE`, `NFLOG_UNSUPPORTED_PLATFORM`, `NFLOG_ADDON_MISSING`, `NFLOG_IO`.
 */
export function openNflog(options: NflogOptions): NflogSocket {
  const settings = parseOptions(options)
  options.signal?.throwIfAborted()
  const { NflogBinding } = loadAddon()
  return new NativeStream(settings, options.signal, (...args) => {
    try {
      return new NflogBinding(...args)
    } catch (cause) {
      throw toNflogError(cause as NativeError)
    }
  })
}
