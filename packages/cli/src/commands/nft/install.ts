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

/** `packet-logs nft install`: plan, show, ask, apply, verify. */
export function installCommand(io: Io): Command {
  const command = new Command('install').description('install log rules; run twice, it changes nothing the second time')
  addCommonOptions(addEditOptions(addProfileOptions(command)))
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
