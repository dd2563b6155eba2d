import { Environment } from '@marcbachmann/cel-js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fields } from '../../src/filter/fields/table.js'
import type { Filter, FilterEvent } from '../../src/index.js'
import { compileFilter, RuleError } from '../../src/index.js'
import { decoded, eventOf, ping6, query, syn } from '../packets.js'
import { vectors } from '../vectors.js'

/** Undefined for a filter that is refused, which only ever happens with the typed error. */
function compiled(source: string): Filter | undefined {
  try {
    return compileFilter(source)
  } catch (error) {
    expect(error).toBeInstanceOf(RuleError)
    return undefined
  }
}

/** Expressions that are well formed and mostly well typed, so that many get past the checks. */
const { condition } = fc.letrec<{ condition: string; number: string; text: string }>(tie => ({
  condition: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom('true', 'false', 'tcp.syn', 'tcp.ack', 'ip.fragment', 'has(dst.port)', 'has(dns.name)'),
    fc.tuple(tie('number'), fc.constantFrom('==', '!=', '<', '<=', '>', '>='), tie('number')).map(all => all.join(' ')),
    fc.tuple(tie('text'), fc.constantFrom('==', '!=', '<'), tie('text')).map(all => all.join(' ')),
    fc.tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition')).map(all => `(${all.join(' ')})`),
    tie('condition').map(one => `!(${one})`),
    fc.tuple(tie('condition'), tie('condition'), tie('condition')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(tie('number'), tie('number'), tie('number')).map(([a, b, c]) => `${a} in [${b}, ${c}]`),
    fc
      .tuple(tie('text'), fc.constantFrom('startsWith', 'endsWith', 'contains'), tie('text'))
      .map(([a, f, b]) => `(${a}).${f}(${b})`),
    fc
      .tuple(fc.constantFrom('exists', 'all', 'exists_one'), tie('number'), tie('number'))
      .map(([q, a, b]) => `[${a}, ${b}].${q}(x, x > ${b})`)
  ),
  number: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('dst.port', 'src.port', 'mark', 'ip.ttl', 'length', '0', '1', '443', '-7'),
    fc.tuple(tie('number'), fc.constantFrom('+', '-', '/', '%'), tie('number')).map(all => `(${all.join(' ')})`),
    // A product that fits CEL's 64 bits and not ours would be a difference, and is meant to be one.
    tie('number').map(one => `(${one} * 3)`),
    tie('text').map(text => `size(${text})`)
  ),
  text: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom('topic', 'prefix', 'protocol', 'inDevice', '"nft"', '"tcp"', '""', '"drop"'),
    fc.tuple(tie('text'), tie('text')).map(all => `(${all.join(' + ')})`)
  )
}))

