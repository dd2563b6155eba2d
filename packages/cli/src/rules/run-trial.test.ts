import { PassThrough, Readable } from 'node:stream'
import pc from 'picocolors'
import { expect, it } from 'vitest'
import type { Io } from '../io.js'
import { loadRuleSets } from './load-rule-sets.js'
import { runTrial } from './run-trial.js'
import { triedRules } from './trial-report.js'

const text = `rules:
  - { id: failures, when: event.user == "root", topics: ['auth:'] }
  - { id: rest, when: event.user == "nobody", topics: ['auth:'] }
`

it('tells what came until it was told to end', async () => {
  const controller = new AbortController()
  const stdout = new PassThrough()
  const io: Io = { stdin: Readable.from([]), stdout, stderr: new PassThrough(), env: {}, signal: controller.signal }
  async function* untilAborted(): AsyncGenerator<string> {
    yield '{"Topic":"auth:failure","Value":{"user":"root"}}'
    yield '{"Topic":"auth:failure","Value":{"user":"guest"}}'
    await Promise.resolve()
    controller.abort(new Error('told to end'))
  }
  const sets = loadRuleSets({ name: 'rules.yaml', text, kind: 'rules' }, 'spr')
  const trial = runTrial(io, {
    sets,
    rules: triedRules(sets, 'spr'),
    recording: { kind: 'lines', lines: untilAborted() },
    expectations: [],
    isWhyAsked: true,
    isJson: false,
    colors: pc.createColors(false),
    progressMs: 1000
  })
  await expect(trial).rejects.toThrow('told to end')
  expect(String(stdout.read()).split('\n')).toEqual([
    'no time medium   failures ×1 failures',
    '-- 2 events; none says when it happened: all count as of one moment --',
    'fired  failures: 1 alert of 1 match',
    'silent rest: saw 2, matched 0',
    '         event.user == "nobody" failed 2 of 2 times; saw event.user "root" (1×), event.user "guest" (1×)',
    ''
  ])
})
