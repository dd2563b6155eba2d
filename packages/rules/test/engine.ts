import type { LoggedPacket } from '@packet-logs/decoder'
import { decodePacket } from '@packet-logs/decoder'
import type { Alert, Notice, PacketContext, RuleEngine, RuleEngineOptions } from '../src/index.js'
import { createRuleEngine, parseRules } from '../src/index.js'

/** 2026-01-01T00:00:00Z */
export const START_MS: number = Date.UTC(2026, 0, 1)

/** An engine with a clock that stands still until it is told the time. */
export class TestBench {
  readonly alerts: Alert[] = []
  readonly notices: Notice[] = []
  readonly engine: RuleEngine
  #nowMs = START_MS

  constructor(rules?: string, options: Partial<RuleEngineOptions> = {}) {
    this.engine = createRuleEngine({
      nowMs: () => this.#nowMs,
      onAlert: alert => this.alerts.push(alert),
      onNotice: notice => this.notices.push(notice),
      ...options
    })
    if (rules !== undefined) this.use(rules)
  }

  use(rules: string): void {
    this.engine.use({ ...this.engine.sets, rules: parseRules(rules, { file: 'rules.yaml' }) })
  }

  /** Sets the clock to seconds after the start. */
  at(seconds: number): this {
    this.#nowMs = START_MS + seconds * 1000
    return this
  }

  event(topic: string, value: unknown): this {
    this.engine.event({ topic, value: typeof value === 'string' ? value : JSON.stringify(value) })
    return this
  }

  packet(logged: LoggedPacket, context?: PacketContext): this {
    this.engine.packet(logged, decodePacket(logged.payload, logged.etherType), context)
    return this
  }

  /** The titles of what was raised since the last time. */
  titles(): string[] {
    return this.alerts.splice(0).map(({ title }) => title)
  }
}
