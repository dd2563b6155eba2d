import { readdir, readFile, readlink } from 'node:fs/promises'

/** A socket that reads NFLOG, as the kernel lists it. */
export interface NetlinkSocket {
  portId: number
  /** Bytes that wait to be read. */
  queuedBytes: number
  /** Datagrams the kernel could not hand over because the receive buffer was full. */
  drops: number
  inode: number
}

/** A process that owns a socket. */
export interface SocketOwner {
  pid: number
  /** Its command line's first words. */
  command: string
}

/** NETLINK_NETFILTER of linux/netlink.h. */
const netfilter = 12
const shownCommandLength = 60

/** `/proc/net/netlink`: sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode. */
export function parseNetfilterSockets(text: string): NetlinkSocket[] {
  return text.split('\n').flatMap(row => {
    const columns = row.trim().split(/\s+/)
    const [, protocol, portId, , queuedBytes, , , , drops, inode] = columns.map(Number)
    if (protocol !== netfilter || portId === undefined || portId === 0) return []
    if (queuedBytes === undefined || drops === undefined || inode === undefined) return []
    return [{ portId, queuedBytes, drops, inode }]
  })
}

/** The process that holds a socket open; `undefined` when it may not be seen. */
export async function findSocketOwner(inode: number): Promise<SocketOwner | undefined> {
  const wanted = `socket:[${inode}]`
  const pids = (await readdir('/proc').catch(() => [])).filter(name => /^\d+$/.test(name))
  for (const pid of pids) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
      if (target === wanted) return { pid: Number(pid), command: await commandOf(pid) }
    }
  }
  return undefined
}

async function commandOf(pid: string): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return line.split('\0').join(' ').trim().slice(0, shownCommandLength) || `process ${pid}`
}
