import { Command } from 'commander'
import { type Io, write } from '../../io.js'
import { addCommonOptions, addProfileOptions, type CommonOptions, type ProfileOptions } from './options.js'

const help = `
Exit codes: 0 done, whether or not there is something to change, 1 failed, 2 called the wrong way.

Examples:
  packet-logs nft plan                                        what would be logged by default
  packet-logs nft plan --log "ssh@input:iif=wan0:limit=10/second"
  packet-logs nft plan --profile spr --json | jq .upToDate    is there anything to do?`

/** `packet-logs nft plan`: what install would do. */
export function planCommand(io: Io): Command {
  const command = new Command('plan').description('show what install would change; changes nothing')
  addCommonOptions(addProfileOptions(command)).addHelpText('after', help)
  return command.action(async (options: ProfileOptions & CommonOptions) => {
    const { showInstallPlan } = await import('./show-plan.js')
    const { changes } = await showInstallPlan(io, options)
    if (changes.length === 0 && !options.json) await write(io.stdout, 'Nothing to do: the ruleset logs as wanted.\n')
  })
}
