import { Command } from 'commander'
import type { Io } from '../../io.js'
import { exportCommand } from './export.js'
import { installCommand } from './install.js'
import { planCommand } from './plan.js'
import { removeCommand } from './remove.js'
import { statusCommand } from './status.js'
import { verifyCommand } from './verify.js'

const help = `
Profiles:
  basic  rules in a table of their own (inet packet_logs). Nothing that exists is changed, no packet is ever stopped.
         Logged by default, to group 0: wan:in and lan:in (to this machine), wan:out and lan:out (from it or through it).
  spr    edits in place for the rulesets of SPR routers: DRP: logs become drop:… in group 1, wan:out and lan:in are added.

Examples:
  packet-logs nft plan                                          show what would change, change nothing
  packet-logs nft install --uplink eth0                         show, ask, install
  packet-logs nft install --log "wan:out@forward:oif=eth0:limit=100/second" --yes
  packet-logs nft install --rules log-rules.yaml --yes
  packet-logs nft install --profile spr --netns router --yes
  packet-logs nft status                                        counters, and who listens
  packet-logs nft verify --rules log-rules.yaml                 is it as wanted? exit code 1 when not
  packet-logs nft export --format rules > log-rules.yaml        what is installed, for another machine
  packet-logs nft remove --yes                                  exactly as it was before`

/** `packet-logs nft …`: log rules in, log rules out. */
export function nftCommand(io: Io): Command {
  const command = new Command('nft').description('install log rules into the nft ruleset, and take them out again')
  const children = [planCommand, installCommand, statusCommand, verifyCommand, removeCommand, exportCommand]
  for (const child of children) command.addCommand(child(io))
  return command.addHelpText('after', help)
}
