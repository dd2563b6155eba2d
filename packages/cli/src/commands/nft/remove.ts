import { Command } from 'commander'
import type { Io } from '../../io.js'
import { addCommonOptions, addEditOptions, type EditOptions, openRunner } from './options.js'

const help = `
Finds its rules by their comment and puts back what it rewrote; what others changed since stays as they left it.

Exit codes: 0 removed or nothing to do, 1 failed or the answer was no, 2 called the wrong way.

Examples:
  packet-logs nft remove
  packet-logs nft remove --netns router --yes`

/** `packet-logs nft remove`: takes out what install put in, whatever others changed since. */
export function removeCommand(io: Io): Command {
  const command = new Command('remove').description('take the log rules out again, whichever profile they came from')
  addCommonOptions(addEditOptions(command)).addHelpText('after', help)
  return command.action(async (options: EditOptions) => {
    const [{ edit }, { planRemoval }] = await Promise.all([import('./edit.js'), import('../../nft/planner.js')])
    await edit(io, options, await openRunner(io, options), planRemoval, {
      command: 'packet-logs nft remove',
      unchanged: 'Nothing to do: no log rule of packet-logs is installed.',
      applied: 'Removed.'
    })
  })
}
