import { describe, expect, it } from 'vitest'
import { parseFlags } from './flags.js'

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
    expect(parse().flags).toEqual({ config: {} })
  })

  it('name groups, each with an action of its own or the usual one', () => {
    expect(parse('--group', '5=blocked', '--group', '6').flags?.config).toEqual({
      groups: [{ group: 5, action: 'blocked' }, { group: 6 }]
    })
  })

  it('name the bus and the file', () => {
    expect(parse('--config', 'c.yaml', '--bus-connect', '/run/bus.sock').flags).toEqual({
      configPath: 'c.yaml',
      config: { bus: { connect: '/run/bus.sock' } }
    })
  })

  it('say where the API listens', () => {
    expect(parse('--http', '[::1]:8080').flags?.httpListen).toBe('[::1]:8080')
    expect(parse('--http', 'unix:/run/a.sock').flags).toEqual({ config: {}, httpListen: 'unix:/run/a.sock' })
  })

  it.each(['8080', ':8080', '::1:8080', '[10.0.0.1]:80', '10.0.0.1:65536', 'unix:', 'example.org:80'])(
    'refuse %s as a place for the API',
    place => {
      const { code, printed } = parse('--http', place)
      expect(code).toBe('commander.invalidArgument')
      expect(printed).toMatch(/ADDR:PORT/)
    }
  )

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
