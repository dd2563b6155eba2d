import { Command } from 'commander'
import { NftError } from '../../errors.js'
import { type Io, write } from '../../io.js'
import { addCommonOptions, addProfileOptions, type CommonOptions, type ProfileOptions } from './options.js'

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
    const { showInstallPlan } = await import('./show-plan.js')
    const { changes } = await showInstallPlan(io, options)
    if (changes.length > 0) {
      const count = changes.length === 1 ? 'one change is' : `${changes.length} changes are`
      throw new NftError(
        'NFT_VERIFY',
        `the ruleset does not log as wanted, ${count} missing; see: packet-logs nft install`
      )
    }
    if (!options.json) await write(io.stdout, 'Verified: the ruleset logs as wanted.\n')
  })
}
