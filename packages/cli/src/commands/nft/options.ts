import { type Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../../exit-code.js'
import type { Io } from '../../io.js'
import type { Profile } from '../../nft/profiles/profile.js'
import type { NftRunner } from '../../nft/runner.js'

export interface ProfileOptions {
  profile: 'basic' | 'spr'
  uplink: readonly string[]
  log: readonly string[]
}

export interface CommonOptions {
  netns?: string
  json?: true
}

export interface EditOptions extends CommonOptions {
  yes?: true
  stateDir?: string
}

const logHelp =
  'log rule of the basic profile, instead of its defaults (repeatable): PREFIX@HOOK, then any of :iif=DEV :oif=DEV ' +
  '(also !=, and DEV,DEV) :family=ip|ip6 :group=N :snaplen=BYTES :queue=PACKETS :limit=N/second|minute|hour|day :burst=N'

/** Options that say what should be logged. */
export function addProfileOptions(command: Command): Command {
  return command
    .addOption(new Option('-p, --profile <name>', 'what to install').choices(['basic', 'spr']).default('basic'))
    .option('-u, --uplink <device>', 'device towards the internet (repeatable; default: found by itself)', collect, [])
    .option('-l, --log <rule>', logHelp, collect, [])
}

/** Options that every `nft` command takes. */
export function addCommonOptions(command: Command): Command {
  return command
    .option('-n, --netns <name>', 'work in this network namespace (as in: ip netns list)')
    .option('--json', 'print JSON')
}

/** Options of the commands that change the ruleset. */
export function addEditOptions(command: Command): Command {
  return command
    .option('-y, --yes', 'do not ask')
    .option('--state-dir <dir>', 'where undo files go (default: $XDG_STATE_HOME/packet-logs or /var/lib/packet-logs)')
}

export async function openRunner(io: Io, options: CommonOptions): Promise<NftRunner> {
  const { createNftRunner } = await import('../../nft/runner.js')
  return asUsage(() => {
    return createNftRunner({ env: io.env, ...(options.netns !== undefined && { netns: options.netns }) })
  })
}

/** The profile that the options ask for, with the uplink looked up where it is needed and not given. */
export async function openProfile(options: ProfileOptions, runner: NftRunner): Promise<Profile> {
  const { findDefaultRouteDevices } = await import('../../nft/uplink.js')
  if (options.profile === 'spr') {
    if (options.log.length > 0) throw new UsageError('--log belongs to the basic profile; spr knows its own rules')
    const { sprProfile } = await import('../../nft/profiles/spr.js')
    const defaultRouteDevices = options.uplink.length > 0 ? [] : await findDefaultRouteDevices(runner)
    return asUsage(() => sprProfile({ uplinks: options.uplink, defaultRouteDevices }))
  }
  const { basicProfile, defaultLogRules } = await import('../../nft/profiles/basic.js')
  const { checkLogRule, parseLogRule } = await import('../../nft/log-rule.js')
  if (options.log.length > 0) {
    if (options.uplink.length > 0)
      throw new UsageError('--log replaces the default rules, which --uplink is for; use oif=DEV')
    return asUsage(() => basicProfile(options.log.map(parseLogRule)))
  }
  const uplinks = options.uplink.length > 0 ? options.uplink : await findDefaultRouteDevices(runner)
  if (uplinks.length === 0) {
    throw new UsageError('there is no default route, so say which device leads to the internet: --uplink DEV')
  }
  return asUsage(() => {
    const rules = defaultLogRules(uplinks)
    for (const rule of rules) checkLogRule(rule)
    return basicProfile(rules)
  })
}

/** Arguments that make no sense are reported as a wrong call. */
function asUsage<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  if (value === '') throw new InvalidArgumentError('It is empty.')
  return [...previous, value]
}
