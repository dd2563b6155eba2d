import { describe, expect, it } from 'vitest'
import type { Alert } from '../engine/alert.js'
import { createAlerts } from './alerts.js'
import type { AlertEntry } from './entry.js'
import { NO_ACTION, NO_ENTRY } from './entry.js'

/** Of the processor: what an engine that tries everything takes seconds to hours for. */
const IN_TIME_MS = 1000

function entry(...paths: string[]): AlertEntry {
  const Actions = [{ ...NO_ACTION, StoreAlert: true, GrabEvent: true, GrabValues: true }]
  return { ...NO_ENTRY, TopicPrefix: 'a:', Name: 'name', Actions, Conditions: paths.map(JPath => ({ JPath })) }
}

interface Outcome {
  readonly raised: Alert[]
  readonly failures: number
  readonly tookMs: number
}

function evaluate(entries: readonly AlertEntry[], json: unknown): Outcome {
  const alerts = createAlerts(entries)
  const raised: Alert[] = []
  const before = process.cpuUsage()
  alerts.evaluate({ topic: 'a:b', json: () => json }, 0, alert => raised.push(alert))
  const { user, system } = process.cpuUsage(before)
  const tookMs = (user + system) / 1000
  return { raised, tookMs, failures: alerts.stats().reduce((sum, { failures }) => sum + failures, 0) }
}

describe('A regular expression', () => {
  const almost = `${'a'.repeat(1000)}!`

  it.each([
    '$[?(@.x =~ "(a+)+$")]',
    '$[?(@.x =~ "^(a|a)*$")]',
    '$[?(@.x =~ "(.*a){20}$")]',
    '$[?match(@.x, "(a|aa)+")]',
    '$[?search(@.x, "(a*)*b")]'
  ])('that others go astray with takes little time: %s', path => {
    const { raised, tookMs } = evaluate([entry(path)], { x: almost })
    expect(raised).toEqual([])
    expect(tookMs).toBeLessThan(IN_TIME_MS)
  })

  it('is not tried on texts without end', () => {
    expect(evaluate([entry('$[?(@.x =~ "^a")]')], { x: 'a'.repeat(1_000_000) }).raised).toEqual([])
    expect(evaluate([entry('$[?(@.x =~ "^a")]')], { x: 'a'.repeat(1000) }).raised).toHaveLength(1)
  })

  it('cannot be tried on very many texts', () => {
    const json = { x: Array.from({ length: 5000 }, () => almost) }
    const { raised, failures, tookMs } = evaluate([entry('$..[?(@ =~ "(.*a){20}$")]')], json)
    expect({ raised, failures }).toEqual({ raised: [], failures: 1 })
    expect(tookMs).toBeLessThan(IN_TIME_MS)
  })
})

describe('An event', () => {
  const wide = Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`k${n}`, [n]]))
  const huge = Array.from({ length: 200_000 }, (_, n) => n)
  let deep: unknown = 0
  for (let depth = 0; depth < 100_000; depth++) deep = [deep]
  let tree: unknown = 0
  for (let depth = 0; depth < 12; depth++) tree = [tree, tree]

  it.each([
    ['$..*..*', 'wide', wide],
    ['$..*..*..*', 'a tree', tree],
    ['$..[?(@..[?(@..[?(@.x=="y")])])]', 'a tree', tree],
    ['$[0][?(count($..*) > 0)]', 'wide', wide],
    ['$[0][*]', 'huge', huge],
    ['$[0][?(@ > 0)]', 'huge', huge],
    ['$[0][0:100000]', 'huge', huge],
    ['$..x', 'deep', deep],
    ['$..*', 'deep', deep]
  ])('cannot make %s take long by being %s', (path, _, json) => {
    const { raised, failures, tookMs } = evaluate([entry(path)], json)
    expect({ raised, failures }).toEqual({ raised: [], failures: 1 })
    expect(tookMs).toBeLessThan(IN_TIME_MS)
  })

  it('cannot hold up thousands of entries, and those without a search are still asked', () => {
    const costly = Array.from({ length: 1000 }, () => entry('$..*..*'))
    const { raised, failures, tookMs } = evaluate([...costly, entry('$[0].k1')], wide)
    expect(raised).toHaveLength(1)
    expect(failures).toBe(1000)
    expect(tookMs).toBeLessThan(2 * IN_TIME_MS)
  })

  // What counts an object's keys, or compares and prints all of it, takes its time before it is refused.
  it.each(['$..x', '$[0][*]', '$[?(@ =~ "z")]', '$[?(length(@) == 3)]', '$[?(@ == @)]', '$[?(1 in @.*)]'])(
    'as wide as can be holds up no hundreds of %s',
    path => {
      const widest = Object.fromEntries(Array.from({ length: 90_000 }, (_, n) => [`k${n}`, 1]))
      const { raised, failures, tookMs } = evaluate(
        Array.from({ length: 300 }, () => entry(path)),
        widest
      )
      expect({ raised, failures }).toEqual({ raised: [], failures: 300 })
      expect(tookMs).toBeLessThan(IN_TIME_MS)
    }
  )

  it('of ordinary size is searched by thousands of entries', () => {
    const packet = { IP: { SrcIP: '192.0.2.1' }, TCP: { Options: [{ OptionType: 2 }, { OptionType: 4 }] }, Prefix: 'x' }
    const { failures, raised } = evaluate(
      Array.from({ length: 1000 }, () => entry('$..[?(@.OptionType==4)]')),
      packet
    )
    expect(raised).toHaveLength(1000)
    expect(failures).toBe(0)
  })

  it('that is nested too deep to be written goes without itself', () => {
    const { raised } = evaluate([entry()], deep)
    expect(JSON.parse(raised[0]?.value ?? '')).toEqual({ RuleId: '', State: '', Topic: 'a:b', Values: [] })
  })

  it('has no keys but its own', () => {
    const json = JSON.parse('{"__proto__": {"x": 1}, "a": 1}') as unknown
    expect(evaluate([entry('$[?(@.constructor.name == "Object")]'), entry('$[?(@.x == 1)]')], json).raised).toEqual([])
    expect(evaluate([entry('$[?(@.__proto__.x == 1)]')], json).raised).toHaveLength(1)
  })
})
