import { z } from 'zod'
import { LEAST_TIME, MAX_COUNT, MAX_DISTINCT, MAX_RULES, MOST_TIME } from '../../src/rules-file/limits.js'
import { rulesFileSchema } from '../../src/rules-file/schema.js'
import { templateWords } from '../../src/rules-file/template.js'

interface Property {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Property>>
  readonly items?: Property
}

/** The reference of `rules.yaml` in Markdown; its tables are made of what the file is read by. */
export function documentRulesFile(): string {
  const file = z.toJSONSchema(rulesFileSchema, { io: 'input' }) as Property
  const rule = file.properties?.['rules']?.items?.properties ?? {}
  const { threshold, distinct, ...fields } = rule
  return [
    INTRODUCTION,
    ...table(
      fields,
      ['threshold', 'distinct'].flatMap(name => Object.entries(rule).filter(([key]) => key === name))
    ),
    `\nOf \`threshold\`:\n`,
    ...table(threshold?.properties ?? {}),
    `\nOf \`distinct\`:\n`,
    ...table(distinct?.properties ?? {}),
    SEMANTICS,
    row('word', 'stands for'),
    row('---', '---'),
    ...Object.entries(templateWords).map(([word, meaning]) => row(`\`${word}\``, meaning)),
    ALERTS,
    LIMITS
  ].join('\n')
}

function table(properties: Readonly<Record<string, Property>>, more: readonly [string, Property][] = []): string[] {
  const rows = [...Object.entries(properties), ...more].map(([name, property]) => {
    const { description = '', default: value } = property
    return row(`\`${name}\``, value === undefined ? '' : `\`${JSON.stringify(value)}\``, description)
  })
  return [row('field', 'default', 'meaning'), row('---', '---', '---'), ...rows]
}

