import { getSystemErrorName } from 'node:util'
import { NflogError } from './errors.js'
import { loadAddon } from './load-addon.js'

const advice: Readonly<Record<string, string>> = {
  ENOENT: 'start who listens there',
  ECONNREFUSED: 'start who listens there',
  EACCES: 'the user of this process needs the right to write to the socket and to enter its folder',
  EPROTOTYPE: 'who listens there wants a stream: connect with node:net',
  EINVAL: 'name a path of 1 to 107 bytes without a zero byte',
  ENAMETOOLONG: 'name a path of 1 to 107 bytes without a zero byte'
}

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
  const toDo = advice[osCode] ?? 'see connect(2)'
  throw new NflogError('NFLOG_IO', `nobody can be reached at ${path} (${osCode}); ${toDo}`, {
    syscall: 'connect',
    errno: -result,
    osCode
  })
}
