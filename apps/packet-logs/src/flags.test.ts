import { describe, expect, it } from 'vitest'
import { configSchema } from './config/config.js'
import { applyFlags, parseFlags } from './flags.js'

function parse(...argv: string[]): { flags?: ReturnType<typeof parseFlags>; printed: string; code?: string } {
  let printed = ''
  const print = (text: string): void => {
    printed += text
  }
  try {
    return { flags: parseFlags(argv, '1.2.3', { out: print, err: print }), printed }
  } catch (error) {
    return { printed, code: (error as { code: string }).code }
  }
}

describe('the flags', () => {
  it('say nothing about what was not given', () => {
    expect(parse().flags).toEqual({})
  })

  it('name groups, each with an action of its own or the usual one', () => {
    expect(parse('--group', '5=blocked', '--group', '6').flags).toEqual({
      groups: [{ group: 5, action: 'blocked' }, { group: 6 }]
    })
  })

  it('name the bus and the file', () => {
    expect(parse('--config', 'c.yaml', '--bus-connect', '/run/bus.sock').flags).toEqual({
      configPath: 'c.yaml',
      bus: { connect: '/run/bus.sock' }
    })
  })

  it('say where the API listens', () => {
    expect(parse('--http', '[::1]:8080').flags?.httpListen).toBe('[::1]:8080')
    expect(parse('--http', 'unix:/run/a.sock').flags).toEqual({ httpListen: 'unix:/run/a.sock' })
  })

  it.each(['8080', ':8080', '::1:8080', '[10.0.0.1]:80', '10.0.0.1:65536', 'unix:', 'example.org:80'])(
    'refuse %s as a place for the API',
    place => {
      const { code, printed } = parse('--http', place)
      expect(code).toBe('commander.invalidArgument')
      expect(printed).toMatch(/ADDR:PORT/)
    }
  )

  it('take the place of their own fields and of no others', () => {
    const written = { bus: { connect: '/a', socketMode: '0660' }, http: { listen: 'unix:/a', tokenFile: '/t' } }
    const flags = parse('--bus-listen', '/b', '--http', '127.0.0.1:1', '--group', '3').flags
    expect(applyFlags(configSchema.parse(written), flags ?? {})).toMatchObject({
      groups: [{ group: 3 }],
      bus: { listen: '/b', socketMode: '0660' },
      http: { listen: '127.0.0.1:1', tokenFile: '/t' }
    })
    expect(applyFlags(configSchema.parse(written), flags ?? {}).bus).not.toHaveProperty('connect')
    expect(applyFlags(configSchema.parse(written), {})).toEqual(configSchema.parse(written))
  })

  it('refuse a bus that is served here and elsewhere, a socket without a name, a group that is named twice', () => {
    expect(parse('--bus-listen', '/a', '--bus-connect', '/b').code).toBe('commander.conflictingOption')
    expect(parse('--bus-listen', '').code).toBe('commander.invalidArgument')
    expect(parse('--group', '1', '--group', '1=seen').code).toBe('commander.invalidArgument')
  })

  it.each(['65536', '-1', 'x', '5=', '1e3'])('refuse %s as a group and say how to write one', group => {
    const { code, printed } = parse(`--group=${group}`)
    expect(code).toBe('commander.invalidArgument')
    expect(printed).toMatch(/Write N or N=ACTION/)
  })

  it('teach by examples', () => {
    const { code, printed } = parse('--help')
    expect(code).toBe('commander.helpDisplayed')
    expect(printed).toMatch(/CAP_NET_ADMIN/)
    expect(printed).toMatch(/packet-logs subscribe nft:/)
  })
})
