import { Environment, ParseError } from '@marcbachmann/cel-js'
import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import { Checker } from './check.js'
import type { Reader, Step } from './compile.js'
import { Compiler } from './compile.js'
import { costOf } from './cost.js'
import type { Expression } from './expression.js'
import type { FilterEvent } from './fields/event-view.js'
import { EventView } from './fields/event-view.js'
import type { PacketContext } from './fields/packet-view.js'
import { PacketView } from './fields/packet-view.js'
import type { IndexedFilter } from './filter-index.js'
import { FilterIndex } from './filter-index.js'
import { MAX_COST, MAX_DEPTH, MAX_LIST_ITEMS, MAX_NODES, MAX_SOURCE_CHARACTERS } from './limits.js'
import { errorAt } from './source-text.js'

/** A condition on packets and events, compiled once. */
export interface Filter {
  /** As it was written. */
  readonly source: string
  /** The fields it reads, `event` among them if it looks into other programs' events. */
  readonly fields: ReadonlySet<string>
  /**
   * Whether an event of the bus matches. Never throws.
   * @param event must not change: what was parsed of the object is remembered
   */
  matchesEvent(event: FilterEvent): boolean
  /**
   * Whether a packet matches; only the fields the filter names are read. Never throws.
   * @param packet `logged.payload`, decoded
   */
  matchesPacket(logged: LoggedPacket, packet: Packet, context?: PacketContext): boolean
}

/** What filters share, so that one look at an event serves them all. */
export class FilterLanguage {
  readonly #view = new EventView()
  #filters = 0

  compile(source: string): Filter {
    const checker = new Checker(source)
    const expression = check(source, checker)
    this.#view.isShared = ++this.#filters > 1
    return new CompiledFilter(source, expression, checker, this.#view)
  }

  /** Compiles many filters into one list; undefined stands for one that never matches. */
  compileList(sources: readonly (string | undefined)[]): FilterList {
    return new FilterList(
      sources.map(source => {
        if (source === undefined) return undefined
        const checker = new Checker(source)
        return { expression: check(source, checker), variables: checker.slots }
      })
    )
  }
}

/** Many filters, of which the first that matches counts. */
export class FilterList {
  readonly #filters: readonly (IndexedFilter | undefined)[]
  #onPacket: FilterIndex<PacketView> | undefined
  #onEvent: FilterIndex<EventView> | undefined
  #packetView: PacketView | undefined

  constructor(filters: readonly (IndexedFilter | undefined)[]) {
    this.#filters = filters
  }

  /** Index of the first filter that a packet matches, or -1. */
  firstForPacket(logged: LoggedPacket, packet: Packet, context?: PacketContext): number {
    this.#onPacket ??= new FilterIndex(this.#filters, packetReader)
    this.#packetView ??= new PacketView(logged, packet)
    return this.#onPacket.first(this.#packetView.reset(logged, packet, context))
  }

  /** Index of the first filter that an event matches, or -1. */
  firstForEvent(view: EventView): number {
    this.#onEvent ??= new FilterIndex(this.#filters, eventReader)
    return this.#onEvent.first(view)
  }
}

const limits = {
  maxAstNodes: MAX_NODES,
  maxDepth: MAX_DEPTH,
  maxListElements: MAX_LIST_ITEMS,
  maxMapEntries: MAX_LIST_ITEMS,
  maxCallArguments: 8
}
const grammar = new Environment({ limits })

function check(source: string, checker: Checker): Expression {
  if (source.length > MAX_SOURCE_CHARACTERS) {
    const problem = `the filter has ${source.length} characters; ${MAX_SOURCE_CHARACTERS} is the limit`
    throw errorAt('FILTER_LIMIT', problem, source, { start: 0, end: 0 })
  }
  const everything = { start: 0, end: source.length }
  if (source.trim() === '') {
    throw errorAt('FILTER_SYNTAX', 'the filter is empty; one that takes everything is true', source, everything)
  }
  const { ast } = parse(source)
  const expression = checker.condition(ast)
  const cost = costOf(expression)
  if (cost > MAX_COST) {
    throw errorAt('FILTER_LIMIT', 'the filter may take too long; look for less, or in fewer texts', source, everything)
  }
  return expression
}

function parse(source: string): ReturnType<Environment['parse']> {
  try {
    return grammar.parse(source)
  } catch (cause) {
    if (!(cause instanceof ParseError))
      throw errorAt('FILTER_SYNTAX', 'this is no filter', source, { start: 0, end: 0 })
    const range = cause.range ?? { start: 0, end: 0 }
    const code = cause.code === 'limit_exceeded' ? 'FILTER_LIMIT' : 'FILTER_SYNTAX'
    throw errorAt(code, explain(cause.summary, source, range.start), source, range, { cause })
  }
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['and', '&&'],
  ['or', '||'],
  ['not', '!'],
  ['AND', '&&'],
  ['OR', '||'],
  ['NOT', '!']
])

/** The parser's words, and what people coming from other languages will have meant. */
function explain(summary: string, source: string, at: number): string {
  const rest = source.slice(at)
  if (rest.startsWith('=')) return 'a single = stands here; write == to compare'
  if (/^[&|]/.test(rest)) return `write ${rest[0] === '&' ? '&&' : '||'}`
  const word = /^[A-Za-z]+/.exec(rest)?.[0] ?? ''
  const operator = WORDS.get(word)
  if (operator !== undefined) return `write ${operator} for ${word}`
  if (at >= source.length) return 'the filter ends too early'
  return summary
}

const packetReader: Reader<PacketView> = {
  value: field => field.fromPacket,
  address: field => field.addressFromPacket,
  event: () => undefined
}

const eventReader: Reader<EventView> = {
  value: field => field.fromEvent,
  address: () => undefined,
  event: view => view.event
}

class CompiledFilter implements Filter {
  readonly source: string
  readonly fields: ReadonlySet<string>
  readonly #expression: Expression
  readonly #variables: number
  readonly #eventView: EventView
  #packetView: PacketView | undefined
  #onPacket: Step<PacketView> | undefined
  #onEvent: Step<EventView> | undefined

  constructor(source: string, expression: Expression, { used, slots }: Checker, eventView: EventView) {
    this.source = source
    this.fields = used
    this.#expression = expression
    this.#variables = slots
    this.#eventView = eventView
  }

  matchesEvent(event: FilterEvent): boolean {
    this.#onEvent ??= new Compiler(eventReader, this.#variables).compile(this.#expression)
    this.#eventView.reset(event)
    return this.#onEvent(this.#eventView) === true
  }

  matchesPacket(logged: LoggedPacket, packet: Packet, context?: PacketContext): boolean {
    this.#onPacket ??= new Compiler(packetReader, this.#variables).compile(this.#expression)
    this.#packetView ??= new PacketView(logged, packet)
    return this.#onPacket(this.#packetView.reset(logged, packet, context)) === true
  }
}

/**
 * Compiles a filter.
 * @throws RuleError `FILTER_SYNTAX`, `FILTER_TYPE`, `FILTER_UNKNOWN_NAME`, `FILTER_LIMIT`: with the place under the text
 */
export function compileFilter(source: string): Filter {
  return new FilterLanguage().compile(source)
}

/**
 * Makes the function that a bus takes as its filter language. Filters of one compiler share their look at an event, so
 * that an event object is parsed once, however many of them it is put before.
 */
export function createFilterCompiler(): (source: string) => (event: FilterEvent) => boolean {
  const language = new FilterLanguage()
  return source => {
    const filter = language.compile(source)
    return event => filter.matchesEvent(event)
  }
}
