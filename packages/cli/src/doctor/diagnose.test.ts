import { describe, expect, it } from 'vitest'
import { parseLogRule } from '../nft/log-rule.js'
import { applyChanges } from '../nft/plan.js'
import { basicProfile } from '../nft/profiles/basic.js'
import type { Ruleset } from '../nft/ruleset.js'
import { diagnose, type Finding } from './diagnose.js'
import type { Snapshot } from './snapshot.js'

const empty: Ruleset = { tables: [] }
const installed = applyChanges(empty, basicProfile([parseLogRule('a@input:group=7')]).plan(empty).changes)
const bus = { path: '/run/bus', candidates: ['/run/bus'], events: 5 }
const socket = { portId: 4711, queuedBytes: 0, drops: 0, inode: 1, owner: { pid: 42, command: 'packet-logsd' } }

const healthy: Snapshot = {
  nftVersion: '1.1.0',
  rulesets: { before: installed, after: installed },
  nfnetlinkLog: '    7   4711     0 2 65531     10  1\n',
  sockets: [socket],
  hasNetAdmin: true,
  bus,
  watchedMs: 2000,
  nowMs: Date.UTC(2026, 1, 1)
}

function withPackets(ruleset: Ruleset, packets: number): Ruleset {
  const text = JSON.stringify(ruleset).replace('"packets":0', `"packets":${packets}`)
  return JSON.parse(text) as Ruleset
}

function worst(changes: Partial<Snapshot>): Finding[] {
  return diagnose({ ...healthy, ...changes }).filter(({ severity }) => severity !== 'ok')
}

describe('diagnose', () => {
  it('finds nothing wrong with a system that works', () => {
    expect(worst({})).toEqual([])
    expect(diagnose(healthy).map(({ about }) => about)).toEqual(['privilege', 'nft', 'rules', 'group', 'bus', 'events'])
  })

  it.each<[string, Partial<Snapshot>, RegExp, RegExp]>([
    ['a user without privilege', { hasNetAdmin: false }, /CAP_NET_ADMIN/, /sudo/],
    ['an nft that is too old', { nftVersion: '0.9.3' }, /too old/, /upgrade/],
    ['no log rule', { rulesets: { before: empty, after: empty } }, /no nft rule logs/, /nft install/],
    ['a group without a reader', { nfnetlinkLog: '' }, /nobody reads group 7/, /packet-logsd --group 7/],
    [
      'packets the kernel dropped',
      { sockets: [{ ...socket, drops: 3 }] },
      /dropped 3 datagrams .*pid 42/,
      /receiveBuffer/
    ],
    ['no bus', { bus: { candidates: ['/a', '/b'], events: 0 } }, /no bus answers at \/a, \/b/, /--socket/],
    ['a bus that lets nobody in', { bus: { candidates: [], events: 0, error: 'no entry' } }, /no entry/, /as root/],
    [
      'packets that do not come out',
      { rulesets: { before: installed, after: withPackets(installed, 9) }, bus: { ...bus, events: 0 } },
      /counted 9 packets in 2 s, but the bus showed none/,
      /packet-logsd/
    ],
    ['a clock that was never set', { nowMs: 60_000 }, /1970-01-01/, /timedatectl/],
    [
      'events from the past',
      { bus: { ...bus, newest: { loggedMs: 1_000, receivedMs: 61_000 } } },
      /newest event is 60 s old/,
      /behind/
    ],
    [
      'events from the future',
      { bus: { ...bus, newest: { loggedMs: 61_000, receivedMs: 1_000 } } },
      /60 s in the future/,
      /another time/
    ]
  ])('explains %s, with a way out', (_name, changes, message, fix) => {
    const problems = worst(changes).filter(({ severity }) => severity === 'problem')
    expect(problems).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(message) as string,
        fix: expect.stringMatching(fix) as string
      })
    ])
  })

  it.each<[string, Partial<Snapshot>, RegExp]>([
    ['an nft that wraps numbers', { nftVersion: '1.0.6' }, /modulo 65536/],
    ['rules for the kernel log', { rulesets: kernelLogs() }, /1 rule logs to the kernel log/],
    [
      'a reader that is not ours',
      { sockets: [{ ...socket, owner: { pid: 9, command: 'ulogd' } }] },
      /group 7 is read by ulogd \(pid 9\)/
    ],
    ['a reader that hides', { sockets: [] }, /cannot be seen from here \(netlink port 4711\)/],
    ['silence', { bus: { ...bus, events: 0 } }, /no log rule has seen a packet in 2 s/]
  ])('notes %s without calling it a problem', (_name, changes, message) => {
    expect(worst(changes)).toEqual([
      expect.objectContaining({ severity: 'note', message: expect.stringMatching(message) as string })
    ])
  })

  it('says why the ruleset cannot be read, and nothing about what is in it', () => {
    const { rulesets: _, ...blind } = healthy
    const findings = diagnose({ ...blind, rulesetError: { message: 'nft is not installed', code: 'NFT_NOT_FOUND' } })
    expect(findings.filter(({ severity }) => severity === 'problem').map(({ message }) => message)).toEqual([
      'nft is not installed'
    ])
    expect(findings.find(({ about, severity }) => about === 'nft' && severity === 'problem')?.fix).toContain('install')
  })

  it('tells a lack of privilege once, and an nft too old to be asked by its version', () => {
    const { rulesets: _, ...blind } = healthy
    const denied = { message: 'needs CAP_NET_ADMIN', code: 'NFT_PERMISSION' } as const
    const unprivileged = diagnose({ ...blind, hasNetAdmin: false, rulesetError: denied })
    expect(unprivileged.filter(({ severity }) => severity === 'problem')).toHaveLength(1)
    const silent = { message: 'nft could not list the ruleset', code: 'NFT_OUTPUT' } as const
    const old = diagnose({ ...blind, nftVersion: '0.9.0', rulesetError: silent })
    expect(old.filter(({ about }) => about === 'nft').map(({ message }) => message)).toEqual([
      expect.stringContaining('nft 0.9.0 is too old'),
      'nft could not list the ruleset'
    ])
    expect(old.every(({ severity, fix }) => severity !== 'problem' || fix !== undefined)).toBe(true)
  })

  it('does not take what connection tracking has lost for packets', () => {
    const conntrackd = { ...socket, portId: 99, drops: 1_000, owner: { pid: 9, command: 'conntrackd' } }
    expect(worst({ sockets: [socket, conntrackd] })).toEqual([])
  })
})

function kernelLogs(): NonNullable<Snapshot['rulesets']> {
  const chain = { name: 'x', rules: [{ handle: 1, expr: [{ log: { prefix: 'DRP:INP ' } }] }] }
  const table = { family: 'ip', name: 'x', chains: [chain], sets: [], otherObjects: 0 }
  const after = { tables: [...installed.tables, table] }
  return { before: after, after }
}
