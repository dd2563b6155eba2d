import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, lstat, mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConfigError } from '@packet-logs/config-file'

/** What the file is called that the daemon makes. */
const fileName = 'http-token'
const tokenBytes = 32

/** Where the daemon knows it may keep a file of its own. */
export interface TokenPlace {
  /** The socket of the bus, when it is served here. */
  readonly ownBusPath?: string | undefined
  readonly env: NodeJS.ProcessEnv
  /** Whether it runs as root. Default: what the system says. */
  readonly isRoot?: boolean
}

/**
 * The path of the token file that is used when none is configured: beside the bus socket that the daemon made itself, because
 * who may read there may have every packet anyway; beside somebody else's, in the daemon's own directory.
 * @throws ConfigError `CONFIG_INVALID` when there is no such place
 */
export function defaultTokenPath({ ownBusPath, env, isRoot = process.getuid?.() === 0 }: TokenPlace): string {
  if (ownBusPath !== undefined) return join(dirname(ownBusPath), fileName)
  if (isRoot) return join('/run/packet-logs', fileName)
  const runtime = env['XDG_RUNTIME_DIR']
  if (runtime) return join(runtime, 'packet-logs', fileName)
  const message = '$XDG_RUNTIME_DIR is not set, so there is no place for a token; name a file of tokens'
  throw new ConfigError('CONFIG_INVALID', `http.tokenFile: ${message}`, [
    { name: 'flags', field: 'http.tokenFile', message }
  ])
}

/**
 * Makes a file with a random token that only its owner can read, unless there is one: clients keep working over a restart.
 * @returns whether it was made
 * @throws ConfigError `CONFIG_INVALID` for a file that somebody else put there
 */
export async function ensureTokenFile(path: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // Written aside and linked: nobody ever finds half a token, and whatever stands there already stays.
  const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`
  const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  try {
    await file.writeFile(`${randomBytes(tokenBytes).toString('base64url')}\n`)
    await file.close()
    await link(draft, path)
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    await checkOwner(path)
    return false
  } finally {
    await file.close()
    await rm(draft, { force: true })
  }
}

/** In a folder where others may write, the file could be anybody's, its token known to them. */
async function checkOwner(path: string): Promise<void> {
  const found = await lstat(path)
  if (found.isFile() && (found.uid === process.getuid?.() || found.uid === 0)) return
  const message = `${path} is not this user's own file; remove it, or name a file of tokens`
  throw new ConfigError('CONFIG_INVALID', `http.tokenFile: ${message}`, [
    { name: 'flags', field: 'http.tokenFile', message }
  ])
}
