import { functions } from '../../src/filter/check-calls.js'
import { fields } from '../../src/filter/fields/table.js'
import {
  MAX_COST,
  MAX_DEPTH,
  MAX_EVENT_CHARACTERS,
  MAX_EVENT_ITEMS,
  MAX_LIST_ITEMS,
  MAX_MATCHED_CHARACTERS,
  MAX_NODES,
  MAX_PATTERN_CHARACTERS,
  MAX_PATTERN_INSTRUCTIONS,
  MAX_PATTERN_SEARCHES,
  MAX_SOURCE_CHARACTERS,
  MAX_TEXT_CHARACTERS,
  SEARCH_COST
} from '../../src/filter/limits.js'
import { typeName } from '../../src/filter/value.js'

/** The filter language in Markdown, made from the tables that the compiler itself reads. */
export function documentFilterLanguage(): string {
  const fieldRows = [...fields.values()].map(({ name, type, meaning, keys }) =>
    row(code(name), typeName(type), meaning, keys.map(code).join(', '))
  )
  const functionRows = [...functions.values()].map(({ usage, meaning }) => row(code(usage), meaning))
  return [
    INTRODUCTION,
    '## Fields\n',
    'The last column says where the field stands in the JSON of a packet, extended keys included.\n',
    row('field', 'type', 'meaning', 'in JSON'),
    row('---', '---', '---', '---'),
    ...fieldRows,
    EVENTS,
    '## Operators and functions\n',
    OPERATORS,
    row('function', 'meaning'),
    row('---', '---'),
    ...functionRows,
    ABSENT,
    '## Limits\n',
    'A filter may come from anybody who may read the bus. Each is bounded before it runs:\n',
    row('what', 'limit'),
    row('---', '---'),
    row('characters of a filter', amount(MAX_SOURCE_CHARACTERS)),
    row('operators, fields and constants in it', amount(MAX_NODES)),
    row('nesting', amount(MAX_DEPTH)),
    row('items of a list', amount(MAX_LIST_ITEMS)),
    row('characters of a pattern or of a text that is looked for', amount(MAX_PATTERN_CHARACTERS)),
    row('instructions of a compiled regular expression', amount(MAX_PATTERN_INSTRUCTIONS)),
    row(COST, amount(MAX_COST)),
    '\nand each event while it runs; what is beyond counts as absent:\n',
    row('what', 'limit'),
    row('---', '---'),
    row('characters of an event that is parsed', amount(MAX_EVENT_CHARACTERS)),
    row('characters of a text that is searched', amount(MAX_TEXT_CHARACTERS)),
    row('characters of a text that a regular expression goes through', amount(MAX_MATCHED_CHARACTERS)),
    row("items of an event's list that `exists`, `all` and `exists_one` go through", amount(MAX_EVENT_ITEMS)),
    ''
  ].join('\n')
}

const COST =
  `cost of all steps: 1 to 5 for a comparison, ${SEARCH_COST} for a search in a text, up to ` +
  `${SEARCH_COST * (1 + MAX_PATTERN_SEARCHES)} for a regular expression, times the items for exists and its like`

const INTRODUCTION = `# The filter language

<!-- Made from the tables in src/filter by \`vitest run packages/rules/test/documentation -u\`; edit those. -->

A filter is a condition on packets and events, in [CEL](https://cel.dev) without maps, bytes, unsigned numbers, times and
the functions that rebuild lists:

\`\`\`
action == "blocked" && dst.port in [22, 23] && !inCidr(src.ip, ["10.0.0.0/8", "fd00::/8"])
glob(dns.name, "*.example.org") || dst.domain.endsWith(".example.org")
protocol == "tcp" && tcp.syn && !tcp.ack && inRange(dst.port, 1, 1023)
topic == "auth:failure" && event.reason == "password"
\`\`\`

It gives the same answer for a packet that was just decoded and for the packet's event on the bus.
`

const EVENTS = `
On topics that do not begin with \`nft:\` only \`topic\` and \`event\` are there. \`event\` is the event's JSON, or its text where
that is no JSON: \`event.user.name\`, \`event["user-agent"]\`, \`event.list[0]\`. Its types are known only when it comes: what
does not fit is as good as absent.

Addresses are compared as numbers, so \`src.ip == "2001:DB8::1"\` and \`"2001:db8:0::1"\` are the same; an address with a
leading zero (\`010.0.0.1\`) is refused, since some read it as octal. \`::ffff:192.0.2.1\` is an IPv6 address. Names
(\`dns.name\`, \`src.domain\`, …) and MAC addresses are kept in lower case, and so is a text that is compared with one.
`

const OPERATORS = `\`==\` \`!=\` \`<\` \`<=\` \`>\` \`>=\` \`in\` \`&&\` \`||\` \`!\` \`? :\` \`+\` \`-\` \`*\` \`/\` \`%\` and brackets, with CEL's meaning. Whole
numbers go to 9007199254740991. Functions of a text can also be written behind it, \`dns.name.glob("*.org")\`.
`

const ABSENT = `
## A field that is not there

A ping has no port. A comparison with a field that is not there is neither true nor false, and neither is anything made
from it: \`dst.port == 22\`, \`dst.port != 22\` and \`!(dst.port == 22)\` do not match a ping. What decides without it still
decides: \`dst.port == 22 || icmp.type == 8\` matches a ping, in either order. \`has(dst.port)\` asks whether a field is there.
The same holds for what cannot be computed, such as a division by zero.
`

function code(text: string): string {
  return `\`${text}\``
}

function amount(value: number): string {
  return String(value)
}

function row(...cells: string[]): string {
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
