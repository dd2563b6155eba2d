import { describe, expect, it } from 'vitest'
import type { RecordedBusEvent } from './recorded.js'
import { WhyNot } from './why-not.js'

function event(topic: string, value: object): RecordedBusEvent {
  return { kind: 'event', topic, event: { topic, value: JSON.stringify(value) } }
}

const rule = { id: 'a', isEnabled: true, topics: ['auth:'] }

describe('why a rule did not fire', () => {
  it('says which condition failed how often, where those before it were met, and on what', () => {
    const whyNot = new WhyNot([{ ...rule, filter: 'topic == "auth:failure" && event.user == "root"' }])
    whyNot.look(event('auth:success', { user: 'root' }))
    for (const user of ['a', 'b', 'b']) whyNot.look(event('auth:failure', { user }))
    whyNot.look(event('auth:failure', {}))
    whyNot.look(event('dns:serve', { user: 'c' }))
    expect(whyNot.report(0)).toMatchObject({
      seen: 5,
      examined: 5,
      conditions: [
        { source: 'topic == "auth:failure"', asked: 5, failed: 1, saw: [{ value: 'topic "auth:success"', count: 1 }] },
        {
          source: 'event.user == "root"',
          asked: 4,
          failed: 4,
          saw: [
            { value: 'event.user "b"', count: 2 },
            { value: 'event.user "a"', count: 1 },
            { value: 'event.user absent', count: 1 }
          ]
        }
      ]
    })
  })

  it('is not asked of a rule that has fired', () => {
    const whyNot = new WhyNot([{ ...rule, filter: 'event.user == "root"' }])
    whyNot.look(event('auth:failure', {}))
    whyNot.forget('a')
    whyNot.look(event('auth:failure', {}))
    expect(whyNot.report(0)?.seen).toBe(1)
  })

  it('keeps its effort and its memory bounded, and still counts everything', () => {
    const whyNot = new WhyNot([{ ...rule, filter: 'event.n == -1' }], 100)
    for (let n = 0; n < 300; n++) whyNot.look(event('auth:failure', { n }))
    const { seen, examined, conditions } = whyNot.report(0) ?? { seen: 0, examined: 0, conditions: [] }
    expect(seen).toBe(300)
    expect(examined).toBe(200)
    expect(conditions[0]?.saw).toHaveLength(3)
  })
})
