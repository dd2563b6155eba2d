import { Command } from 'commander'
import { NftError } from '../../errors.js'
import { type Io, takesColor, write } from '../../io.js'
import {
  addCommonOptions,
  addProfileOptions,
  type CommonOptions,
  openProfile,
  openRunner,
  type ProfileOptions
} from './options.js'

const help = `
Give it what install was given. Changes nothing.

Exit codes: 0 all is as wanted, 1 it is not or that cannot be seen, 2 called the wrong way.

Examples:
  packet-logs nft verify --uplink wan0
  packet-logs nft verify --rules log-rules.yaml || packet-logs nft install --rules log-rules.yaml --yes`

/** `packet-logs nft verify`: whether install has nothing left to do; for scripts and monitoring. */
export function verifyCommand(io: Io): Command {
  const command = new Command('verify').description(
    'check that everything is installed as wanted; exit code 1 when not'
  )
  addCommonOptions(addProfileOptions(command)).addHelpText('after', help)
  return command.action(async (options: ProfileOptions & CommonOptions) => {
    const { formatPlan, planToJson } = await import('./show-plan.js')
    const runner = await openRunner(io, options)
    const profile = await openProfile(options, runner)
    const before = await runner.read()
    const plan = profile.plan(before)
    if (options.json) await write(io.stdout, `${JSON.stringify(planToJson(before, plan))}\n`)
    else await write(io.stdout, formatPlan(before, plan, takesColor(io.stdout, io.env)))
    if (plan.changes.length > 0) {
      const count = plan.changes.length === 1 ? 'one change is' : `${plan.changes.length} changes are`
      throw new NftError(
        'NFT_VERIFY',
        `the ruleset does not log as wanted, ${count} missing; see: packet-logs nft install`
      )
    }
    if (!options.json) await write(io.stdout, 'Verified: the ruleset logs as wanted.\n')
  })
}
