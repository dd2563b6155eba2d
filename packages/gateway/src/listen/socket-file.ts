import { randomBytes } from 'node:crypto'
import { chmod, link, lstat, rename, unlink } from 'node:fs/promises'
import { connect, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { GatewayError, osCode } from '../errors.js'

/** Longest path of a unix socket on Linux (`sun_path` less its terminating zero). */
const MAX_PATH_BYTES = 107
const PROBE_MS = 1000

/** Removes a socket file, unless somebody else's stands there by now. */
export type RemoveSocketFile = () => Promise<void>

/**
 * Lets the server listen behind `path`. It is bound under a name of its own and linked into place when it has its mode and
 * accepts: so nobody meets it with another, and a link never replaces what is there.
 * @throws GatewayError `GATEWAY_LISTEN`, `GATEWAY_SOCKET_IN_USE`
 */
export async function listenOnFile(server: Server, path: string, mode: number): Promise<RemoveSocketFile> {
  const bound = temporaryName(path)
  if (Math.max(Buffer.byteLength(path), Buffer.byteLength(bound)) > MAX_PATH_BYTES) {
    const message = `${path} is too long for a unix socket (${MAX_PATH_BYTES} bytes); choose a shorter path.`
    throw new GatewayError('GATEWAY_LISTEN', message, { path })
  }
  try {
    await listen(server, bound)
    await chmod(bound, mode)
    await linkIntoPlace(bound, path)
    const { dev, ino } = await lstat(bound)
    return () => removeOwn(path, dev, ino)
  } catch (error) {
    server.close()
    if (error instanceof GatewayError) throw error
    const message = `Cannot listen on ${path} (${osCode(error) ?? String(error)}); choose a path in a directory that is there and that you may write to.`
    throw new GatewayError('GATEWAY_LISTEN', message, { path, cause: error })
  } finally {
    await unlink(bound).catch(() => undefined)
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ path }, () => {
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

/** Makes room at `path`, unless somebody listens there or it is no socket. */
async function removeStale(path: string): Promise<void> {
  const entry = await lstat(path).catch(ignoreAbsent)
  if (entry === undefined) return
  if (!entry.isSocket()) {
    const message = `${path} exists and is not a socket; remove it or choose another path.`
    throw new GatewayError('GATEWAY_SOCKET_IN_USE', message, { path })
  }
  if (!(await isStale(path))) {
    const message = `Another server answers at ${path}; stop it, or choose another path.`
    throw new GatewayError('GATEWAY_SOCKET_IN_USE', message, { path })
  }
  // Taken aside first: by now another server may have put its socket there, and that goes back.
  const aside = temporaryName(path)
  await rename(path, aside).catch(ignoreAbsent)
  const taken = await lstat(aside).catch(ignoreAbsent)
  const isSame = taken?.ino === entry.ino && taken.dev === entry.dev
  if (taken !== undefined && !isSame) await link(aside, path).catch(() => undefined)
  await unlink(aside).catch(ignoreAbsent)
}

function isStale(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    const settle = (stale: boolean): void => {
      socket.destroy()
      resolve(stale)
    }
    // Who is too busy to accept, or may not be asked, is alive.
    socket.setTimeout(PROBE_MS, () => settle(false))
    socket.once('connect', () => settle(false))
    socket.once('error', error => settle(osCode(error) === 'ECONNREFUSED' || osCode(error) === 'ENOENT'))
  })
}

async function removeOwn(path: string, dev: number, ino: number): Promise<void> {
  const entry = await lstat(path).catch(() => undefined)
  if (entry?.dev === dev && entry.ino === ino) await unlink(path).catch(() => undefined)
}

function temporaryName(path: string): string {
  return join(dirname(path), `.${randomBytes(5).toString('hex')}`)
}

function ignoreAbsent(error: unknown): undefined {
  if (osCode(error) !== 'ENOENT') throw error
}