function row(...cells: string[]): string {
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

const INTRODUCTION = `# rules.yaml

<!-- Made by \`vitest run packages/rules/test/documentation -u\` from test/documentation/rules-file.ts; edit that. -->

Rules that say which packets and events people are told about, and how often. The file is YAML or JSON:

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/@packet-logs/rules/schemas/rules.schema.json
rules:
  - id: ssh-guessing
    when: action == "blocked" && dst.port == 22
    threshold: { count: 20, within: 60s, by: [src.ip] }
    cooldown: 10m
    severity: high
    title: '{{count}} times SSH from {{src.ip}}'
    actions: [bus, phone]

  - id: port-scan
    when: tcp.syn && !tcp.ack
    distinct: { field: dst.port, count: 20, within: 60s, by: [src.ip] }
    aggregate: 1h
    title: '{{src.ip}} tried {{distinct}} ports of {{dst.ip}}'

  - id: wrong-password
    topics: ['auth:failure']
    when: event.reason == "password"
    by: [event.user]
    aggregate: 5m
    title: 'wrong password for {{event.user}}, {{count}} times since {{first}}'

actions:
  phone: { type: ntfy, url: https://ntfy.example/my-topic, tokenFile: /run/secrets/ntfy }
\`\`\`

The line at the top lets an editor with a YAML language server complete fields and check them while you write.
\`packet-logs rules check FILE\` says what is wrong with a file, all of it at once and with its lines;
\`packet-logs rules test FILE\` puts a recording before it. [actions.md](actions.md) says what stands under \`actions\`.

In YAML, a text that begins with \`!\`, \`*\`, \`&\`, \`[\` or \`{\`, or ends with a colon, stands in quotes:
\`when: '!tcp.ack'\`, \`topics: ['dns:block:']\`.

## Fields of a rule

Every rule whose filter matches fires, not only the first. \`id\` and \`when\` are needed; [filter-language.md](filter-language.md)
says what a filter may ask. A duration is a number with its unit: \`500ms\`, \`60s\`, \`10m\`, \`2h\`, \`1d\`.
`

const SEMANTICS = `
## How often

A rule has one key, the values of its \`by\` fields, and does everything by it: counting, cooldown, aggregation, snoozing. A
field that is not there is a value too. Without \`by\` there is one key for all.

- \`threshold\` fires when the latest \`count\` matches of a key came within the time: the newest and the oldest are less than
  \`within\` apart. Then it counts anew. The window moves with every match and is exact.
- \`distinct\` fires when matches of a key within the time had \`count\` different values of the field, and then counts anew. A
  value is as old as its latest match. The count of its alert is that of the matches that had these values. A match that lacks
  the field is not counted.
- \`cooldown\` holds back the alerts of a key for a time after one. What it holds back is only counted in the statistics.
- \`aggregate\` tells the first of a key at once. What follows is told in one summary when the time is over, with count, first
  and last; then the next time begins. When nothing came, nothing is told, and the next match is a first one again.
- \`snoozeUntil\`, and snoozing a rule or a key while the program runs, holds back every alert, summaries too. Matches
  go on being counted towards thresholds.
- \`dryRun\` does all of that and raises nothing; the statistics say how many alerts there would have been.

\`threshold\` or \`distinct\` lets through, \`cooldown\` or \`aggregate\` then keeps quiet; of each pair a rule may have one.
Time is measured on a clock that does not go back: when the system's clock is set back, windows and times of quiet go on from
where they were.

A rule that is the same after the file changed keeps its counts, windows and times of quiet. One that was edited begins anew,
but stays snoozed where somebody snoozed it. What waited for the summary of a rule that is gone is dropped.

## Topics

Without \`topics\` a rule is about packets. With it, about events whose topic begins with one of the texts: \`nft:\` are
packets, \`nft:drop:\` some of them, and the empty text is everything. Of events that are no packets a rule sees \`topic\` and
\`event\`, the event's JSON. A rule may be about alerts of others (\`topics: ['alert:']\`); alerts about alerts, with topics that
begin with \`alert:alert:\`, are never looked at, so that no rule feeds itself.

## Templates

\`title\` and \`message\` are texts with fields in double braces: any field of the filter language, a path into an event such
as \`{{event.user}}\`, or one of these words:
`

const ALERTS = `
A field that is not there shows as \`-\`. Values have 256 characters at most, and what could steer a terminal is replaced. A
summary shows the fields of the first match it stands for. The default title is the rule's id, the default message names
protocol, addresses, port and action of a packet, or the topic of another event.

## Alerts

An alert is published under \`alert:<topic of the event>:<suffix>\`, as JSON with the keys that SPR's alerts have (\`Topic\`,
\`RuleId\`, \`NotificationType\`, \`Title\`, \`Body\`, \`Event\`, \`Values\`, \`State\`) and \`Severity\`, \`Count\`, \`First\`, \`Last\`,
\`Key\`, and \`Summary\` in a summary. \`Event\` is the packet's JSON without what the packet carries, or the event's JSON, and is
left out when it has more than 16384 characters. \`Values\` are the different values of a rule with \`distinct\`, 100 at most.
\`NotificationType\` is \`info\` for severity \`info\` and \`low\`, \`warning\` for \`medium\`, \`error\` for \`high\` and \`critical\`.

## Cost

A packet is not put before every rule. Each rule is filed under one thing that it cannot match without, whichever tells it
best from the others: an address or network, a name, a port or a small range of ports, a topic or how it begins, a device, a
protocol, or any other field that has to equal a value. A rule that requires nothing of the kind is tried for every packet:
one with only \`!=\`, \`!\`, \`<\`, \`>\`, \`contains\`, \`endsWith\`, \`glob\` or \`matches\`, with an \`||\` of different fields, or
one that asks only for \`event\` (there, topics tell rules apart).
`

const LIMITS = `## Limits

${[
  row('what', 'limit'),
  row('---', '---'),
  row('rules in a file', String(MAX_RULES)),
  row('`threshold.count`', String(MAX_COUNT)),
  row('`distinct.count`', String(MAX_DISTINCT)),
  row('durations', `\`${LEAST_TIME}\` to \`${MOST_TIME}\``),
  row('filters that are tried for the same packet, together', '1000000 comparisons, or 20000 searches in texts'),
  row('the file', '4194304 characters'),
  row('keys remembered per rule', "10000, or the engine's `maxKeys`"),
  row('memory of all rules together, by estimate', "64 MiB, or the engine's `maxBytes`"),
  row('alerts of a rule in a minute', "10000, or the engine's `maxAlertsPerMinute`")
].join('\n')}

Beyond the keys of a rule its least recently used one is forgotten, beyond the memory that of the rule which remembers most;
both are counted as evicted in the statistics, and what was still to be told of the key is told first. So somebody who sends from
ever new addresses costs no more memory than that; but a key that was forgotten is a new one when it comes again. Alerts beyond
those of a minute are only counted, as \`flood\`: ever new keys, each of them the first of its kind, cannot hold up a program or
bury what else there is to tell.
`
