import { parseConfig } from '@packet-logs/config-file'
import { describe, expect, it } from 'vitest'
import { type Config, configSchema } from './config.js'

function parse(text: string): Config {
  return parseConfig(text, { schema: configSchema, name: 'a.yaml' })
}

describe('a configuration', () => {
  it('may be empty: groups 0 and 1, everything in the event, the bus where it is usual', () => {
    expect(parse('')).toEqual({
      groups: [{ group: 0 }, { group: 1 }],
      bus: {},
      capture: {},
      events: { extended: true, payload: 'full' },
      recentDomains: {},
      rules: {},
      http: {},
      outputs: []
    })
  })

  it('names groups, their actions and how much of a payload is told', () => {
    const config = parse('groups:\n  - { group: 5, action: blocked }\nevents:\n  payload: 128\n')
    expect(config.groups).toEqual([{ group: 5, action: 'blocked' }])
    expect(config.events.payload).toBe(128)
  })

  it.each([
    ['groups:\n  - group: 0\n  - group: 70000\n', /^a\.yaml:3: groups\[1\]\.group: /],
    ['groups:\n  - group: 1\n  - group: 1\n', /^a\.yaml:2: groups: names a group twice/],
    ['groups: []\n', /^a\.yaml:1: groups: /],
    ['bus:\n  listen: /a\n  connect: /b\n', /^a\.yaml:2: bus: takes listen or connect, not both/],
    ['events:\n  payload: some\n', /^a\.yaml:2: events\.payload: /],
    ['recentDomains:\n  maxEntry: 5\n', /^a\.yaml:2: recentDomains: .*maxEntry/],
    ['recentDomains:\n  resolvers: [ns.example]\n', /^a\.yaml:2: recentDomains\.resolvers\[0\]: is no IP address/],
    ['recentDomains:\n  maxEntriesPerClient: 9000\n', /^a\.yaml:2: recentDomains\.maxEntriesPerClient: .*maxEntries/],
    [
      'capture:\n  receiveBufferMaxBytes: 8192\n  receiveBufferBytes: 16384\n',
      /^a\.yaml:2: capture\.receiveBufferMaxBytes: is less than receiveBufferBytes/
    ],
    ['http:\n  listen: "8080"\n', /^a\.yaml:2: http\.listen: write ADDR:PORT/],
    ['http:\n  listen: unix:/a\n  tls: { cert: a, key: b }\n', /^a\.yaml:3: http\.tls: is for ports only/],
    ['http:\n  socketMode: 0660\n', /^a\.yaml:2: http\.socketMode: write three octal digits in quotes/],
    ['capture:\n  copyRange: 5\n', /^a\.yaml:2: capture: .*copyRange/]
  ])('is refused with line and field for %j', (text, message) => {
    expect(() => parse(text)).toThrow(message)
  })
})
