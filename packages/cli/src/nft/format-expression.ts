import { asObject, isList, type Json } from './ruleset.js'

type JsonObject = Readonly<Record<string, Json>>
type Formatter = (value: Json, object: JsonObject) => string | undefined

/** What nft's JSON says of an operand, a verdict or a set, in nft syntax; as JSON where that is not known. */
export function formatExpression(value: Json, quoted = false): string {
  if (typeof value === 'string') return quoted && !value.startsWith('@') ? `"${value}"` : value
  if (typeof value === 'boolean') return value ? 'exists' : 'missing'
  if (typeof value === 'number') return String(value)
  if (isList(value)) return value.map(member => formatExpression(member, quoted)).join(',')
  const [kind = '', inner = null] = Object.entries(asObject(value) ?? {})[0] ?? []
  if (kind === 'set' && isList(inner)) {
    return `{ ${inner.map(member => formatElement(member, quoted)).join(', ')} }`
  }
  if (kind === 'range' && isList(inner)) return inner.map(end => formatExpression(end, quoted)).join('-')
  return formatters[kind]?.(inner, asObject(inner) ?? {}) ?? formatUnknown(kind, inner)
}

/** What is not spelled out here is shown as nft's JSON says it: rare, and nothing is hidden. */
function formatUnknown(kind: string, value: Json): string {
  if (kind === '') return ''
  return value === null ? kind : `${kind} ${JSON.stringify(value)}`
}

/** Words that are there, divided by blanks. */
export function words(...parts: (Json | undefined)[]): string {
  return parts.filter(part => typeof part === 'string' || typeof part === 'number').join(' ')
}

/** An option that is said only when it is set: `offset 5`. */
export function given(name: string, value: Json | undefined): string | undefined {
  return value ? words(name, value) : undefined
}

/** A duration in seconds as nft has it: `1h30m`. */
function formatSeconds(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1]
  ] as const
  let left = seconds
  const parts = units.map(([unit, size]) => {
    const amount = Math.floor(left / size)
    left -= amount * size
    return amount === 0 ? '' : `${amount}${unit}`
  })
  return parts.join('') || '0s'
}

/** An element of a set, or of a map, where it is a pair. */
function formatElement(element: Json, quoted: boolean): string {
  if (!isList(element)) return formatExpression(element, quoted)
  return element.map(side => formatExpression(side, quoted)).join(' : ')
}

const binary =
  (operator: string): Formatter =>
  value => {
    if (!isList(value)) return undefined
    return value
      .map(side => (isList(side) ? `(${side.map(one => formatExpression(one)).join(' | ')})` : formatExpression(side)))
      .join(` ${operator} `)
  }

const verdictTo =
  (kind: string): Formatter =>
  (_value, { target }) =>
    words(kind, target)

const hash =
  (kind: string): Formatter =>
  (_value, { mod, seed, offset, expr }) =>
    words(
      kind,
      expr === undefined ? undefined : formatExpression(expr),
      'mod',
      mod,
      given('seed', seed),
      given('offset', offset)
    )

const formatters: Readonly<Record<string, Formatter>> = {
  meta: (_value, { key }) => words(/^[io]if(name)?$/.test(words(key)) ? undefined : 'meta', key),
  payload: (_value, { protocol, field, base, offset, len }) =>
    base === undefined ? words(protocol, field) : `@${words(base)},${words(offset)},${words(len)}`,
  ct: (_value, { dir, family, key }) => words('ct', dir, family, key),
  rt: (_value, { family, key }) => words('rt', family, key),
  osf: (_value, { key, ttl }) => words('osf', given('ttl', ttl), key),
  socket: (_value, { key }) => words('socket', key),
  ipsec: (_value, { dir, spnum, family, key }) => words('ipsec', dir, given('spnum', spnum), family, key),
  exthdr: (_value, { name, field }) => (field === undefined ? words('exthdr', name) : words(name, field)),
  'tcp option': (_value, { name, field }) => words('tcp option', name, field),
  'ip option': (_value, { name, field }) => words('ip option', name, field),
  fib: (_value, { result, flags }) =>
    words('fib', isList(flags) ? flags.map(flag => formatExpression(flag)).join(' . ') : flags, result),
  numgen: (_value, { mode, mod, offset }) => words('numgen', mode, 'mod', mod, given('offset', offset)),
  jhash: hash('jhash'),
  symhash: hash('symhash'),
  map: (_value, { key, data }) => `${formatExpression(key ?? null)} map ${formatExpression(data ?? null)}`,

  prefix: (_value, { addr, len }) => `${formatExpression(addr ?? null)}/${formatExpression(len ?? null)}`,
  concat: value => (isList(value) ? value.map(member => formatExpression(member)).join(' . ') : undefined),
  elem: (_value, { val, timeout, comment }) =>
    words(
      formatExpression(val ?? null),
      typeof timeout === 'number' ? `timeout ${formatSeconds(timeout)}` : undefined,
      typeof comment === 'string' ? `comment "${comment}"` : undefined
    ),
  '&': binary('&'),
  '|': binary('|'),
  '^': binary('^'),
  '<<': binary('<<'),
  '>>': binary('>>'),
  jump: verdictTo('jump'),
  goto: verdictTo('goto')
}
