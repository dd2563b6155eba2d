import { Command } from 'commander'
import pc from 'picocolors'
import { UsageError } from '../../exit-code.js'
import { type Io, takesColor, write } from '../../io.js'
import type { RuleExplanation } from '../../rules/explain-rule-file.js'
import type { Subject } from '../../rules/recorded.js'
import { type RuleFileKind, readRuleFile } from '../../rules/rule-file.js'
import { kindOption, parseNumber, repeatable } from './options.js'
import { openRecordingAt, type RecordingOptions, recordingOptions } from './recording.js'

interface ExplainOptions extends RecordingOptions {
  kind?: RuleFileKind
  rule: readonly string[]
  event?: string
  number: number
  json?: true
}

const help = `
Of SPR's files it says both what SPR makes of a rule and what was most likely meant, each also as a filter.

RECORDING is a capture (pcap, pcapng) or has a JSON object per line, as subscribe -j and decode print them. Each condition is
shown with what it saw there. A threshold is not: what a rule does with many events says packet-logs rules test.

Examples:
  packet-logs rules explain notifications.json
  packet-logs rules explain rules.yaml --rule ssh-scan
  packet-logs rules explain rules.yaml capture.pcapng --number 12    why (not) the 12th packet
  packet-logs subscribe -j nft: | head -1 | packet-logs rules explain rules.yaml -`

/** `packet-logs rules explain FILE [RECORDING]`: rules in words, and why they match something or do not. */
export function explainCommand(io: Io): Command {
  const [prefixOption, groupOption] = recordingOptions()
  return new Command('explain')
    .description('say in plain words what rules mean, and why they match an event or do not')
    .argument('<file>', 'rules.yaml, alerts.json, notifications.json; - is standard input')
    .argument('[recording]', 'holds an event to put before the rules; - is standard input')
    .addOption(repeatable('--rule <id>', 'only this rule: its id, or its place such as [2]', 'all of them'))
    .option('--event <recording>', 'the same as the second argument')
    .option('--number <n>', 'which packet or line of the recording', parseNumber, 1)
    .addOption(prefixOption)
    .addOption(groupOption)
    .addOption(kindOption())
    .option('--json', 'print a JSON object per rule')
    .addHelpText('after', help)
    .action(async (path: string, recording: string | undefined, options: ExplainOptions) => {
      if (recording !== undefined && options.event !== undefined) {
        throw new UsageError('the recording and --event each name an event; use one of them')
      }
      const event = recording ?? options.event
      if (path === '-' && event === '-') throw new UsageError('only one of the two can be standard input')
      await runExplain(io, path, event, options)
    })
}

async function runExplain(io: Io, path: string, event: string | undefined, options: ExplainOptions): Promise<void> {
  const [{ explainRuleFile }, { formatExplanation }] = await Promise.all([
    import('../../rules/explain-rule-file.js'),
    import('../../rules/format-explanation.js')
  ])
  const { signal, stdin, stdout } = io
  const rules = chosen(explainRuleFile(await readRuleFile(path, { stdin, signal, kind: options.kind })), options.rule)
  const subject = event === undefined ? undefined : await findSubject(io, event, options)
  const colors = pc.createColors(takesColor(stdout, io.env))
  for (const rule of rules) {
    const text = options.json ? `${JSON.stringify(toJson(rule, subject))}\n` : formatExplanation(rule, subject, colors)
    await write(stdout, text, signal)
  }
}

function chosen(rules: readonly RuleExplanation[], wanted: readonly string[]): readonly RuleExplanation[] {
  const unknown = wanted.find(id => !rules.some(rule => rule.id === id))
  if (unknown !== undefined) {
    const known = rules.slice(0, 10).map(({ id }) => id)
    const others = rules.length > known.length ? ', …' : ''
    throw new UsageError(`there is no rule ${JSON.stringify(unknown)}; there are ${known.join(', ')}${others}`)
  }
  return wanted.length === 0 ? rules : rules.filter(({ id }) => wanted.includes(id))
}

async function findSubject(io: Io, path: string, options: ExplainOptions): Promise<Subject> {
  const { readRecorded } = await import('../../rules/recorded.js')
  const recording = await openRecordingAt(io, path, options)
  for await (const recorded of readRecorded(recording)) {
    if (recorded.number < options.number) continue
    const place = recording.kind === 'capture' ? 'packet' : 'line'
    if (recorded.kind === 'skipped') throw new Error(`${place} ${recorded.number} is no event: ${recorded.reason}`)
    return recorded
  }
  throw new Error(`${path} has no event number ${options.number}`)
}

function toJson(rule: RuleExplanation, subject: Subject | undefined): object {
  return {
    ...rule,
    readings: rule.readings.map(reading => {
      const { name, meaning, filter } = reading
      return { name, meaning, ...(filter !== undefined && { filter }), ...(subject && reading.examine(subject)) }
    })
  }
}
