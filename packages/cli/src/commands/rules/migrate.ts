import { Command, Option } from 'commander'
import { UsageError } from '../../exit-code.js'
import { type Io, write } from '../../io.js'
import { type RuleFileKind, readRuleFile } from '../../rules/rule-file.js'
import { kindOption } from './options.js'

interface MigrateCommandOptions {
  kind?: RuleFileKind
  reading: 'strict' | 'spr'
  output?: string
  force?: true
  json?: true
}

const help = `
Readings: strict  what people will have meant: ports without a protocol, networks, any case, IPv6
          spr     exactly what SPR makes of the file, quirks included

What rules.yaml cannot say stands in it as a comment, and as a line on standard error.

Exit codes: 0 all of it was carried over, 1 not all of it, 2 called the wrong way.

Examples:
  packet-logs rules migrate notifications.json > rules.yaml
  packet-logs rules migrate --reading spr alerts.json --output rules.yaml`

/** `packet-logs rules migrate FILE`: SPR's files as a rules.yaml. */
export function migrateCommand(io: Io): Command {
  return new Command('migrate')
    .description('write notifications.json or alerts.json as a rules.yaml')
    .argument('<file>', 'notifications.json or alerts.json; - is standard input')
    .addOption(new Option('-r, --reading <reading>', 'how to read it').choices(['strict', 'spr']).default('strict'))
    .addOption(kindOption())
    .option('-o, --output <path>', 'write a file instead of standard output; one that exists is kept')
    .option('--force', 'but replace it')
    .option('--json', 'print the new file and what it lacks as JSON')
    .addHelpText('after', help)
    .action(async (path: string, options: MigrateCommandOptions) => runMigrate(io, path, options))
}

async function runMigrate(io: Io, path: string, options: MigrateCommandOptions): Promise<void> {
  const { signal, stdin } = io
  const file = await readRuleFile(path, { stdin, signal, kind: options.kind })
  const [{ migrateRuleFile }, { formatProblem }] = await Promise.all([
    import('../../rules/migrate-rule-file.js'),
    import('../../rules/problems.js')
  ])
  if (file.kind === 'rules') throw new UsageError(`${file.name} is a rules.yaml already`)
  const migration = migrateRuleFile(file, options.reading)
  if (options.output !== undefined) {
    const { writeNewFile } = await import('../../rules/write-new-file.js')
    await writeNewFile(options.output, migration.text, { isReplaced: options.force === true })
  }
  if (options.json) {
    const { text, rules, problems } = migration
    await write(io.stdout, `${JSON.stringify({ kind: file.kind, reading: options.reading, rules, problems, text })}\n`)
  } else if (options.output === undefined) await write(io.stdout, migration.text)
  for (const problem of migration.problems) io.stderr.write(`${formatProblem(problem)}\n`)
  if (migration.problems.length > 0) {
    const what = migration.problems.length === 1 ? 'one thing' : `${migration.problems.length} things`
    throw new Error(`${file.name} is carried over but for ${what}; the comments in the new file say what`)
  }
}
