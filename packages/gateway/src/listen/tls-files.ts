import { readFile } from 'node:fs/promises'
import type { Server } from 'node:https'
import { createSecureContext } from 'node:tls'
import { GatewayError, osCode } from '../errors.js'
import { fileVersion } from '../file-version.js'

/** Milliseconds between looks whether the files have changed. */
const WATCH_MS = 5000

/** Paths of PEM files. */
export interface TlsPaths {
  readonly cert: string
  readonly key: string
}

/** What a TLS server is given. */
export interface TlsFiles {
  readonly cert: Buffer
  readonly key: Buffer
}

/** @throws GatewayError `GATEWAY_TLS` when they cannot be read or do not go together */
export async function readTlsFiles({ cert, key }: TlsPaths): Promise<TlsFiles> {
  const files = { cert: await readPem(cert), key: await readPem(key) }
  try {
    createSecureContext(files)
    return files
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `${cert} and ${key} are no certificate and its key (${reason}); check both files.`
    throw new GatewayError('GATEWAY_TLS', message, { path: cert, cause: error })
  }
}

/**
 * Gives the server the files again whenever they change. A pair that cannot be used is told of once, and the one in force
 * stays. Undone by the function returned.
 */
export function followTlsFiles(
  server: Server,
  paths: TlsPaths,
  { onProblem, watchMs = WATCH_MS }: { onProblem?: ((error: GatewayError) => void) | undefined; watchMs?: number }
): () => void {
  let isBusy = false
  let seen: string | undefined
  const look = async (): Promise<void> => {
    const version = await versionOf(paths)
    const isFirst = seen === undefined
    if (version === seen) return
    seen = version
    if (isFirst) return
    try {
      server.setSecureContext(await readTlsFiles(paths))
    } catch (error) {
      if (error instanceof GatewayError) onProblem?.(error)
    }
  }
  const lookOnce = (): void => {
    if (isBusy) return
    isBusy = true
    void look().finally(() => {
      isBusy = false
    })
  }
  lookOnce()
  const timer = setInterval(lookOnce, watchMs).unref()
  return () => clearInterval(timer)
}

async function versionOf({ cert, key }: TlsPaths): Promise<string> {
  const versions = await Promise.all([cert, key].map(path => fileVersion(path).catch(() => 'absent')))
  return versions.join(' ')
}

async function readPem(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (error) {
    const message = `${path} cannot be read (${osCode(error) ?? String(error)}); check the path and its mode.`
    throw new GatewayError('GATEWAY_TLS', message, { path, cause: error })
  }
}
