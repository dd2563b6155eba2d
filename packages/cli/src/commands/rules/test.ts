import { Command, Option } from 'commander'
import pc from 'picocolors'
import { UsageError } from '../../exit-code.js'
import { type Io, takesColor } from '../../io.js'
import type { Expectation } from '../../rules/expectations.js'
import { type RuleFileKind, readRuleFile } from '../../rules/rule-file.js'
import { kindOption, repeatable } from './options.js'
import { openRecordingAt, type RecordingOptions, recordingOptions } from './recording.js'

interface TestOptions extends RecordingOptions {
  kind?: RuleFileKind
  reading: 'spr' | 'strict'
  expect: readonly string[]
  why: boolean
  json?: true
}

const progressMs = 1000

const help = `
RECORDING is a capture (pcap, pcapng) or has a JSON object per line, as subscribe -j and decode print them. It is put before
the rules in its own time, nothing is sent to anybody. Then each rule is listed: how often it fired, and of those that did
not, how many packets came its way, which condition failed on what, and how near its threshold came.

--expect RULE asks for at least one alert, --expect RULE=COUNT for so many; an entry of notifications.json is its place, 0, 1, …
Exit codes: 0 done, 1 failed or not as expected, 2 called the wrong way.

Examples:
  packet-logs rules test rules.yaml capture.pcapng
  packet-logs rules test rules.yaml scan.pcap --prefix drop:input --group 1 --expect port-scan=1
  packet-logs subscribe -j --timeout 60 | packet-logs rules test --json rules.yaml -`

/** `packet-logs rules test FILE RECORDING`: which rule fires when, and why not. */
export function testCommand(io: Io): Command {
  const [prefixOption, groupOption] = recordingOptions()
  return new Command('test')
    .description('put a recording before rules: which of them fires when, and why not')
    .argument('<file>', 'rules.yaml, alerts.json, notifications.json; - is standard input')
    .argument('<recording>', 'capture or log of events; - is standard input')
    .addOption(repeatable('--expect <rule>', 'RULE or RULE=COUNT: end with 1 when it does not fire so', 'nothing'))
    .option('--no-why', 'do not say why rules did not fire')
    .addOption(prefixOption)
    .addOption(groupOption)
    .addOption(
      new Option('-r, --reading <reading>', 'how to read notifications.json').choices(['spr', 'strict']).default('spr')
    )
    .addOption(kindOption())
    .option('--json', 'print a JSON object per alert, and at the end one that sums up')
    .addHelpText('after', help)
    .action(async (path: string, recording: string, options: TestOptions) => {
      if (path === '-' && recording === '-') throw new UsageError('only one of the two can be standard input')
      await runTest(io, path, recording, options)
    })
}

async function runTest(io: Io, path: string, recordingPath: string, options: TestOptions): Promise<void> {
  const [{ loadRuleSets }, { triedRules }, { runTrial }] = await Promise.all([
    import('../../rules/load-rule-sets.js'),
    import('../../rules/trial-report.js'),
    import('../../rules/run-trial.js')
  ])
  const { signal, stdin } = io
  const file = await readRuleFile(path, { stdin, signal, kind: options.kind })
  const sets = loadRuleSets(file, options.reading)
  const rules = triedRules(sets, options.reading)
  const expectations = await readExpectations(
    options.expect,
    rules.map(({ id }) => id)
  )
  const recording = await openRecordingAt(io, recordingPath, options)
  const unmet = await runTrial(io, {
    sets,
    rules,
    recording,
    expectations,
    isWhyAsked: options.why,
    isJson: options.json === true,
    colors: pc.createColors(takesColor(io.stdout, io.env)),
    progressMs
  })
  if (unmet.length > 0) throw new Error(`not as expected: ${unmet.join('; ')}`)
}

async function readExpectations(texts: readonly string[], ids: readonly string[]): Promise<readonly Expectation[]> {
  const { parseExpectation } = await import('../../rules/expectations.js')
  return texts.map(text => {
    const expectation = parseExpectation(text, ids)
    if (expectation === undefined) {
      throw new UsageError(`--expect ${JSON.stringify(text)} names no rule; there are ${ids.slice(0, 10).join(', ')}`)
    }
    return expectation
  })
}
