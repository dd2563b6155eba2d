import { describe, expect, it } from 'vitest'
import { RuleError } from '../errors.js'
import { compileFilter } from './compile-filter.js'

function errorOf(source: string): RuleError {
  try {
    compileFilter(source)
  } catch (error) {
    if (error instanceof RuleError) return error
    throw error
  }
  throw new Error(`${source} compiles`)
}

describe('a bad filter', () => {
  it.each([
    [
      'dst.prot == 443',
      'FILTER_UNKNOWN_NAME',
      "there is no field 'dst.prot'; did you mean dst.port?\n  dst.prot == 443\n  ^^^^^^^^"
    ],
    ['port == 443', 'FILTER_UNKNOWN_NAME', 'did you mean src.port?'],
    ['srcport == 443', 'FILTER_UNKNOWN_NAME', 'did you mean src.port?'],
    ['xyzzy', 'FILTER_UNKNOWN_NAME', 'docs/filter-language.md'],
    ['tcp', 'FILTER_UNKNOWN_NAME', "'tcp' is no field by itself; there are tcp.syn, tcp.ack"],
    ['mark.x == 1', 'FILTER_UNKNOWN_NAME', "'mark' has no parts"],
    ['inCdir(src.ip, "10.0.0.0/8")', 'FILTER_UNKNOWN_NAME', 'did you mean inCidr?'],
    ['[1].map(x, x)', 'FILTER_UNKNOWN_NAME', 'use exists or all'],
    ['dst.port == "443"', 'FILTER_TYPE', 'a number is never compared with a text; leave the quotes out'],
    ['protocol == 6', 'FILTER_TYPE', "put quotes around '6'"],
    ['dst.port', 'FILTER_TYPE', 'this is a number, where a true or false is needed'],
    ['!dst.port', 'FILTER_TYPE', 'this is a number'],
    ['tcp.syn && dst.port', 'FILTER_TYPE', 'tcp.syn && dst.port\n             ^^^^^^^^'],
    ['dst.port in [80, "443"]', 'FILTER_TYPE', 'the list began with a number, this is a text'],
    ['dst.port in 80', 'FILTER_TYPE', 'a list stands in brackets'],
    ['src.ip in "10.0.0.0/8"', 'FILTER_TYPE', 'write inCidr'],
    ['src.ip == "10.0.0.0/8"', 'FILTER_TYPE', 'use inCidr()'],
    ['src.ip == "10.0.0"', 'FILTER_TYPE', "'10.0.0' is no IP address"],
    ['inCidr(src.ip, "010.0.0.0/8")', 'FILTER_TYPE', 'some read as octal'],
    ['inCidr(src.ip, "10.0.0.0/33")', 'FILTER_TYPE', 'is no IP address or network'],
    ['inCidr(src.ip, topic)', 'FILTER_TYPE', 'must be written out'],
    ['src.mac == "00:11"', 'FILTER_TYPE', 'is no MAC address'],
    ['dns.name.matches(topic)', 'FILTER_TYPE', 'must be written out'],
    ['dns.name.matches("(a")', 'FILTER_SYNTAX', 'this is no regular expression'],
    ['dns.name.matches("(?=a)")', 'FILTER_SYNTAX', 'this is no regular expression'],
    ['glob(dns.name)', 'FILTER_TYPE', 'glob() is written glob(dns.name, "*.example.org")'],
    ['has(1)', 'FILTER_TYPE', 'has(src.port)'],
    ['tcp.syn ? 1 : "a"', 'FILTER_TYPE', 'one branch is a number, the other a text'],
    ['dst.port + "a" == 1', 'FILTER_TYPE', 'there is no number + text'],
    ['{"a": 1} == 1', 'FILTER_TYPE', 'no maps'],
    ['b"a" == b"a"', 'FILTER_TYPE', 'no byte strings'],
    ['mark == 9007199254740993', 'FILTER_LIMIT', 'numbers go up to'],
    ['dst.port = 443', 'FILTER_SYNTAX', 'write == to compare'],
    ['tcp.syn and tcp.ack', 'FILTER_SYNTAX', 'write && for and'],
    ['tcp.syn &', 'FILTER_SYNTAX', 'write &&'],
    ['tcp.syn &&', 'FILTER_SYNTAX', 'ends too early'],
    ['', 'FILTER_SYNTAX', 'empty'],
    ['(((((((((((((((((((((((((((((((((((((((1', 'FILTER_LIMIT', 'maxDepth'],
    [`true${' || true'.repeat(2000)}`, 'FILTER_LIMIT', 'maxAstNodes'],
    [' '.repeat(20_000), 'FILTER_LIMIT', '20000 characters'],
    [`dns.name.matches("${'(a{1,9}){1,9}'.repeat(9)}")`, 'FILTER_LIMIT', 'here it costs'],
    [`glob(topic, "${'a'.repeat(300)}")`, 'FILTER_LIMIT', '256 characters'],
    [`event.a.exists(x, event.b.exists(y, event.c.exists(z, x + y == z)))`, 'FILTER_LIMIT', 'may take too long']
  ])('%j is refused with %s', (source, code, problem) => {
    const error = errorOf(source)
    expect(error.message).toContain(problem)
    expect(error.code).toBe(code)
  })

  it('tells the place by line and column', () => {
    const { message, position } = errorOf('tcp.syn &&\n  dst.prt == 1')
    expect(position).toEqual({ offset: 13, line: 2, column: 3 })
    expect(message).toContain('\n    dst.prt == 1\n    ^^^^^^^')
  })

  it('shows the part of a long line that matters', () => {
    const { message } = errorOf(`${'true && '.repeat(50)}nobody && ${'true && '.repeat(50)}true`)
    const [, line = '', carets = ''] = message.split('\n')
    expect(line.length).toBeLessThan(110)
    expect(line.slice(carets.indexOf('^'), carets.length)).toBe('nobody')
  })

  it('says nothing to the terminal it is printed on', () => {
    for (const source of ['\u001b[31mred', 'a\u009b31m', 'topic == "\u202e"x', '"\u001b]0;x\u0007" == 1']) {
      expect(errorOf(source).message).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u)
    }
  })
})
