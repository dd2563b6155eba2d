import { expect, it } from 'vitest'
import { HELP, parseOptions, UsageError } from './options.js'

it('reads nft:wan:out unless told otherwise', () => {
  expect(parseOptions([])).toEqual({
    prefixes: ['nft:wan:out'],
    socket: undefined,
    dns: undefined,
    json: false,
    timeoutMs: undefined
  })
})

it('reads the name server too when look-ups are asked for and no prefix is named', () => {
  expect(parseOptions(['--dns', '*.example.org'])?.prefixes).toEqual(['nft:wan:out', 'dns:serve:'])
  expect(parseOptions(['--dns', '*.example.org', 'nft:lan:'])?.prefixes).toEqual(['nft:lan:'])
})

it('takes prefixes and options in any order', () => {
  const argv = ['nft:drop:', '--json', '--socket', '/run/bus.sock', 'wifi:', '--timeout=1.5']
  expect(parseOptions(argv)).toEqual({
    prefixes: ['nft:drop:', 'wifi:'],
    socket: '/run/bus.sock',
    dns: undefined,
    json: true,
    timeoutMs: 1500
  })
})

it('asks for help', () => {
  expect(parseOptions(['--help', 'nft:'])).toBeUndefined()
  for (const option of ['--dns', '--json', '--socket', '--timeout', '--help']) expect(HELP).toContain(`  ${option}`)
})

it.each([
  [['--jsonn'], /--jsonn/],
  [['--socket'], /--socket/],
  [['--socket', ''], /^--socket is empty/],
  [['--timeout', '0'], /^--timeout is '0'/],
  [['--timeout', 'soon'], /^--timeout is 'soon'/],
  [['--timeout', ''], /^--timeout is ''/],
  [['--timeout', '9999999'], /above 0/]
])('refuses %j and says why', (argv, message) => {
  expect(() => parseOptions(argv)).toThrow(UsageError)
  expect(() => parseOptions(argv)).toThrow(message)
})
