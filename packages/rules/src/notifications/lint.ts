import { Address, parseNetwork } from '../filter/address.js'
import { quoted } from '../filter/source-text.js'
import type { NotificationConditions, NotificationEntry } from './entry.js'
import { NO_CONDITIONS, wantsEverything } from './entry.js'
import { readNotifications } from './read.js'
import { strictFilter, wantedTopic } from './strict-filter.js'

/** A place where SPR reads an entry otherwise than its author most likely meant it. */
export interface NotificationFinding {
  /** Stable, for programs. */
  readonly code: NotificationFindingCode
  readonly entry: number
  /** Line the entry begins on, from 1. */
  readonly line: number
  /** Such as `[2].Conditions.DstPort`. */
  readonly path: string
  /** What SPR does, and what to write instead. Safe to print on a terminal. */
  readonly message: string
}

export type NotificationFindingCode =
  | 'address-not-exact'
  | 'everything-sent'
  | 'everything-shown'
  | 'ignored-port'
  | 'ignored-protocol'
  | 'impossible-address'
  | 'impossible-port'
  | 'old-key'
  | 'other-prefix-case'
  | 'prefix-not-whole'
  | 'switched-off'
  | 'unknown-key'
  | 'unreachable-entry'
  | 'without-nft'

/** What a `notifications.json` does that it does not look like. */
export interface NotificationReport {
  readonly findings: readonly NotificationFinding[]
  /** Each entry as a filter of what was meant, for `rules.yaml`; undefined where it can never match. */
  readonly filters: readonly (string | undefined)[]
  /** The line each entry begins on, from 1. */
  readonly lines: readonly number[]
}

/**
 * Explains where SPR's reading of a file and the strict one differ.
 * @param file what the text is called in problems
 * @throws RuleError `RULE_INVALID` when the file cannot be read at all
 */
export function lintNotifications(text: string, file = 'notifications.json'): NotificationReport {
  const { entries, unknownKeys, lines } = readNotifications(text, file)
  const earlier = new EarlierEntries()
  const findings = entries.flatMap((entry, index) => {
    const linter = new EntryLinter(index, lines[index] ?? 1)
    linter.lint(entry, unknownKeys[index] ?? [])
    if (entry.Notification) {
      const covering = earlier.covering(entry.Conditions)
      if (covering === undefined) earlier.add(entry.Conditions, index)
      else linter.unreachable(covering)
    }
    return linter.findings
  })
  return { findings, filters: entries.map(strictFilter), lines }
}

/** Names of files from before August 2022. */
const OLD_KEYS: ReadonlyMap<string, keyof NotificationConditions> = new Map([
  ['destip', 'DstIP'],
  ['destport', 'DstPort']
])

class EntryLinter {
  readonly findings: NotificationFinding[] = []
  readonly #entry: number
  readonly #line: number

  constructor(entry: number, line: number) {
    this.#entry = entry
    this.#line = line
  }

  lint(entry: NotificationEntry, unknown: readonly string[]): void {
    for (const key of unknown) this.#unknownKey(key)
    if (!entry.Notification) {
      this.#off(entry)
      return
    }
    const { Conditions: wanted } = entry
    if (isEmpty(wanted)) {
      this.#report('everything-shown', '.Conditions', 'is empty: SPR shows a message for every packet that is logged')
      return
    }
    if (wanted.Prefix !== '') this.#prefix(wanted.Prefix)
    this.#protocol(wanted)
    this.#address('SrcIP', wanted.SrcIP)
    this.#address('DstIP', wanted.DstIP)
  }

  unreachable(by: number): void {
    this.#report('unreachable-entry', '', `is never asked: what it matches, entry [${by}] has matched before`)
  }

