import { getSystemErrorName } from 'node:util'
import { NflogError } from './errors.js'
import { loadAddon } from './load-addon.js'

/**
 * Connects to a unix datagram socket, such as `/dev/log`, for which Node has no call. Each `fs.writeSync` to the file descriptor
 * sends a datagram without ever waiting; `EAGAIN` says that the receiver has no room, `ECONNREFUSED` that it has gone.
 *
 * @param path of the receiver's socket, at most 107 bytes
 * @returns a file descriptor, to be closed with `fs.closeSync`
 * @throws NflogError `NFLOG_IO` with `osCode`, such as `ENOENT` or `ECONNREFUSED`; `NFLOG_UNSUPPORTED_PLATFORM`, `NFLOG_ADDON_MISSING`
 */
export function connectUnixDatagram(path: string): number {
  const result = loadAddon().connectUnixDatagram(path)
  if (result >= 0) return result
  const osCode = getSystemErrorName(result)
  throw new NflogError('NFLOG_IO', `nobody can be reached at ${path} (${osCode}); start who listens there`, {
    syscall: 'connect',
    errno: -result,
    osCode
  })
}
