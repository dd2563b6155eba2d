import { Command, Option } from 'commander'
import { NftError } from '../../errors.js'
import { type Io, write } from '../../io.js'
import { addCommonOptions, type CommonOptions, openRunner } from './options.js'

interface ExportOptions extends CommonOptions {
  format: 'nft' | 'rules'
}

const help = `
Only rules of the basic profile can stand in a file of their own; edits of the spr profile are named and left out.

Examples:
  packet-logs nft export > /etc/nftables.d/packet-logs.nft    at boot: nft -f that
  packet-logs nft export --format rules > log-rules.yaml      elsewhere: packet-logs nft install --rules log-rules.yaml`

/** `packet-logs nft export`: the installed log rules, to be installed again elsewhere or at boot. */
export function exportCommand(io: Io): Command {
  const format = new Option('-f, --format <format>', 'nft: a script for nft -f; rules: a file for install --rules')
  const command = new Command('export').description('print the installed log rules, to install them again elsewhere')
  addCommonOptions(command)
    .addHelpText('after', help)
    .addOption(format.choices(['nft', 'rules']).default('nft'))
  return command.action(async (options: ExportOptions) => {
    const { exportLogRules, formatNftScript } = await import('../../nft/export.js')
    const { rules, notes } = exportLogRules(await (await openRunner(io, options)).read())
    const { safeText } = await import('@packet-logs/decoder')
    for (const note of notes) io.stderr.write(`note: ${safeText(note)}\n`)
    if (rules.length === 0)
      throw new NftError('NFT_PROFILE', 'no log rule of the basic profile is installed, so there is nothing to print')
    if (options.format === 'nft' && !options.json) return write(io.stdout, formatNftScript(rules))
    const { toLogRulesFile } = await import('../../nft/log-rules-file.js')
    const file = toLogRulesFile(rules)
    if (options.json) return write(io.stdout, `${JSON.stringify(file)}\n`)
    const { formatConfig } = await import('@packet-logs/config-file')
    await write(io.stdout, formatConfig(file))
  })
}
