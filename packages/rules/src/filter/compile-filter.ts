import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import type { Step } from './compile.js'
import { Compiler } from './compile.js'
import type { FilterEvent } from './fields/event-view.js'
import { EventView } from './fields/event-view.js'
import type { PacketContext } from './fields/packet-view.js'
import { PacketView } from './fields/packet-view.js'
import type { CheckedFilter } from './read-filter.js'
import { readFilter } from './read-filter.js'
import { eventReader, packetReader } from './readers.js'

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
    const checked = readFilter(source)
    this.#view.isShared = ++this.#filters > 1
    return new CompiledFilter(source, checked, this.#view)
  }
}

class CompiledFilter implements Filter {
  readonly source: string
  readonly #checked: CheckedFilter
  readonly #eventView: EventView
  #packetView: PacketView | undefined
  #onPacket: Step<PacketView> | undefined
  #onEvent: Step<EventView> | undefined

  constructor(source: string, checked: CheckedFilter, eventView: EventView) {
    this.source = source
    this.#checked = checked
    this.#eventView = eventView
  }

  get fields(): ReadonlySet<string> {
    return this.#checked.fields
  }

  matchesEvent(event: FilterEvent): boolean {
    const { expression, variables } = this.#checked
    this.#onEvent ??= new Compiler(eventReader, variables).compile(expression)
    this.#eventView.reset(event)
    return this.#onEvent(this.#eventView) === true
  }

  matchesPacket(logged: LoggedPacket, packet: Packet, context?: PacketContext): boolean {
    const { expression, variables } = this.#checked
    this.#onPacket ??= new Compiler(packetReader, variables).compile(expression)
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
