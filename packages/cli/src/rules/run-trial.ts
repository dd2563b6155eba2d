import type { RuleSets } from '@packet-logs/rules'
import type { Colors } from 'picocolors/types.js'
import { type Io, write } from '../io.js'
import type { Recording } from '../replay/recording.js'
import { type Expectation, isExpected } from './expectations.js'
import { formatAlert, formatNotice, formatOutcome, formatRecording } from './format-trial.js'
import { readRecorded } from './recorded.js'
import { outcomes, type RuleOutcome, type TriedRule } from './trial-report.js'
import { RuleTrial, type TryRulesProgress } from './try-rules.js'
import { WhyNot } from './why-not.js'

export interface RunTrialOptions {
  readonly sets: RuleSets
  readonly rules: readonly TriedRule[]
  readonly recording: Recording
  readonly expectations: readonly Expectation[]
  readonly isWhyAsked: boolean
  readonly isJson: boolean
  readonly colors: Colors
  /** So often a terminal is told how far it has come. */
  readonly progressMs: number
}

/** Lines wait until there are so many bytes of them: then the reader of the output sets the pace. */
const bytesPerWrite = 64 * 1024
const eraseLine = '\u001b[K'

/**
 * Puts a recording before rules and prints what comes out of it.
 *
 * @returns what is not as expected
 */
export async function runTrial(io: Io, options: RunTrialOptions): Promise<string[]> {
  const { sets, rules, recording, isJson, colors } = options
  const whyNot = options.isWhyAsked ? new WhyNot(rules) : undefined
  let printed = ''
  const trial = new RuleTrial(sets, {
    onAlert: alert => {
      whyNot?.forget(alert.ruleId)
      printed += isJson ? `${JSON.stringify({ type: 'alert', ...alert })}\n` : `${formatAlert(alert, colors)}\n`
    },
    onNotice: (entry, notice, timestampMs) => {
      whyNot?.forget(String(entry))
      printed += isJson
        ? `${JSON.stringify({ type: 'notice', entry, timestampMs, ...notice })}\n`
        : `${formatNotice(entry, notice, timestampMs, colors)}\n`
    },
    onSubject: subject => whyNot?.look(subject)
  })
  const flush = async (): Promise<void> => {
    const text = printed
    printed = ''
    if (text !== '') await write(io.stdout, text, io.signal)
  }
  const { progress } = trial
  let isTold = false
  const ticker = io.stderr.isTTY
    ? setInterval(() => {
        isTold = true
        io.stderr.write(`packet-logs: ${progress.packets + progress.events} so far\r`)
      }, options.progressMs)
    : undefined
  const source = inPace(readRecorded(recording), () => (printed.length > bytesPerWrite ? flush() : undefined))
  // Of a capture that breaks off, and of one that Ctrl-C ends, what came of its beginning is told all the same.
  const failure = await trial.run(source, io.signal).then(
    () => undefined,
    (error: unknown) => ({ error })
  )
  clearInterval(ticker)
  if (isTold) io.stderr.write(eraseLine)
  if (!io.signal.aborted) trial.end()
  await flush()
  const results = outcomes(rules, trial.engine.stats(), whyNot)
  const isWhole = failure === undefined && !isEmpty(progress)
  await write(io.stdout, isJson ? summaryJson(trial, results, options, isWhole) : summaryText(trial, results, colors))
  if (failure !== undefined) throw failure.error
  if (isEmpty(progress)) {
    throw new Error('the recording holds no packet and no event; give a capture, or lines as subscribe -j prints them')
  }
  return unmetExpectations(options.expectations, results)
}

async function* inPace<T>(source: AsyncIterable<T>, wait: () => Promise<void> | undefined): AsyncGenerator<T> {
  for await (const one of source) {
    const waiting = wait()
    if (waiting !== undefined) await waiting
    yield one
  }
}

function summaryText({ progress }: RuleTrial, results: readonly RuleOutcome[], colors: Colors): string {
  const lines = [
    colors.dim(`-- ${formatRecording(progress)} --`),
    ...(isEmpty(progress) ? [] : results).flatMap(result => formatOutcome(result, colors))
  ]
  return lines.map(line => `${line}\n`).join('')
}

function isEmpty({ packets, events }: TryRulesProgress): boolean {
  return packets + events === 0
}

function summaryJson(
  { progress, engine }: RuleTrial,
  results: readonly RuleOutcome[],
  { expectations }: RunTrialOptions,
  isWhole: boolean
): string {
  const unmet = unmetExpectations(expectations, results)
  const { totals } = engine
  return `${JSON.stringify({ type: 'summary', ok: isWhole && unmet.length === 0, unmet, recording: progress, totals, rules: results })}\n`
}

function unmetExpectations(expectations: readonly Expectation[], results: readonly RuleOutcome[]): string[] {
  return expectations.flatMap(expectation => {
    const fired = results.find(({ id }) => id === expectation.rule)?.fired ?? 0
    if (isExpected(expectation, fired)) return []
    return [`${expectation.rule} fired ${fired} times instead of ${expectation.count ?? 'at least once'}`]
  })
}
