import { readFileSync } from 'node:fs'
import { NflogError } from './errors.js'
import type { NativeError } from './native.js'

/** Makes what the kernel refused into an error that says why and what to do. */
export function toNflogError(cause: NativeError): NflogError {
  const { syscall, errno, osCode, group } = cause
  const context = { cause, syscall, errno, osCode, ...(group !== undefined && { group }) }
  if (osCode === 'EPERM' && cause.privileged === true) {
    return new NflogError(
      'NFLOG_GROUP_IN_USE',
      `${group === undefined ? 'a log group' : `log group ${group}`} is being read by another socket${ownerOf(group)}; stop that reader, ` +
        'or log to another group: the kernel gives a group to one reader only',
      context
    )
  }
  if (osCode === 'EPERM') {
    return new NflogError(
      'NFLOG_PERMISSION',
      'reading log groups needs CAP_NET_ADMIN in this network namespace; run as root, ' +
        'give it to the process (systemd: AmbientCapabilities=CAP_NET_ADMIN), or to the container (--cap-add NET_ADMIN)',
      context
    )
  }
  if (osCode === 'EINVAL' || osCode === 'EPROTONOSUPPORT') {
    return new NflogError(
      'NFLOG_IO',
      `the kernel knows no NFLOG (${cause.message}); load it: modprobe nfnetlink_log`,
      context
    )
  }
  // EOPNOTSUPP has the same number.
  if (osCode === 'ENOTSUP') {
    return new NflogError(
      'NFLOG_IO',
      `the kernel cannot tell of connections (${cause.message}); load what does (modprobe nf_conntrack_netlink), ` +
        'use a kernel with CONFIG_NETFILTER_NETLINK_GLUE_CT, or leave conntrack out',
      context
    )
  }
  if (osCode === 'EMFILE' || osCode === 'ENFILE') {
    return new NflogError(
      'NFLOG_IO',
      `a socket needs two file descriptors, and there are none left (${cause.message}); close some, or raise the limit`,
      context
    )
  }
  if (osCode === 'ENOBUFS') {
    return new NflogError(
      'NFLOG_IO',
      'packets were lost because the receive buffer was full; read faster, or raise receiveBufferBytes',
      context
    )
  }
  return new NflogError(
    'NFLOG_IO',
    `reading log groups failed: ${cause.message}; close the socket and open it again`,
    context
  )
}

/**
 * Who owns a group, as far as /proc lets us see: netlink's port number is usually the owner's process id,
 * but in its own process namespace, which may be another container's.
 */
function ownerOf(group: number | undefined): string {
  const port = group === undefined ? undefined : portOf(group)
  if (port === undefined) return ''
  try {
    return ` (probably process ${port}, ${readFileSync(`/proc/${port}/comm`, 'utf8').trim()})`
  } catch {
    return ` (netlink port ${port})`
  }
}

function portOf(group: number): number | undefined {
  let table: string
  try {
    table = readFileSync('/proc/net/netfilter/nfnetlink_log', 'utf8')
  } catch {
    return undefined
  }
  for (const line of table.split('\n')) {
    const [entry, port] = line.trim().split(/\s+/)
    if (entry === String(group) && port !== undefined) return Number(port)
  }
  return undefined
}
