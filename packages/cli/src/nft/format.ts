import { formatExpression, given, words } from './format-expression.js'
import { asObject, type BaseChain, isList, type Json, type RuleBody, type Statement } from './ruleset.js'

type JsonObject = Readonly<Record<string, Json>>
/** `undefined`: not what was expected there. */
type Formatter = (value: Json, object: JsonObject) => string | undefined

/** A rule in nft syntax, for people to read; what is applied is the JSON form. */
export function formatRule(rule: RuleBody): string {
  const parts = rule.expr.map(formatStatement)
  if (rule.comment !== undefined) parts.push(`comment "${rule.comment}"`)
  return parts.join(' ')
}

/** The head of a base chain in nft syntax. */
export function formatBaseChain({ type, hook, priority, policy }: BaseChain): string {
  return `type ${type} hook ${hook} priority ${priority}; policy ${policy};`
}

function formatStatement(statement: Statement): string {
  const [kind = '', value = null] = Object.entries(statement)[0] ?? []
  const object = asObject(value)
  const known = object || typeof value === 'string' ? formatters[kind]?.(value, object ?? {}) : undefined
  return known ?? formatExpression(statement)
}

const formatters: Readonly<Record<string, Formatter>> = {
  match: (_value, object) => formatMatch(object),
  counter: (value, object) =>
    typeof value === 'string'
      ? `counter name "${value}"`
      : words('counter packets', object['packets'], 'bytes', object['bytes']),
  quota: (value, { val, val_unit, inv, used, used_unit }) =>
    typeof value === 'string'
      ? `quota name "${value}"`
      : words(
          'quota',
          inv === true ? 'over' : undefined,
          val,
          val_unit,
          used ? 'used' : undefined,
          used || undefined,
          used ? used_unit : undefined
        ),
  limit: (value, object) => (typeof value === 'string' ? `limit name "${value}"` : formatLimit(object)),
  log: (_value, object) => ['log', ...Object.entries(object).map(formatLogOption)].join(' '),
  vmap: (_value, { key, data }) => `${formatExpression(key ?? null)} vmap ${formatExpression(data ?? null)}`,
  mangle: (_value, { key, value }) => `${formatExpression(key ?? null)} set ${formatExpression(value ?? null)}`,
  reject: (_value, { type, expr }) =>
    type === 'tcp reset' ? 'reject with tcp reset' : words('reject with', type, 'type', expr),
  snat: (_value, object) => formatNat('snat', object),
  dnat: (_value, object) => formatNat('dnat', object),
  redirect: (_value, object) => formatNat('redirect', object),
  masquerade: (_value, object) => formatNat('masquerade', object),
  set: (_value, object) => formatSetUpdate(object),
  'ct helper': value => `ct helper set ${formatExpression(value, true)}`,
  'ct count': (_value, { val, inv }) => words('ct count', inv === true ? 'over' : undefined, val),
  flow: (_value, { op, flowtable }) => words('flow', op, flowtable),
  queue: (_value, { num, flags }) =>
    words(
      'queue',
      flags === undefined ? undefined : `flags ${formatExpression(flags)}`,
      'to',
      formatExpression(num ?? 0)
    ),
  synproxy: (_value, { mss, wscale, flags }) =>
    words('synproxy', given('mss', mss), given('wscale', wscale), isList(flags) ? words(...flags) : flags)
}

/** nft quotes what may hold any character; addresses, ports and keywords go bare. */
const quotedKeys = /^([io]if(name)?|meta (time|hour|day)|osf name|ct helper)$/

function formatMatch({ left = null, op = '==', right = null }: JsonObject): string {
  const key = formatExpression(left)
  const isMasked = Object.keys(asObject(left) ?? {}).some(kind => kind === '&' || kind === '|' || kind === '^')
  const isPlain = op === 'in' || (op === '==' && !isMasked)
  return words(key, isPlain ? undefined : op, formatExpression(right, quotedKeys.test(key)))
}

function formatLogOption([name, value]: [string, Json]): string {
  if (name === 'prefix') return `prefix ${JSON.stringify(value)}`
  if (name !== 'flags' || !isList(value)) return `${name} ${formatExpression(value)}`
  const flags = value.map(flag => formatExpression(flag))
  const ofTcp = flags.filter(flag => flag.startsWith('tcp ')).map(flag => flag.slice('tcp '.length))
  const others = flags.filter(flag => !flag.startsWith('tcp ')).map(flag => `flags ${flag}`)
  return [...(ofTcp.length > 0 ? [`flags tcp ${ofTcp.join(',')}`] : []), ...others].join(' ')
}

function formatLimit({ inv, rate, rate_unit, per, burst, burst_unit }: JsonObject): string {
  const unit = rate_unit === undefined || rate_unit === 'packets' ? '' : ` ${formatExpression(rate_unit)}`
  const most = burst ? words('burst', burst, unit === '' ? 'packets' : (burst_unit ?? 'bytes')) : undefined
  return words(
    'limit rate',
    inv === true ? 'over' : undefined,
    `${formatExpression(rate ?? 0)}${unit}/${formatExpression(per ?? 'second')}`,
    most
  )
}

function formatNat(kind: string, { family, addr, port, flags }: JsonObject): string {
  const address = addr === undefined ? '' : formatExpression(addr)
  const host = address.includes(':') && typeof addr === 'string' ? `[${address}]` : address
  const target = port === undefined ? host : `${host}:${formatExpression(port)}`
  return words(
    kind,
    family,
    target === '' ? undefined : `to ${target}`,
    flags === undefined ? undefined : formatExpression(flags)
  )
}

function formatSetUpdate({ op, elem = null, set, stmt }: JsonObject): string {
  const statements = isList(stmt) ? stmt.map(one => formatStatement(asObject(one) ?? {})) : []
  return words(op, set, `{ ${words(formatExpression(elem), ...statements)} }`)
}
