import { Command } from 'commander'
import pc from 'picocolors'
import { UsageError } from '../../exit-code.js'
import { type Io, takesColor, write } from '../../io.js'
import { type RuleFileKind, readRuleFile, ruleFileName } from '../../rules/rule-file.js'
import { kindOption } from './options.js'

interface CheckOptions {
  kind?: RuleFileKind
  strict?: true
  json?: true
}

const help = `
A problem keeps a file from being loaded. A warning does not: what it names loads, and is most likely not what is meant.

Exit codes: 0 all files load, 1 one does not (with --strict: or has a warning), 2 called the wrong way.

Examples:
  packet-logs rules check rules.yaml
  packet-logs rules check --strict *.yaml notifications.json
  packet-logs rules check --json alerts.json | jq '.files[].warnings'`

/** `packet-logs rules check FILE…`: whether rule files load, and whether they say what is meant. */
export function checkCommand(io: Io): Command {
  return new Command('check')
    .description('check that rule files load, and look for what is hardly meant')
    .argument('<file...>', 'rules.yaml, alerts.json, notifications.json; - is standard input')
    .addOption(kindOption())
    .option('--strict', 'end with 1 on warnings, too')
    .option('--json', 'print JSON')
    .addHelpText('after', help)
    .action(async (paths: readonly string[], options: CheckOptions) => runCheck(io, paths, options))
}

async function runCheck(io: Io, paths: readonly string[], options: CheckOptions): Promise<void> {
  if (paths.filter(path => path === '-').length > 1) throw new UsageError('standard input is only read once')
  const [{ checkRuleFile, unreadableReport }, { formatReport }] = await Promise.all([
    import('../../rules/check-rule-file.js'),
    import('../../rules/format-report.js')
  ])
  const { signal, stdin } = io
  const colors = pc.createColors(takesColor(io.stdout, io.env))
  const reports = []
  for (const path of paths) {
    const report = await readRuleFile(path, { stdin, signal, kind: options.kind }).then(
      file => checkRuleFile(file, Date.now()),
      (error: unknown) => unreadableReport(ruleFileName(path), error)
    )
    signal.throwIfAborted()
    reports.push(report)
    if (!options.json) await write(io.stdout, formatReport(report, colors), signal)
  }
  const isWrong = reports.filter(
    ({ problems, warnings }) => problems.length > 0 || (options.strict && warnings.length > 0)
  )
  if (options.json) await write(io.stdout, `${JSON.stringify({ ok: isWrong.length === 0, files: reports })}\n`)
  if (isWrong.length > 0) {
    const names = isWrong.map(({ file }) => file).join(', ')
    throw new Error(`${names}: ${options.strict ? 'problems or warnings' : 'cannot be loaded'}`)
  }
}
