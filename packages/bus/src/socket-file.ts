import { randomBytes } from 'node:crypto'
import { chmod, chown, link, lstat, mkdir, unlink } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { BusError, osCode } from './errors.js'

/** Longest path of a unix socket on Linux (`sun_path` less its terminating zero). */
const MAX_PATH_BYTES = 107

const PROBE_MS = 1000

/** How long a server may need to replace a stale socket, probing included. */
const CLAIM_MS = 3 * PROBE_MS
const CLAIM_RETRY_MS = 10
const CLAIM_NAME_BYTES = 12

/** Who may use a socket file. */
export interface SocketAccess {
  mode: number
  /** User and group by number; -1 leaves what it is. */
  uid: number
  gid: number
}

/** A socket file that a server listens behind. */
export interface SocketFile {
  /** Whether it still stands where it was put, is gone, or something else stands there. */
  look(): Promise<'there' | 'gone' | 'replaced'>
  /** Removes the file, unless somebody else's stands there by now. */
  remove(): Promise<void>
}

/** What a connect to a path found: `live` somebody listens, `stale` nobody does, `absent` nothing is there, `denied` we may not ask, `other` no bus can be there. */
export type SocketState = 'live' | 'stale' | 'absent' | 'denied' | 'other'

/** Whether somebody listens behind a path. */
export function probeSocket(path: string): Promise<SocketState> {
  return new Promise(resolve => {
    const socket = connect(path)
    const settle = (state: SocketState): void => {
      socket.destroy()
      resolve(state)
    }
    // A listener whose queue is full is a live one.
    socket.setTimeout(PROBE_MS, () => settle('live'))
    socket.once('connect', () => settle('live'))
    socket.on('error', error => {
      const code = osCode(error)
      if (code === 'ECONNREFUSED') settle('stale')
      else if (code === 'ENOENT' || code === 'ENOTDIR') settle('absent')
      else if (code === 'EACCES' || code === 'EPERM') settle('denied')
      else settle(code === 'EAGAIN' ? 'live' : 'other')
    })
  })
}

/**
 * Lets the server listen behind `path`. The socket is bound under a temporary name beside it and linked into place when it has
 * its permissions and accepts: so it is never there with others, a link never replaces anything, and the file can be told
 * from a successor's later (libuv would remove whatever stands at the name it bound).
 * @throws BusError `BUS_SOCKET_IN_USE`, `BUS_LISTEN`
 */
export async function listenOnFile(
  server: Server,
  path: string,
  access: SocketAccess,
  backlog: number
): Promise<SocketFile> {
  const bound = join(dirname(path), `.${randomBytes(5).toString('hex')}`)
  const longestBytes = Buffer.byteLength(dirname(path)) + 1 + CLAIM_NAME_BYTES
  if (Math.max(Buffer.byteLength(path), longestBytes) > MAX_PATH_BYTES) {
    const message = `${path} is too long for a unix socket (${MAX_PATH_BYTES} bytes); choose a shorter path.`
    throw new BusError('BUS_LISTEN', message, { path })
  }
  try {
    await makeDirectory(dirname(path))
    await listen(server, bound, backlog)
    // The owner first: changing it takes permissions away.
    if (access.uid !== -1 || access.gid !== -1) await chown(bound, access.uid, access.gid)
    await chmod(bound, access.mode)
    await linkIntoPlace(bound, path)
    const { dev, ino } = await lstat(bound)
    return { look: () => lookAt(path, dev, ino), remove: () => removeOwn(path, dev, ino) }
  } catch (error) {
    await new Promise(resolve => server.close(resolve))
    if (error instanceof BusError) throw error
    const message = `Cannot listen on ${path} (${osCode(error) ?? String(error)}); ${whatToDo(error)}`
    throw new BusError('BUS_LISTEN', message, { path, cause: error })
  } finally {
    // What went wrong before is the news, not that there is nothing to clean up.
    await unlink(bound).catch(() => undefined)
  }
}

