import { asObject, type BaseChain, isList, type Json, type RuleBody } from './ruleset.js'

type JsonObject = Readonly<Record<string, Json>>

/** A rule in nft syntax, for people to read; what is applied is the JSON form. */
export function formatRule(rule: RuleBody): string {
  const words = rule.expr.map(formatStatement)
  if (rule.comment !== undefined) words.push(`comment "${rule.comment}"`)
  return words.join(' ')
}

/** The head of a base chain in nft syntax. */
export function formatBaseChain({ type, hook, priority, policy }: BaseChain): string {
  return `type ${type} hook ${hook} priority ${priority}; policy ${policy};`
}

function formatStatement(statement: JsonObject): string {
  const [kind = '', value = null] = Object.entries(statement)[0] ?? []
  const object = asObject(value)
  switch (kind) {
    case 'match':
      return object ? formatMatch(object) : 'match'
    case 'counter':
      if (typeof value === 'string') return `counter name "${value}"`
      return object ? `counter packets ${num(object, 'packets')} bytes ${num(object, 'bytes')}` : 'counter'
    case 'log':
      return ['log', ...Object.entries(object ?? {}).map(formatLogOption)].join(' ')
    case 'limit':
      return object ? formatLimit(object) : 'limit'
    case 'jump':
    case 'goto':
      return `${kind} ${formatExpression(object?.['target'] ?? null)}`
    case 'vmap':
      return `${formatExpression(object?.['key'] ?? null)} vmap ${formatExpression(object?.['data'] ?? null)}`
    case 'mangle':
      return `${formatExpression(object?.['key'] ?? null)} set ${formatExpression(object?.['value'] ?? null)}`
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
    case 'masquerade':
    case 'notrack':
      return object ? formatUnknown(kind, value) : kind
    default:
      return formatUnknown(kind, value)
  }
}

/** Statements that are not spelled out here are shown as nft's JSON says them: rare, and nothing is hidden. */
function formatUnknown(kind: string, value: Json): string {
  return value === null ? kind : `${kind} ${JSON.stringify(value)}`
}

function formatMatch(match: JsonObject): string {
  const left = formatExpression(match['left'] ?? null)
  const op = match['op'] === '==' || match['op'] === 'in' ? '' : `${formatExpression(match['op'] ?? null)} `
  // nft quotes device names; addresses, ports and keywords go bare.
  return `${left} ${op}${formatExpression(match['right'] ?? null, /^[io]if(name)?$/.test(left))}`
}

function formatLogOption([name, value]: [string, Json]): string {
  if (name === 'prefix') return `prefix ${JSON.stringify(value)}`
  return `${name} ${isList(value) ? value.map(flag => formatExpression(flag)).join(',') : formatExpression(value)}`
}

function formatLimit(limit: JsonObject): string {
  const over = limit['inv'] === true ? 'over ' : ''
  const unit =
    typeof limit['rate_unit'] === 'string' && limit['rate_unit'] !== 'packets' ? ` ${limit['rate_unit']}` : ''
  const burst = limit['burst'] === undefined ? '' : ` burst ${num(limit, 'burst')} packets`
  return `limit rate ${over}${num(limit, 'rate')}${unit}/${formatExpression(limit['per'] ?? null)}${unit === '' ? burst : ''}`
}

function formatExpression(value: Json, quoted = false): string {
  if (typeof value === 'string') return quoted && !value.startsWith('@') ? `"${value}"` : value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (isList(value)) return value.map(member => formatExpression(member, quoted)).join(',')
  const [kind = '', inner = null] = Object.entries(asObject(value) ?? {})[0] ?? []
  const object = asObject(inner)
  switch (kind) {
    case 'meta':
      return formatMeta(object)
    case 'payload':
      return `${formatExpression(object?.['protocol'] ?? null)} ${formatExpression(object?.['field'] ?? null)}`
    case 'ct':
      return ['ct', object?.['dir'], object?.['key']].filter(word => typeof word === 'string').join(' ')
    case 'set':
      return isList(inner)
        ? `{ ${inner.map(member => formatExpression(member, quoted)).join(', ')} }`
        : formatExpression(inner)
    case 'range':
      return isList(inner) ? inner.map(end => formatExpression(end)).join('-') : formatUnknown(kind, inner)
    case 'prefix':
      return `${formatExpression(object?.['addr'] ?? null)}/${formatExpression(object?.['len'] ?? null)}`
    case 'concat':
      return isList(inner) ? inner.map(member => formatExpression(member)).join(' . ') : formatUnknown(kind, inner)
    default:
      return value === null ? '' : JSON.stringify(value)
  }
}

/** Device keys stand alone in nft's own listing; the others are spelled with `meta`. */
function formatMeta(meta: JsonObject | undefined): string {
  const key = formatExpression(meta?.['key'] ?? null)
  return /^(i|o)if|^sk|^mark$|^cpu$/.test(key) ? key : `meta ${key}`
}

function num(object: JsonObject, name: string): string {
  const value = object[name]
  return typeof value === 'number' ? String(value) : '?'
}
