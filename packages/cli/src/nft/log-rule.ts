import { addedMark } from './marker.js'
import type { Json, RuleBody, Statement } from './ruleset.js'

export const hooks = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const
/** Where in the kernel a log rule looks at packets. */
export type Hook = (typeof hooks)[number]

/** Devices a rule wants (`==`) or does not want (`!=`) to see. */
export interface DeviceMatch {
  op: '==' | '!='
  names: readonly string[]
}

/** Relative to the uplinks: `in` from one of them, `out` through one of them. */
export type Direction = 'in' | 'out'

/** One log rule of the `basic` profile. It logs and never decides. */
export interface LogRule {
  hook: Hook
  /** Log prefix with its trailing blank, at most 127 bytes. It may end in the rule's identity: `wan:out#17 `. */
  prefix: string
  /** NFLOG group, 0 to 65535. */
  group: number
  family?: 'ip' | 'ip6'
  inDevice?: DeviceMatch
  outDevice?: DeviceMatch
  /** Bytes of each packet to hand over; all by default. */
  snaplen?: number
  /** Packets the kernel may collect before it hands them over. */
  queueThreshold?: number
  /** At most this many packets are logged; what goes on with the others is not this rule's business. */
  limit?: { rate: number; per: 'second' | 'minute' | 'hour' | 'day'; burst: number }
}

// nft 1.0.6 accepts larger numbers without a word and stores them modulo 65536 (its own default burst is 5).
const maxGroup = 65_535
const maxQueueThreshold = 65_535
const maxSnaplen = 65_535
const maxPrefixBytes = 127
const maxDeviceBytes = 15
const maxIdLength = 32
export const defaultBurst: number = 5

const syntax = 'PREFIX[#ID]@HOOK[:dir=in|out][:iif=DEV][:oif=DEV][:group=N][:snaplen=N][:limit=N/UNIT]'

/**
 * Reads `PREFIX[#ID]@HOOK[:KEY=VALUE]…`, such as `wan:out#17@forward:dir=out:limit=100/second`.
 *
 * @param uplinks what `dir` refers to
 * @throws RangeError naming the part that is wrong.
 */
export function parseLogRule(text: string, uplinks: readonly string[] = []): LogRule {
  const found = /^(.*?)@([a-z]+)(:.*)?$/.exec(text)
  const hook = hooks.find(name => name === found?.[2])
  if (!found || !hook) {
    throw new RangeError(`"${text}" is not ${syntax}, with HOOK one of ${hooks.join(', ')}`)
  }
  const rule: LogRule = { hook, prefix: withBlank(found[1] ?? ''), group: 0 }
  let burst: number | undefined
  let direction: Direction | undefined
  const seen = new Set<string>()
  for (const option of (found[3] ?? '').split(':').slice(1)) {
    const [, name = '', op = '', value = ''] = /^([a-z]+)(!?=)(.+)$/.exec(option) ?? []
    if (seen.has(name)) throw new RangeError(`${name} is given twice in "${text}"`)
    seen.add(name)
    if (op === '!=' && name !== 'iif' && name !== 'oif') throw new RangeError(`"${option}" in "${text}" cannot take !=`)
    switch (name) {
      case 'iif':
        rule.inDevice = { op: op === '!=' ? '!=' : '==', names: value.split(',') }
        break
      case 'oif':
        rule.outDevice = { op: op === '!=' ? '!=' : '==', names: value.split(',') }
        break
      case 'dir':
        if (value !== 'in' && value !== 'out') throw new RangeError(`dir "${value}" in "${text}" is not in or out`)
        direction = value
        break
      case 'group':
        rule.group = parseCount(option, value)
        break
      case 'snaplen':
        rule.snaplen = parseCount(option, value)
        break
      case 'queue':
        rule.queueThreshold = parseCount(option, value)
        break
      case 'limit':
        rule.limit = parseLimit(value)
        break
      case 'burst':
        burst = parseCount(option, value)
        break
      case 'family':
        if (value !== 'ip' && value !== 'ip6') throw new RangeError(`family "${value}" in "${text}" is not ip or ip6`)
        rule.family = value
        break
      default:
        throw new RangeError(
          `"${option}" in "${text}" is not one of dir, iif, oif, family, group, snaplen, queue, limit, burst`
        )
    }
  }
  if (burst !== undefined) {
    if (!rule.limit) throw new RangeError(`burst in "${text}" needs a limit`)
    rule.limit = { ...rule.limit, burst }
  }
  return withDirection(rule, direction, uplinks)
}

/**
 * The rule with its direction said in devices, checked.
 *
 * @throws RangeError when it says the same device twice, when there is no uplink, or what {@link checkLogRule} refuses
 */
export function withDirection(rule: LogRule, direction: Direction | undefined, uplinks: readonly string[]): LogRule {
  const side = direction === 'in' ? 'inDevice' : 'outDevice'
  const directed: LogRule = { ...rule, ...(direction && { [side]: { op: '==', names: uplinks } }) }
  if (direction) {
    const where = whereOf(rule)
    if (rule[side]) throw new RangeError(`${where}: direction ${direction} and a device on the same side; say one`)
    if (uplinks.length === 0) {
      throw new RangeError(`${where}: direction ${direction} needs to know the uplink, and there is no default route`)
    }
  }
  checkLogRule(directed)
  return directed
}

/** The identity in a prefix: what stands behind its last `#`. */
function ruleIdOf(prefix: string): string | undefined {
  return /#([^#\s]*) *$/.exec(prefix)?.[1]
}

