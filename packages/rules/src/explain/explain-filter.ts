import type { ASTNode } from '@marcbachmann/cel-js'
import { Environment } from '@marcbachmann/cel-js'
import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import { Checker } from '../filter/check.js'
import type { Filter } from '../filter/compile-filter.js'
import { FilterLanguage } from '../filter/compile-filter.js'
import type { FilterEvent } from '../filter/fields/event-view.js'
import { EventView } from '../filter/fields/event-view.js'
import type { PacketContext } from '../filter/fields/packet-view.js'
import { PacketView } from '../filter/fields/packet-view.js'
import { fields } from '../filter/fields/table.js'
import { MAX_DEPTH, MAX_LIST_ITEMS, MAX_NODES } from '../filter/limits.js'
import { requirementsOf } from '../filter/lookup/requirement.js'
import { isObject } from '../filter/value.js'
import { operands, sentenceOf } from './sentence.js'
import { written } from './written.js'

/** A filter in plain words, and taken apart. */
export interface ExplainedFilter {
  /** As it was written. */
  readonly source: string
  /** A clause for people: `the action is "blocked", and the destination port is 22`. Safe to print on a terminal. */
  readonly meaning: string
  /** What is joined by `&&`: all of it must hold. */
  readonly conditions: readonly ExplainedCondition[]
  /** Fields by which it is found among many filters; without any it is tried on each packet. */
  readonly lookedUpBy: readonly string[]
}

/** One of the conditions that a filter joins by `&&`. */
export interface ExplainedCondition extends Pick<Filter, 'matchesEvent' | 'matchesPacket'> {
  readonly source: string
  /** A clause for people. Safe to print on a terminal. */
  readonly meaning: string
  /** What it looks at: fields, and paths into events such as `event.user.name`. */
  readonly reads: readonly string[]
  /** What a packet holds of that; what is absent is left out. */
  seenInPacket(logged: LoggedPacket, packet: Packet, context?: PacketContext): Readonly<Record<string, unknown>>
  /** What an event holds of that; what is absent is left out. */
  seenInEvent(event: FilterEvent): Readonly<Record<string, unknown>>
}

/** Filters that were compiled passed the limits of the language; these only have to let them through. */
const grammar = new Environment({
  limits: { maxAstNodes: MAX_NODES, maxDepth: MAX_DEPTH, maxListElements: MAX_LIST_ITEMS }
})

/** Shared, so that an event is parsed once for all conditions that look at it. */
const language = new FilterLanguage()
const eventView = new EventView()
eventView.isShared = true

/**
 * Takes a filter apart and puts it into words.
 * @throws RuleError as `compileFilter` does
 */
export function explainFilter(source: string): ExplainedFilter {
  language.compile(source)
  const { ast } = grammar.parse(source)
  const requirements = requirementsOf(new Checker(source).condition(ast))
  return {
    source,
    meaning: sentenceOf(ast),
    conditions: operands(ast, '&&').map(explainCondition),
    lookedUpBy: [...new Set(requirements.map(({ field }) => field.name))]
  }
}

function explainCondition(node: ASTNode): ExplainedCondition {
  const source = written(node)
  const filter = language.compile(source)
  const reads = [...filter.fields].flatMap(name => (name === 'event' ? eventPaths(node) : [name]))
  return {
    source,
    meaning: sentenceOf(node),
    reads,
    matchesPacket: (logged, packet, context) => filter.matchesPacket(logged, packet, context),
    matchesEvent: event => filter.matchesEvent(event),
    seenInPacket: (logged, packet, context) => {
      const view = new PacketView(logged, packet).reset(logged, packet, context)
      return seen(reads, name => fields.get(name)?.fromPacket(view))
    },
    seenInEvent: event => {
      eventView.reset(event)
      return seen(reads, name => fields.get(name)?.fromEvent(eventView) ?? atPath(eventView.event, name))
    }
  }
}

function seen(names: readonly string[], read: (name: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap(name => {
      const value = read(name)
      return value === undefined ? [] : [[name, value] as const]
    })
  )
}

/** The paths into events that an expression names, the longest of each. */
function eventPaths(node: ASTNode): readonly string[] {
  const paths = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (isNode(value)) {
      const path = eventPath(value)
      if (path === undefined) visit(value.args)
      else paths.add(JSON.stringify(path))
    }
  }
  visit(node)
  return [...paths].map(path => formatPath(JSON.parse(path) as (string | number)[]))
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value
}

function eventPath(node: ASTNode): (string | number)[] | undefined {
  if (node.op === 'id') return node.args === 'event' ? [] : undefined
  if (node.op === '.') {
    const above = eventPath(node.args[0])
    return above === undefined ? undefined : [...above, node.args[1]]
  }
  if (node.op === '[]' && node.args[1].op === 'value') {
    const above = eventPath(node.args[0])
    const { args: key } = node.args[1]
    if (typeof key !== 'string' && typeof key !== 'bigint') return undefined
    return above === undefined ? undefined : [...above, typeof key === 'bigint' ? Number(key) : key]
  }
  return undefined
}

const PLAIN_NAME = /^[A-Za-z_]\w*$/

/** A path into an event, as a filter writes it. */
export function formatPath(path: readonly (string | number)[]): string {
  const steps = path.map(step =>
    typeof step === 'string' && PLAIN_NAME.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
  )
  return `event${steps.join('')}`
}

const STEP = /\.(\w+)|\[("(?:[^"\\]|\\.)*"|\d+)\]/gy

function atPath(event: unknown, path: string): unknown {
  let value = event
  for (const [, name, index] of path.slice('event'.length).matchAll(STEP)) {
    const key = name ?? (JSON.parse(index ?? '0') as string | number)
    if (Array.isArray(value)) value = typeof key === 'number' ? (value as unknown[])[key] : undefined
    else value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
  }
  return value
}
