import { readFile } from 'node:fs/promises'
import { type BusClient, busCandidates, connectBus, findBusSocket } from '@packet-logs/bus'
import { endingSignal } from '../ending-signal.js'
import { NftError } from '../errors.js'
import type { Ruleset } from '../nft/ruleset.js'
import type { NftRunner } from '../nft/runner.js'
import { findSocketOwner, parseNetfilterSockets } from './netlink-sockets.js'
import type { BusSnapshot, Snapshot } from './snapshot.js'

export interface TakeSnapshotOptions {
  runner: NftRunner
  env: NodeJS.ProcessEnv
  signal: AbortSignal
  /** Where the bus is said to be. */
  socket?: string
  /** How long events and counters are watched. */
  watchMs: number
}

/** CAP_NET_ADMIN of linux/capability.h. */
const netAdminBit = 12n

/** Looks at everything between the kernel and the bus. What cannot be looked at is missing from the answer. */
export async function takeSnapshot({ runner, env, signal, socket, watchMs }: TakeSnapshotOptions): Promise<Snapshot> {
  const before = await readRuleset(runner)
  const bus = await watchBus(socket, env, watchMs, signal)
  const after = before instanceof NftError ? before : await readRuleset(runner)
  const [nftVersion, nfnetlinkLog, netlink = '', hasNetAdmin] = await Promise.all([
    runner.version().catch(() => undefined),
    runner.readProc('netfilter/nfnetlink_log'),
    runner.readProc('netlink'),
    readPrivilege()
  ])
  const sockets = await Promise.all(
    parseNetfilterSockets(netlink).map(async each => {
      const owner = await findSocketOwner(each.inode)
      return owner ? { ...each, owner } : each
    })
  )
  const rulesetError = [before, after].find(each => each instanceof NftError)
  return {
    ...(nftVersion !== undefined && { nftVersion }),
    ...(!(before instanceof NftError) && !(after instanceof NftError) && { rulesets: { before, after } }),
    ...(rulesetError && { rulesetError }),
    ...(nfnetlinkLog !== undefined && { nfnetlinkLog }),
    sockets,
    hasNetAdmin,
    bus,
    watchedMs: watchMs,
    nowMs: Date.now()
  }
}

async function readRuleset(runner: NftRunner): Promise<Ruleset | NftError> {
  return runner.read().catch((error: unknown) => {
    if (error instanceof NftError) return error
    throw error
  })
}

async function readPrivilege(): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const [, effective] = /^CapEff:\s*([0-9a-f]+)$/m.exec(status) ?? []
  return effective !== undefined && ((BigInt(`0x${effective}`) >> netAdminBit) & 1n) === 1n
}

async function watchBus(
  socket: string | undefined,
  env: NodeJS.ProcessEnv,
  watchMs: number,
  signal: AbortSignal
): Promise<BusSnapshot> {
  const bus: BusSnapshot = { candidates: socket === undefined ? busCandidates(env) : [socket], events: 0 }
  using ending = endingSignal(signal, watchMs / 1000)
  const watched = ending.signal
  try {
    const path = await findBusSocket({ env, ...(socket !== undefined && { socket }) })
    if (path === undefined) return bus
    bus.path = path
    await using client = await connectBus({ path, signal: watched, reconnect: false })
    await countEvents(client, bus, watched)
  } catch (error) {
    if (!watched.aborted) {
      bus.error = error instanceof Error ? error.message : String(error)
      delete bus.path
    }
  }
  return bus
}

async function countEvents(client: BusClient, bus: BusSnapshot, signal: AbortSignal): Promise<void> {
  await using events = client.subscribe('nft:', { signal })
  for await (const batch of events.batches()) {
    bus.events += batch.length
    const loggedMs = timestampOf(batch.at(-1)?.value)
    if (loggedMs !== undefined) bus.newest = { loggedMs, receivedMs: Date.now() }
  }
}

/** The time a PacketInfo says its packet was logged at. */
function timestampOf(value = ''): number | undefined {
  const [, text] = /"Timestamp":"([^"]{1,64})"/.exec(value) ?? []
  const timeMs = Date.parse(text ?? '')
  return Number.isNaN(timeMs) ? undefined : timeMs
}