  #unknownKey(key: string): void {
    const now = OLD_KEYS.get(key.toLowerCase())
    if (now === undefined) this.#report('unknown-key', `.${key}`, 'is passed over by SPR: there is no such key')
    else {
      const problem = `is a name from before August 2022, which SPR now passes over, so that the entry matches more; write ${now}`
      this.#report('old-key', `.${key}`, problem)
    }
  }

  #off(entry: NotificationEntry): void {
    if (!wantsEverything(entry)) {
      this.#report('switched-off', '.Notification', 'is false: the entry never matches, it does not mute anything')
    } else if (isEmpty(entry.Conditions)) {
      const problem = 'is false without conditions: SPR passes every event of the bus on to everybody who watches'
      this.#report('everything-sent', '.Notification', problem)
    } else {
      const problem =
        'is false and Prefix is empty: SPR does not look at the other conditions and passes every event of the bus on to ' +
        'everybody who watches; the strict reading takes the entry as switched off'
      this.#report('everything-sent', '.Notification', problem)
    }
  }

  #prefix(prefix: string): void {
    const path = '.Conditions.Prefix'
    const topic = wantedTopic(prefix)
    if (!prefix.startsWith('nft:')) {
      const problem = `is ${quoted(prefix)}: SPR puts nft: before a packet's prefix and so never finds it; write ${quoted(topic)}`
      this.#report('without-nft', path, problem)
    } else if (prefix !== prefix.trim() || prefix === 'nft:' || prefix.endsWith(':')) {
      const problem = `is ${quoted(prefix)}: SPR wants the whole prefix, without blanks around it; write it out`
      this.#report('prefix-not-whole', path, problem)
    } else if (prefix !== topic) {
      const problem =
        `is ${quoted(prefix)}: SPR compares it with the prefix as the rule writes it, capitals and all; ` +
        `topics, and the strict reading, are in lower case`
      this.#report('other-prefix-case', path, problem)
    }
  }

  #protocol({ Protocol: protocol, SrcPort, DstPort }: NotificationConditions): void {
    const isTested = protocol === 'tcp' || protocol === 'udp'
    if (protocol !== '' && !isTested) {
      const lower = protocol.trim().toLowerCase()
      const advice = lower === 'tcp' || lower === 'udp' ? `; write ${quoted(lower)}` : ''
      const problem = `is ${quoted(protocol)}: SPR tests only 'tcp' and 'udp', any other word lets every packet through${advice}`
      this.#report('ignored-protocol', '.Conditions.Protocol', problem)
    }
    for (const [key, port] of [
      ['SrcPort', SrcPort],
      ['DstPort', DstPort]
    ] as const) {
      if (port === 0) continue
      const path = `.Conditions.${key}`
      if (!isTested) {
        const problem = `is ${port}, but SPR looks at ports only when Protocol is 'tcp' or 'udp': the entry matches every port`
        this.#report('ignored-port', path, problem)
      } else if (port < 0 || port > 65_535) {
        this.#report('impossible-port', path, `is ${port}: no packet has such a port`)
      }
    }
  }

  #address(key: 'SrcIP' | 'DstIP', text: string): void {
    if (text === '') return
    const path = `.Conditions.${key}`
    if (parseNetwork(text.trim()) === undefined) {
      this.#report('impossible-address', path, `is ${quoted(text)}, which is no address: the entry never matches`)
    } else if (text.includes('/')) {
      const problem = `is the network ${quoted(text)}: SPR compares texts and never finds it; the strict reading does`
      this.#report('address-not-exact', path, problem)
    } else if (!isAsPacketsAreWritten(text)) {
      const problem = `is ${quoted(text)}: SPR compares texts, and packets have IPv4 addresses only, without blanks`
      this.#report('address-not-exact', path, problem)
    }
  }

  #report(code: NotificationFindingCode, path: string, message: string): void {
    const at = `[${this.#entry}]${path}`
    this.findings.push({ code, entry: this.#entry, line: this.#line, path: at, message })
  }
}

function isEmpty(conditions: NotificationConditions): boolean {
  return KEYS.every(key => conditions[key] === NO_CONDITIONS[key])
}

const KEYS = Object.keys(NO_CONDITIONS) as readonly (keyof NotificationConditions)[]

const address = new Address()

function isAsPacketsAreWritten(text: string): boolean {
  return address.readText(text) && address.version === 4
}

/**
 * Finds an earlier entry that SPR finds wherever it would find a later one: one that tests some of the same things and
 * nothing else. By lookup, since a file may have very many entries.
 */
class EarlierEntries {
  /** By which conditions are tested, one bit each; then by what they are. */
  readonly #byTested = new Map<number, Map<string, number>>()

  add(conditions: NotificationConditions, index: number): void {
    const bits = testedBits(conditions)
    const entries = this.#byTested.get(bits) ?? new Map<string, number>()
    this.#byTested.set(bits, entries)
    entries.set(testedValues(conditions, bits), index)
  }

  covering(conditions: NotificationConditions): number | undefined {
    const all = testedBits(conditions)
    for (const [bits, entries] of this.#byTested) {
      if ((bits & ~all) !== 0) continue
      const index = entries.get(testedValues(conditions, bits))
      if (index !== undefined) return index
    }
    return undefined
  }
}

function testedBits(conditions: NotificationConditions): number {
  return KEYS.reduce((bits, key, at) => (tested(conditions, key) === NO_CONDITIONS[key] ? bits : bits | (1 << at)), 0)
}

function testedValues(conditions: NotificationConditions, bits: number): string {
  return JSON.stringify(KEYS.filter((_key, at) => (bits & (1 << at)) !== 0).map(key => conditions[key]))
}

/** What SPR tests: nothing where it passes over a word or a port. */
function tested(conditions: NotificationConditions, key: keyof NotificationConditions): string | number {
  const isTested = conditions.Protocol === 'tcp' || conditions.Protocol === 'udp'
  return isTested || (key !== 'Protocol' && key !== 'SrcPort' && key !== 'DstPort')
    ? conditions[key]
    : NO_CONDITIONS[key]
}