describe('a filter', () => {
  it('made of anything is refused with the typed error, or runs and gives an answer', () => {
    const words = fc.constantFrom(
      ...fields.keys(),
      ...['event', 'x', '(', ')', '[', ']', '{', '}', '.', ',', ':', '?', '!', '&&', '||', '==', '<', '+', '-', 'in'],
      ...['"a"', "r'\\d'", 'b"x"', '1', '1u', '1.5', '0x7fffffffffffffff', 'null', 'true', 'has', 'glob', 'inCidr'],
      ...['matches', 'size', 'int', 'all', 'exists', 'map', 'cel.bind', '"10.0.0.0/8"', '\n', '//', '\u0000', '"""']
    )
    const source = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(words, { maxLength: 14 }).map(all => all.join(' '))
    )
    fc.assert(
      fc.property(source, text => {
        const filter = compiled(text)
        if (filter === undefined) return
        expect(filter.matchesPacket(syn, decoded(syn))).toBeTypeOf('boolean')
        expect(filter.matchesEvent({ topic: 'a', value: '{"a":1}' })).toBeTypeOf('boolean')
      }),
      { numRuns: 1500 }
    )
  })

  it('gives a packet and its event the same answer', () => {
    const packets = [syn, ping6, query].map(packet => ({ packet, layers: decoded(packet), event: eventOf(packet) }))
    let matches = 0
    fc.assert(
      fc.property(condition, source => {
        const filter = compiled(source)
        if (filter === undefined) return
        for (const { packet, layers, event } of packets) {
          const answer = filter.matchesPacket(packet, layers)
          expect(filter.matchesEvent(event)).toBe(answer)
          if (answer) matches++
        }
      }),
      { numRuns: 400 }
    )
    expect(matches).toBeGreaterThan(40)
  })

  it("means what the parser's own evaluator takes it for, wherever that accepts it", () => {
    const { environment, context } = oracle()
    let compared = 0
    fc.assert(
      fc.property(condition, source => {
        const filter = compiled(source)
        if (filter === undefined || !environment.check(source).valid) return
        compared++
        let expected = false
        try {
          expected = environment.evaluate(source, context) === true
        } catch {
          // An error, an absent field among them, is no match.
        }
        expect(filter.matchesPacket(syn, decoded(syn))).toBe(expected)
      }),
      { numRuns: 500 }
    )
    expect(compared).toBeGreaterThan(250)
  })

  it('never throws on an event, whatever it holds', () => {
    const everyField = [...fields.keys()].map(name => `has(${name})`).join(' || ')
    const filter = compileFilter(`${everyField} || event.a.b[0] == 1 || event.a.exists(x, x == event.a)`)
    const keys = [
      'IP',
      'IPv6',
      'TCP',
      'DNS',
      'DHCP',
      'Meta',
      'Vlan',
      'Questions',
      'Answers',
      'Options',
      'Name',
      'a',
      'b'
    ]
    const key = fc.constantFrom(
      ...keys,
      'Extensions',
      'Type',
      'Data',
      'ClientHWAddr',
      'Protocol',
      'Version',
      '__proto__'
    )
    const { json } = fc.letrec(tie => ({
      json: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, 0, -1, 4, 6, 41, 1.5, 1e300, true, '', 'AAAA', '10.0.0.1'),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(key, tie('json'), { maxKeys: 5 })
      )
    }))
    const event = fc.record<FilterEvent>({
      topic: fc.constantFrom('nft:', 'nft:a', 'dns:serve'),
      value: fc.oneof(
        json.map(value => JSON.stringify(value)),
        fc.string({ unit: 'binary' })
      )
    })
    fc.assert(
      fc.property(event, one => {
        expect(filter.matchesEvent(one)).toBeTypeOf('boolean')
      }),
      { numRuns: 800 }
    )
  })

  it('never throws on a packet, however it is cut and changed', () => {
    const filter = compileFilter(`!(${[...fields.keys()].map(name => `has(${name})`).join(' && ')})`)
    const vector = fc.constantFrom(...vectors.map(({ logged }) => logged))
    fc.assert(
      fc.property(vector, fc.nat(2000), fc.nat(2000), fc.nat(255), (logged, length, at, byte) => {
        const payload = logged.payload.slice(0, length)
        if (at < payload.length) payload[at] = byte
        const packet = { ...logged, payload }
        expect(filter.matchesPacket(packet, decoded(packet))).toBeTypeOf('boolean')
      }),
      { numRuns: 400 }
    )
  })

  it.each([
    [`event.matches("(x+x+)+[yz]")`, 'x'.repeat(1024)],
    [`event.matches("[ab]*a[ab]{100}[cd]") || event.matches("(.*a.*b){20}[cd]")`, 'aabab'.repeat(204)],
    [`event.matches("([ab]{1,6}|a[ab]{1,6}){1,6}[cd]")`, 'abbaab'.repeat(170)],
    [`glob(event, "${'*a'.repeat(60)}*b") || event.contains("${'a'.repeat(200)}b")`, 'a'.repeat(4096)],
    ['event.a.b.c == 1', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['event[0] == 1', '['.repeat(500_000)]
  ])('cannot be made to hang: %s', (source, value) => {
    const filter = compileFilter(source)
    const start = performance.now()
    expect(filter.matchesEvent({ topic: 'a', value })).toBe(false)
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

/** The same packet for CEL's evaluator. */
function oracle(): { environment: Environment; context: Record<string, unknown> } {
  const environment = new Environment()
    .registerVariable('topic', 'string')
    .registerVariable('prefix', 'string')
    .registerVariable('protocol', 'string')
    .registerVariable('inDevice', 'string')
    .registerVariable('mark', 'int')
    .registerVariable('length', 'int')
    .registerVariable('dst', 'map<string, int>')
    .registerVariable('src', 'map<string, int>')
    .registerVariable('ip', 'map<string, dyn>')
    .registerVariable('tcp', 'map<string, bool>')
    .registerVariable('dns', 'map<string, string>')
  const context = {
    topic: 'nft:drop:input',
    prefix: 'DROP:input',
    protocol: 'tcp',
    inDevice: 'eth0',
    mark: 7n,
    length: 40n,
    dst: { port: 443n },
    src: { port: 40000n },
    ip: { ttl: 64n, fragment: false },
    tcp: { syn: true, ack: false },
    dns: {}
  }
  return { environment, context }
}
