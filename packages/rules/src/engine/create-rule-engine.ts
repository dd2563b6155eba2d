import type { LoggedPacket, Packet, PayloadPolicy } from '@packet-logs/decoder'
import { toPacketInfo } from '@packet-logs/decoder'
import type { FilterEvent } from '../filter/fields/event-view.js'
import { EventView } from '../filter/fields/event-view.js'
import type { PacketContext } from '../filter/fields/packet-view.js'
import { PacketView } from '../filter/fields/packet-view.js'
import { FilterList } from '../filter/filter-list.js'
import type { Notice } from '../notifications/notifications.js'
import type { CompiledRule } from '../rules-file/compile-rule.js'
import { PACKET_TOPIC } from '../rules-file/compile-rule.js'
import type { Rule } from '../rules-file/rule.js'
import type { Alert } from './alert.js'
import { MAX_EVENT_CHARACTERS } from './alert.js'
import { EngineClock } from './clock.js'
import { DueQueue } from './due-queue.js'
import type { KeyState } from './key-table.js'
import { Memory } from './memory.js'
import type { RuleEngine, RuleEngineOptions, RuleSets } from './rule-engine.js'
import { RunningAlerts } from './running-alerts.js'
import { RunningNotifications } from './running-notifications.js'
import type { Surroundings } from './running-rule.js'
import { RunningRule } from './running-rule.js'
import type { EngineStats, RuleStats } from './stats.js'
import type { Subject } from './subject.js'
import { EventSubject, PacketSubject } from './subject.js'
import { topicsOf } from './topics.js'

const DEFAULT_LIMITS: EngineLimits = { maxKeys: 10_000, maxBytes: 64 * 1024 * 1024, maxAlertsPerMinute: 10_000 }
/** Summaries that are told at a time; others get their turn in between. */
const MAX_DUE = 1000
/** An alert about an alert: no rule looks at those, so that none feeds itself. */
const LOOP = 'alert:alert:'

/**
 * Makes an engine without rules; {@link RuleEngine.use} puts some in force.
 * @throws RangeError when `maxKeys`, `maxBytes` or `maxAlertsPerMinute` is no whole number from 1 on
 */
