import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BusError } from './errors.js'
import { probeSocket } from './socket-file.js'

const SPR_SOCKET = '/state/api/eventbus.sock'
const PLUGIN_SOCKET = '/state/plugins/packet_logs/server.sock'
const RUN_SOCKET = '/run/packet-logs/eventbus.sock'

/** Where to look. */
export interface FindBusOptions {
  /** The only place to look, when the user named one. */
  socket?: string
  /** The environment, default `process.env`. */
  env?: NodeJS.ProcessEnv
}

/**
 * The sockets a bus may be found at, in order: `$PACKET_LOGS_SOCKET`, SPR's (also below `$TEST_PREFIX`), the plugin's, and the
 * places our own daemon listens at.
 */
export function busCandidates(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const prefix = env['TEST_PREFIX']
  const candidates = [
    env['PACKET_LOGS_SOCKET'],
    prefix ? prefix + SPR_SOCKET : undefined,
    SPR_SOCKET,
    PLUGIN_SOCKET,
    RUN_SOCKET,
    userSocket(env)
  ]
  return candidates.filter((candidate): candidate is string => Boolean(candidate))
}

/**
 * The first candidate that answers, or `undefined`. A socket the user named is the only candidate.
 * @throws BusError `BUS_CONNECT` when none answers because one may not be asked; TypeError when the name is empty
 */
export async function findBusSocket(options: FindBusOptions = {}): Promise<string | undefined> {
  if (options.socket === '') throw new TypeError('socket: expected the path of a unix socket')
  const { live, denied } = await probeCandidates(
    options.socket === undefined ? busCandidates(options.env) : [options.socket]
  )
  if (live === undefined && denied !== undefined) {
    const message = `The socket at ${denied} does not let this user in; run as the user who owns it, or let the bus listen with a wider mode.`
    throw new BusError('BUS_CONNECT', message, { path: denied })
  }
  return live
}

async function probeCandidates(candidates: readonly string[]): Promise<{ live?: string; denied?: string }> {
  let denied: string | undefined
  for (const candidate of candidates) {
    const state = await probeSocket(candidate)
    if (state === 'live') return { live: candidate }
    if (state === 'denied') denied ??= candidate
  }
  return denied === undefined ? {} : { denied }
}

/**
 * Where a bus of our own listens: root in `/run/packet-logs`, others in `$XDG_RUNTIME_DIR/packet-logs`; `undefined` for a user
 * without a runtime directory, who has to name a path.
 */
export function defaultBusPath(
  env: NodeJS.ProcessEnv = process.env,
  uid: number | undefined = process.getuid?.()
): string | undefined {
  return uid === 0 ? RUN_SOCKET : userSocket(env)
}

/** What a daemon that was told nothing does. */
export type BusRole =
  /** Publish to the bus that is there; `wait` when it may not have come up yet. */
  | { role: 'connect'; path: string; wait: boolean }
  /** Be the bus. */
  | { role: 'listen'; path: string | undefined }

/**
 * Whether to join a bus or to be one: joins a bus that answers, and SPR's whether or not it answers yet (where `/state/api`
 * exists, its API owns that socket); else listens at {@link defaultBusPath}.
 */
export async function chooseBusRole(
  env: NodeJS.ProcessEnv = process.env,
  uid: number | undefined = process.getuid?.()
): Promise<BusRole> {
  const named = env['PACKET_LOGS_SOCKET']
  if (named && (await probeSocket(named)) === 'live') return { role: 'connect', path: named, wait: false }
  for (const prefix of env['TEST_PREFIX'] ? [env['TEST_PREFIX'], ''] : ['']) {
    if (await isDirectory(`${prefix}/state/api`)) return { role: 'connect', path: prefix + SPR_SOCKET, wait: true }
  }
  const { live } = await probeCandidates(busCandidates(env))
  return live === undefined
    ? { role: 'listen', path: defaultBusPath(env, uid) }
    : { role: 'connect', path: live, wait: false }
}

function userSocket(env: NodeJS.ProcessEnv): string | undefined {
  const directory = env['XDG_RUNTIME_DIR']
  return directory ? join(directory, 'packet-logs', 'eventbus.sock') : undefined
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    entry => entry.isDirectory(),
    () => false
  )
}
