import { Command } from 'commander'
import type { Io } from '../../io.js'
import {
  addCommonOptions,
  addEditOptions,
  addProfileOptions,
  type EditOptions,
  openProfile,
  openRunner,
  type ProfileOptions
} from './options.js'

const help = `
Shows what changes, asks, writes an undo file, applies everything in one transaction, reads again and verifies.

Exit codes: 0 installed or nothing to do, 1 failed or the answer was no, 2 called the wrong way.

Examples:
  packet-logs nft install --uplink wan0
  packet-logs nft install --log "wan:out#17@forward:dir=out:limit=100/second" --log "lan:in@input:iif!=wan0,lo" --yes
  packet-logs nft install --rules log-rules.yaml --yes --json | jq -r .undoFile
  packet-logs nft install --profile spr --netns router --yes`

/** `packet-logs nft install`: plan, show, ask, apply, verify. */
export function installCommand(io: Io): Command {
  const command = new Command('install').description('install log rules; run twice, it changes nothing the second time')
  addCommonOptions(addEditOptions(addProfileOptions(command))).addHelpText('after', help)
  return command.action(async (options: ProfileOptions & EditOptions) => {
    const [{ edit }, { planInstall }] = await Promise.all([import('./edit.js'), import('../../nft/planner.js')])
    const runner = await openRunner(io, options)
    const profile = await openProfile(options, runner)
    await edit(io, options, runner, ruleset => planInstall(ruleset, profile), {
      command: 'packet-logs nft install',
      unchanged: 'Nothing to do: the ruleset logs as wanted.',
      applied: 'Installed.'
    })
  })
}
