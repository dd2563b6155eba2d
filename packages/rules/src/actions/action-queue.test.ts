import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quickClock } from '../../test/support/actions.js'
import { makeAlert } from '../../test/support/alert.js'
import { ActionQueue } from './action-queue.js'
import { actionSchema, type CommandDefinition } from './definition.js'
import { Tally } from './tally.js'
import type { Outcome, Transport } from './transport.js'

function complete(changes: Partial<CommandDefinition> = {}) {
  return actionSchema.parse({ type: 'command', command: ['a'], ...changes })
}

/** Answers each attempt by what `next` says, and keeps the order of those it delivered. */
function fakeTransport(next: () => Outcome, delivered: string[]): Transport {
  return {
    target: 'a test',
    async send({ alert }) {
      await setImmediate()
      const outcome = next()
      if (outcome.kind === 'delivered') delivered.push(alert.title)
      return outcome
    },
    close: () => undefined
  }
}

const outcomes = fc.infiniteStream(
  fc.constantFrom<Outcome>(
    { kind: 'delivered' },
    { kind: 'refused', reason: 'no' },
    { kind: 'later', reason: 'busy' },
    { kind: 'later', reason: 'very busy', afterMs: 5000 }
  )
)
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant('push' as const) },
    { weight: 2, arbitrary: fc.constant('wait' as const) },
    { weight: 1, arbitrary: fc.constant('close' as const) },
    {
      weight: 1,
      arbitrary: fc.record({
        queueEntries: fc.integer({ min: 1, max: 5 }),
        maxPerMinute: fc.integer({ min: 1, max: 5 }),
        retries: fc.integer({ min: 0, max: 3 })
      })
    }
  ),
  { maxLength: 40 }
)

describe('the queue of an action', () => {
  it('loses count of no alert and keeps their order, whatever happens when', async () => {
    await fc.assert(
      fc.asyncProperty(steps, outcomes, async (plan, stream) => {
        const clock = quickClock()
        const tally = new Tally(clock.epochMs)
        const delivered: string[] = []
        const failures: string[] = []
        const next = (): Outcome => stream.next().value as Outcome
        const open = (): Transport => fakeTransport(next, delivered)
        const onFailure = (reason: string): void => {
          failures.push(reason)
        }
        const queue = new ActionQueue('a', complete(), open(), { clock, tally, onFailure })
        let pushed = 0
        let { queueEntries } = queue.definition
        for (const step of plan) {
          if (step === 'push') queue.push(makeAlert({ title: String(pushed++) }))
          else if (step === 'wait') await setImmediate()
          else if (step === 'close') queue.close()
          else {
            queue.redefine(complete(step), open())
            queueEntries = step.queueEntries
          }
          const now = queue.stats()
          expect(now.queued).toBeLessThanOrEqual(queueEntries)
          expect(now.delivered + now.failed + now.dropped + now.queued + now.active).toBe(pushed)
        }
        await queue.whenIdle()
        const end = queue.stats()
        expect(end).toMatchObject({ queued: 0, queuedBytes: 0, active: 0, delivered: delivered.length })
        expect(end.delivered + end.failed + end.dropped).toBe(pushed)
        expect(failures).toHaveLength(end.failed)
        expect(delivered).toEqual([...delivered].sort((one, other) => Number(one) - Number(other)))
      }),
      { numRuns: 100 }
    )
  })

  it('survives a transport that breaks its word, and tells nothing of what that says', async () => {
    const clock = quickClock()
    const broken: Transport = {
      target: 'a test',
      send: () => Promise.reject(new RangeError('with a secret')),
      close: () => undefined
    }
    const tally = new Tally(clock.epochMs)
    const queue = new ActionQueue('a', complete({ retries: 3 }), broken, { clock, tally, onFailure: () => undefined })
    queue.push(makeAlert())
    await queue.whenIdle()
    expect(queue.stats()).toMatchObject({ failed: 1, retries: 0, lastError: 'unexpected RangeError' })
  })
})