function whereOf({ prefix, hook }: LogRule): string {
  return `log rule "${prefix.trimEnd()}@${hook}"`
}

/**
 * Refuses what nft would wrap, drop or cut without saying so.
 *
 * @throws RangeError naming the field, its value and its bounds.
 */
export function checkLogRule(rule: LogRule): void {
  const where = whereOf(rule)
  if (rule.prefix.trim() === '') throw new RangeError(`${where}: the prefix is empty`)
  // Control characters would reach every terminal; quotes and backslashes break nft's own listing.
  if (/["\\]|\p{Cc}/u.test(rule.prefix)) {
    throw new RangeError(`${where}: the prefix holds a quote, a backslash or a control character`)
  }
  const bytes = Buffer.byteLength(rule.prefix)
  if (bytes > maxPrefixBytes)
    throw new RangeError(`${where}: the prefix has ${bytes} bytes, at most ${maxPrefixBytes} fit`)
  const id = ruleIdOf(rule.prefix)
  if (id !== undefined && !new RegExp(`^[\\w.:-]{1,${maxIdLength}}$`).test(id)) {
    throw new RangeError(
      `${where}: the identity behind # is 1 to ${maxIdLength} letters, digits, dots, colons, dashes or underscores`
    )
  }
  checkInteger(where, 'group', rule.group, 0, maxGroup)
  if (rule.snaplen !== undefined) checkInteger(where, 'snaplen', rule.snaplen, 1, maxSnaplen)
  if (rule.queueThreshold !== undefined) checkInteger(where, 'queue', rule.queueThreshold, 1, maxQueueThreshold)
  if (rule.limit) {
    checkInteger(where, 'limit', rule.limit.rate, 1, 0xffff_ffff)
    checkInteger(where, 'burst', rule.limit.burst, 1, 0xffff_ffff)
  }
  if (rule.inDevice && (rule.hook === 'output' || rule.hook === 'postrouting')) {
    throw new RangeError(`${where}: packets have no input device at ${rule.hook}, use oif`)
  }
  if (rule.outDevice && (rule.hook === 'input' || rule.hook === 'prerouting')) {
    throw new RangeError(`${where}: packets have no output device at ${rule.hook}, use iif`)
  }
  for (const name of [...(rule.inDevice?.names ?? []), ...(rule.outDevice?.names ?? [])]) checkDevice(name)
}

/**
 * Refuses text that cannot name a network device. A `*` at the end stands for any ending, as in nft.
 *
 * @throws RangeError with the name.
 */
export function checkDevice(name: string): void {
  const letters = /^[^\s/:"\\@*{}$\p{Cc}]+\*?$/u
  if (!letters.test(name) || name === '.' || name === '..' || Buffer.byteLength(name) > maxDeviceBytes) {
    throw new RangeError(`"${name}" is not the name of a network device (1 to ${maxDeviceBytes} bytes, see: ip link)`)
  }
}

/** The rule in nft's JSON form, marked as ours. */
export function toRuleBody(rule: LogRule): RuleBody {
  const expr: Statement[] = []
  if (rule.family) expr.push(match('==', { meta: { key: 'nfproto' } }, rule.family === 'ip' ? 'ipv4' : 'ipv6'))
  if (rule.inDevice) expr.push(deviceMatch('iifname', rule.inDevice))
  if (rule.outDevice) expr.push(deviceMatch('oifname', rule.outDevice))
  if (rule.limit) expr.push({ limit: { rate: rule.limit.rate, burst: rule.limit.burst, per: rule.limit.per } })
  expr.push({ counter: { packets: 0, bytes: 0 } })
  expr.push({
    log: {
      prefix: rule.prefix,
      group: rule.group,
      ...(rule.snaplen !== undefined && { snaplen: rule.snaplen }),
      ...(rule.queueThreshold !== undefined && { 'queue-threshold': rule.queueThreshold })
    }
  })
  return { expr, comment: addedMark(ruleIdOf(rule.prefix)) }
}

/** A match on device names; several become one anonymous set. */
export function deviceMatch(key: 'iifname' | 'oifname', { op, names }: DeviceMatch): Statement {
  const unique = [...new Set(names)].sort()
  const [first = ''] = unique
  return match(op, { meta: { key } }, unique.length === 1 ? first : { set: unique })
}

export function match(op: string, left: Json, right: Json): Statement {
  return { match: { op, left, right } }
}

/** @throws RangeError when it is not a rate */
export function parseLimit(text: string): NonNullable<LogRule['limit']> {
  const [, rate, per] = /^(\d+)\/(second|minute|hour|day)$/.exec(text) ?? []
  if (per !== 'second' && per !== 'minute' && per !== 'hour' && per !== 'day') {
    throw new RangeError(`limit "${text}" is not a rate such as 100/second (or minute, hour, day)`)
  }
  return { rate: Number(rate), per, burst: defaultBurst }
}

/** Only digits: what JavaScript takes for a number besides, such as 0x10 and 1e3, was mostly meant otherwise. */
function parseCount(option: string, value: string): number {
  if (!/^\d+$/.test(value)) throw new RangeError(`"${option}" is not a whole number`)
  return Number(value)
}

/** By convention a prefix ends in a blank; a topic is made without it. */
export function withBlank(prefix: string): string {
  return prefix.endsWith(' ') ? prefix : `${prefix} `
}

function checkInteger(where: string, field: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${where}: ${field} is ${value}, it must be a whole number from ${least} to ${most}`)
  }
}