function whatToDo(error: unknown): string {
  return osCode(error) === 'EPERM'
    ? 'only root may give a socket to somebody else or to a group that is not its own.'
    : 'choose a path whose directory you may write to.'
}

/** Makes parents, too. Node's own recursive `mkdir` never ends where the kernel makes no directories, as below /proc. */
async function makeDirectory(path: string): Promise<void> {
  const make = (): Promise<void> => mkdir(path).catch(ignorePresent)
  const parent = dirname(path)
  try {
    await make()
  } catch (error) {
    if (osCode(error) !== 'ENOENT' || parent === path) throw error
    await makeDirectory(parent)
    await make()
  }
}

function listen(server: Server, path: string, backlog: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path, backlog }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

async function linkIntoPlace(bound: string, path: string): Promise<void> {
  for (;;) {
    try {
      await link(bound, path)
      return
    } catch (error) {
      if (osCode(error) !== 'EEXIST') throw error
    }
    await removeStale(path)
  }
}

/** Makes room at `path`, unless a bus or something that is no socket stands there. */
async function removeStale(path: string): Promise<void> {
  const entry = await lstat(path).catch(ignoreAbsent)
  if (entry === undefined) return
  if (!entry.isSocket()) {
    throw new BusError('BUS_SOCKET_IN_USE', `${path} exists and is not a socket; remove it or choose another path.`, {
      path
    })
  }
  const state = await probeSocket(path)
  if (state === 'absent') return
  if (state !== 'stale') throw inUse(path, state)
  // By now another server may have put its socket here, even one with the same inode number. So the file is claimed by a
  // second link: whoever replaces it needs that name first, and what is behind it is what is asked again.
  const claim = claimPath(path, entry.ino)
  if (!(await makeClaim(path, claim))) return
  try {
    const claimed = await lstat(claim)
    const isSame = claimed.dev === entry.dev && claimed.ino === entry.ino
    if (isSame && (await probeSocket(claim)) === 'stale') await unlink(path)
  } catch (error) {
    ignoreAbsent(error)
  } finally {
    await unlink(claim).catch(ignoreAbsent)
  }
}

/** The same for everyone who wants to replace this very file, and no longer than {@link CLAIM_NAME_BYTES}. */
export function claimPath(path: string, ino: number): string {
  return join(dirname(path), `.~${(ino % 2 ** 48).toString(36)}`)
}

/** False when another server is at it, or the file is gone; then it is time to look again. */
async function makeClaim(path: string, claim: string): Promise<boolean> {
  try {
    await link(path, claim)
    return true
  } catch (error) {
    if (osCode(error) !== 'EEXIST') {
      ignoreAbsent(error)
      return false
    }
  }
  await new Promise(resolve => setTimeout(resolve, CLAIM_RETRY_MS))
  // Making a link sets the time of change. One that old was left by a server that died over it.
  const other = await lstat(claim).catch(ignoreAbsent)
  if (other && Math.abs(Date.now() - other.ctimeMs) > CLAIM_MS) await unlink(claim).catch(ignoreAbsent)
  return false
}

async function lookAt(path: string, dev: number, ino: number): Promise<'there' | 'gone' | 'replaced'> {
  const entry = await lstat(path).catch(ignoreAbsent)
  if (entry === undefined) return 'gone'
  return entry.dev === dev && entry.ino === ino ? 'there' : 'replaced'
}

async function removeOwn(path: string, dev: number, ino: number): Promise<void> {
  const entry = await lstat(path).catch(ignoreAbsent)
  if (entry?.dev === dev && entry.ino === ino) await unlink(path).catch(ignoreAbsent)
}

function inUse(path: string, state: 'live' | 'denied' | 'other'): BusError {
  const message =
    state === 'live'
      ? `Another bus answers at ${path}; connect to it, stop it, or choose another path.`
      : `The socket at ${path} belongs to somebody else; choose another path.`
  return new BusError('BUS_SOCKET_IN_USE', message, { path })
}

function ignoreAbsent(error: unknown): undefined {
  const code = osCode(error)
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
}

function ignorePresent(error: unknown): void {
  if (osCode(error) !== 'EEXIST') throw error
}
