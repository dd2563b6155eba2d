import { Command } from 'commander'
import pc from 'picocolors'
import { type Io, takesColor, write } from '../../io.js'
import type { GroupStatus, NftStatus } from '../../nft/status.js'
import { addCommonOptions, type CommonOptions, openRunner } from './options.js'

const help = `
Shows every rule that logs to a group, whoever made it.

Examples:
  packet-logs nft status
  packet-logs nft status --json | jq '.groups[] | select(.listener == "no")'    groups that nobody reads`

/** `packet-logs nft status`: which rules log, how much, and whether anybody listens. */
export function statusCommand(io: Io): Command {
  const command = new Command('status').description('show the log rules, their counters, and whether a program listens')
  addCommonOptions(command).addHelpText('after', help)
  return command.action(async (options: CommonOptions) => {
    const { describeStatus } = await import('../../nft/status.js')
    const runner = await openRunner(io, options)
    const status = describeStatus(await runner.read(), await runner.readProc('netfilter/nfnetlink_log'))
    const text = options.json
      ? `${JSON.stringify(status)}\n`
      : await formatStatus(status, takesColor(io.stdout, io.env))
    await write(io.stdout, text)
  })
}

async function formatStatus(status: NftStatus, color: boolean): Promise<string> {
  const { safeText } = await import('@packet-logs/decoder')
  const { bold, dim, green, yellow } = pc.createColors(color)
  const lines: string[] = []
  if (!status.installed) lines.push('No log rule of packet-logs is installed; see: packet-logs nft install --help')
  for (const group of status.groups) {
    lines.push(
      `${bold(`group ${group.group}`)}  ${group.listener === 'yes' ? green(listener(group)) : yellow(listener(group))}`
    )
    for (const rule of status.rules.filter(each => each.group === group.group)) {
      const where = `${rule.family} ${rule.table} ${rule.chain}`
      const count = rule.packets === undefined ? 'not counted' : `${rule.packets} packets, ${rule.bytes} bytes`
      lines.push(
        `  ${safeText(rule.prefix).padEnd(14)} ${count.padEnd(28)} ${where}${rule.owned ? '' : dim(' (not ours)')}`
      )
      lines.push(dim(`    ${safeText(rule.rule)}`))
    }
  }
  return lines.map(line => `${line}\n`).join('')
}

function listener(group: GroupStatus): string {
  switch (group.listener) {
    case 'yes':
      return `a program listens (netlink port ${group.portId}, ${group.queued} packets queued)`
    case 'no':
      return 'nobody listens: packets logged to it are lost; start packet-logsd'
    case 'unknown':
      return 'who listens cannot be seen without CAP_NET_ADMIN'
  }
}