export function createRuleEngine(options: RuleEngineOptions): RuleEngine {
  const { maxKeys, maxBytes, maxAlertsPerMinute } = { ...DEFAULT_LIMITS, ...options }
  const limits: EngineLimits = { maxKeys, maxBytes, maxAlertsPerMinute }
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${name} is ${value}; give a whole number from 1 on`)
    }
  }
  return new Engine(options, limits)
}

type EngineLimits = Required<Pick<RuleEngineOptions, 'maxKeys' | 'maxBytes' | 'maxAlertsPerMinute'>>

class Engine implements RuleEngine {
  readonly #onAlert: (alert: Alert) => void
  readonly #onNotice: ((notice: Notice) => void) | undefined
  readonly #payload: PayloadPolicy
  readonly #published: PayloadPolicy
  readonly #clock: EngineClock
  readonly #wallMs = (): number => this.#clock.now().wallMs
  readonly #memory: Memory
  readonly #surroundings: Surroundings
  readonly #due = new DueQueue<KeyState>()
  /** Told when nothing is being looked at any more: who takes an alert may put its event before the engine at once. */
  #raised: Alert[] = []
  readonly #raise = (alert: Alert): void => {
    this.#raised.push(alert)
  }

  #sets: RuleSets = {}
  #topics: readonly string[] = []
  #rules: readonly RunningRule[] = []
  #packetFilters: FilterList | undefined
  #eventFilters: FilterList | undefined
  #runningAlerts: RunningAlerts | undefined
  #runningNotifications: RunningNotifications | undefined
  #packetView: PacketView | undefined
  readonly #eventView = new EventView()
  readonly #totals = { packets: 0, events: 0, loopsCut: 0, alerts: 0, notices: 0 }

  constructor(options: RuleEngineOptions, { maxKeys, maxBytes, maxAlertsPerMinute }: EngineLimits) {
    this.#onAlert = options.onAlert
    this.#onNotice = options.onNotice
    this.#payload = options.payload ?? 'headers'
    this.#published = options.published ?? 'full'
    this.#clock = new EngineClock(options.nowMs ?? Date.now)
    this.#memory = new Memory(maxBytes)
    this.#surroundings = {
      due: this.#due,
      maxKeys,
      memory: this.#memory,
      maxAlertsPerMinute,
      raise: this.#raise,
      now: () => this.#clock.now()
    }
  }

  get sets(): RuleSets {
    return this.#sets
  }

  get topics(): readonly string[] {
    return this.#topics
  }

  get totals(): EngineStats {
    return { ...this.#totals, rememberedBytes: this.#memory.bytes }
  }

  packet(logged: LoggedPacket, packet: Packet, context?: PacketContext): void {
    this.#totals.packets++
    if (this.#packetFilters !== undefined || this.#runningAlerts !== undefined) {
      this.#packetView ??= new PacketView(logged, packet)
      this.#lookAtPacket(this.#packetView.reset(logged, packet, context))
    }
    const notice = this.#runningNotifications?.packet(logged, packet, context, this.#wallMs)
    if (notice !== undefined) this.#notify(notice)
  }

  #lookAtPacket(view: PacketView): void {
    const matched = this.#packetFilters?.allForPacket(view)
    if (matched !== undefined && matched.length > 0) this.#hit(matched, new PacketSubject(view, this.#payload))
    if (this.#runningAlerts?.alerts.matches(view.topic) === true) {
      const { logged, context } = view
      const told = { ...context, payload: this.#published, maxLineBytes: MAX_EVENT_CHARACTERS }
      this.#evaluateAlerts(view.topic, () => toPacketInfo(logged, told))
    }
    this.#tell()
  }

  event(event: FilterEvent): void {
    const { topic } = event
    if (topic.startsWith(LOOP)) {
      this.#totals.loopsCut++
      return
    }
    this.#totals.events++
    const view = this.#eventView
    view.reset(event)
    const matched = (topic.startsWith(PACKET_TOPIC) ? this.#packetFilters : this.#eventFilters)?.allForEvent(view)
    if (matched !== undefined && matched.length > 0) this.#hit(matched, new EventSubject(view))
    if (this.#runningAlerts?.alerts.matches(topic) === true) this.#evaluateAlerts(topic, () => view.document)
    this.#tell()
    const notice = this.#runningNotifications?.event(event, view, this.#wallMs)
    if (notice !== undefined) this.#notify(notice)
  }

  #hit(matched: readonly number[], subject: Subject): void {
    const now = this.#clock.now()
    for (const index of matched) this.#rules[index]?.hit(subject, now)
  }

  #evaluateAlerts(topic: string, json: () => unknown): void {
    this.#runningAlerts?.evaluate(topic, json, this.#wallMs(), this.#raise)
  }

  #tell(): void {
    if (this.#raised.length === 0) return
    const raised = this.#raised
    this.#raised = []
    for (const alert of raised) {
      this.#totals.alerts++
      this.#onAlert(alert)
    }
  }

  #notify(notice: Notice): void {
    this.#totals.notices++
    this.#onNotice?.(notice)
  }

  advance(): number | undefined {
    const now = this.#clock.now()
    for (let told = 0; told < MAX_DUE; told++) {
      const { first: next } = this.#due
      if (next === undefined || next.dueMs > now.elapsedMs) break
      next.owner.summarise(next, now)
    }
    this.#tell()
    const { first } = this.#due
    return first === undefined ? undefined : Math.max(0, first.dueMs - now.elapsedMs)
  }

  use(sets: RuleSets): void {
    const { rules, alerts, notifications } = sets
    const running = this.#runningRules(rules?.rules ?? [])
    this.#rules = running
    this.#packetFilters = filterList(running, ({ packetFilter }) => packetFilter)
    this.#eventFilters = filterList(running, ({ eventFilter }) => eventFilter)
    if (alerts !== this.#runningAlerts?.alerts) {
      this.#runningAlerts = alerts === undefined ? undefined : new RunningAlerts(alerts, this.#runningAlerts)
    }
    if (notifications !== this.#runningNotifications?.notifications) {
      const isHeard = this.#onNotice !== undefined
      this.#runningNotifications =
        notifications === undefined
          ? undefined
          : new RunningNotifications(notifications, isHeard, this.#runningNotifications)
    }
    this.#sets = sets
    this.#topics = topicsOf(sets)
  }

  #runningRules(rules: readonly Rule[]): RunningRule[] {
    const before = new Map(this.#rules.map(one => [one.rule.id, one]))
    const running = rules.map(rule => {
      const definition = JSON.stringify(rule)
      const known = before.get(rule.id)
      if (known?.definition === definition) return known
      const made = new RunningRule(rule, definition, this.#surroundings)
      if (known !== undefined) made.takeSnoozes(known)
      return made
    })
    const kept = new Set(running)
    for (const one of before.values()) if (!kept.has(one)) one.retire()
    return running
  }

  stats(): RuleStats[] {
    const nowMs = this.#wallMs()
    return [
      ...this.#rules.map(rule => rule.stats(nowMs)),
      ...(this.#runningAlerts?.stats(nowMs) ?? []),
      ...(this.#runningNotifications?.stats() ?? [])
    ]
  }

  snooze(ruleId: string, untilMs: number, key?: Alert['key']): boolean {
    const rule = this.#rules.find(one => one.rule.id === ruleId)
    if (rule !== undefined) return rule.snooze(untilMs, key, this.#wallMs())
    return key === undefined && this.#runningAlerts?.snooze(ruleId, untilMs) === true
  }
}

/** Undefined when there is nothing to try. */
function filterList(
  rules: readonly RunningRule[],
  filterOf: (compiled: CompiledRule) => CompiledRule['packetFilter']
): FilterList | undefined {
  const filters = rules.map(({ rule, compiled }) => (rule.enabled ? filterOf(compiled) : undefined))
  return filters.some(filter => filter !== undefined) ? new FilterList(filters) : undefined
}
