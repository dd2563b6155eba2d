import { type Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../../exit-code.js'
import type { Io } from '../../io.js'
import type { LogRule } from '../../nft/log-rule.js'
import type { Profile } from '../../nft/profiles/profile.js'
import type { NftRunner } from '../../nft/runner.js'

export interface ProfileOptions {
  profile: 'basic' | 'spr'
  uplink: readonly string[]
  log: readonly string[]
  rules?: string
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
  'log rule of the basic profile (repeatable): PREFIX[#ID]@HOOK, then any of :dir=in|out ' +
  '(by an uplink) :iif=DEV :oif=DEV (also !=, and DEV,DEV) :family=ip|ip6 :group=N :snaplen=BYTES :queue=PACKETS :limit=N/second|minute|hour|day :burst=N'

/** Options that say what should be logged. */
export function addProfileOptions(command: Command): Command {
  return command
    .addOption(new Option('-p, --profile <name>', 'what to install').choices(['basic', 'spr']).default('basic'))
    .addOption(repeatable('-u, --uplink <device>', 'device towards the internet (repeatable)', 'found by itself'))
    .addOption(repeatable('-l, --log <rule>', logHelp, "the profile's own"))
    .option(
      '-r, --rules <file>',
      'log rules of the basic profile from a file, YAML or JSON (see: nft export --format rules)'
    )
}

function repeatable(flags: string, description: string, otherwise: string): Option {
  return new Option(flags, description).argParser(collect).default([], otherwise)
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
    return createNftRunner({
      env: io.env,
      signal: io.signal,
      ...(options.netns !== undefined && { netns: options.netns })
    })
  })
}

/** The profile that the options ask for, with the uplink looked up where it is needed and not given. */
export async function openProfile(options: ProfileOptions, runner: NftRunner): Promise<Profile> {
  const { findDefaultRouteDevices } = await import('../../nft/uplink.js')
  const findUplinks = async (): Promise<readonly string[]> => {
    return options.uplink.length > 0 ? options.uplink : findDefaultRouteDevices(runner)
  }
  if (options.profile === 'spr') {
    if (options.log.length > 0 || options.rules !== undefined) {
      throw new UsageError('--log and --rules belong to the basic profile; spr knows its own rules')
    }
    const { sprProfile } = await import('../../nft/profiles/spr.js')
    const defaultRouteDevices = options.uplink.length > 0 ? [] : await findUplinks()
    return asUsage(() => sprProfile({ uplinks: options.uplink, defaultRouteDevices }))
  }
  const { basicProfile } = await import('../../nft/profiles/basic.js')
  const rules = await openLogRules(options, findUplinks)
  return basicProfile(rules)
}

async function openLogRules(
  options: ProfileOptions,
  findUplinks: () => Promise<readonly string[]>
): Promise<readonly LogRule[]> {
  const { checkLogRule, parseLogRule } = await import('../../nft/log-rule.js')
  const hasDirection = options.log.some(rule => /:dir=/.test(rule))
  if (options.rules !== undefined) {
    if (options.log.length > 0) throw new UsageError('--rules and --log each say all rules; use one of them')
    const { needsUplinks, readLogRulesFile, rulesOfFile } = await import('../../nft/log-rules-file.js')
    const file = await readLogRulesFile(options.rules)
    const uplinks = options.uplink.length > 0 ? options.uplink : file.uplinks
    const known = uplinks ?? (needsUplinks(file) ? await findUplinks() : [])
    return asUsage(() => rulesOfFile(file, known))
  }
  if (options.log.length > 0) {
    if (options.uplink.length > 0 && !hasDirection) {
      throw new UsageError('--uplink is for the default rules and for dir=in|out; in --log rules use oif=DEV')
    }
    const uplinks = hasDirection ? await findUplinks() : []
    return asUsage(() => options.log.map(rule => parseLogRule(rule, uplinks)))
  }
  const uplinks = await findUplinks()
  if (uplinks.length === 0) {
    throw new UsageError('there is no default route, so say which device leads to the internet: --uplink DEV')
  }
  const { defaultLogRules } = await import('../../nft/profiles/basic.js')
  return asUsage(() => {
    const rules = defaultLogRules(uplinks)
    for (const rule of rules) checkLogRule(rule)
    return rules
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
