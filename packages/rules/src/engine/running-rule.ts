import type { CompiledRule } from '../rules-file/compile-rule.js'
import { compileRule } from '../rules-file/compile-rule.js'
import type { Rule } from '../rules-file/rule.js'
import type { Alert } from './alert.js'
import type { Occasion } from './alert-text.js'
import { makeAlert, shownText } from './alert-text.js'
import type { Moment } from './clock.js'
import type { DueQueue } from './due-queue.js'
import { keyName, keyValue } from './key-name.js'
import type { KeyOwner, KeyValues, Pending, Sighting } from './key-table.js'
import { bytesOf, KeyState, KeyTable } from './key-table.js'
import type { Memory } from './memory.js'
import { SnoozedKeys } from './snoozed-keys.js'
import type { RuleStats } from './stats.js'
import type { Subject } from './subject.js'
import type { Reached, Window } from './windows.js'
import { DistinctWindow, MatchWindow } from './windows.js'

const MINUTE_MS = 60_000

/** What rules of one engine share. */
export interface Surroundings {
  readonly due: DueQueue<KeyState>
  readonly maxKeys: number
  readonly memory: Memory
  readonly maxAlertsPerMinute: number
  /** Takes alerts of keys that have to be forgotten. */
  readonly raise: (alert: Alert) => void
  now(): Moment
}

/** A rule in force, with all that it counted and remembers. */
export class RunningRule implements KeyOwner {
  readonly rule: Rule
  readonly compiled: CompiledRule
  /** Tells one rule from another under the same id. */
  readonly definition: string
  readonly #surroundings: Surroundings
  readonly #keys: KeyTable
  readonly #remembersKeys: boolean
  #snoozedKeys: SnoozedKeys
  #snoozedUntilMs: number | undefined
  #hits = 0
  #alerts = 0
  #lastHitMs: number | undefined
  /** The furthest that any key has come towards the limit. */
  #furthest = 0
  readonly #suppressed = { cooldown: 0, aggregate: 0, snooze: 0, flood: 0, dryRun: 0 }
  readonly #raised = { sinceMs: Number.NEGATIVE_INFINITY, alerts: 0 }

  constructor(rule: Rule, definition: string, surroundings: Surroundings) {
    this.rule = rule
    this.definition = definition
    this.compiled = compileRule(rule)
    this.#surroundings = surroundings
    this.#keys = new KeyTable(surroundings.maxKeys, surroundings.memory, state => {
      this.#forget(state)
    })
    this.#snoozedKeys = new SnoozedKeys(surroundings.maxKeys)
    const { threshold, distinct, cooldownMs, aggregateMs } = rule
    this.#remembersKeys = [threshold, distinct, cooldownMs, aggregateMs].some(limit => limit !== undefined)
    this.#snoozedUntilMs = rule.snoozeUntilMs
  }

  /** Something met the condition. */
  hit(subject: Subject, now: Moment): void {
    this.#hits++
    this.#lastHitMs = now.wallMs
    const key = this.#keyOf(subject)
    if (!this.#remembersKeys) {
      this.#report(undefined, key, { count: 1, firstMs: now.elapsedMs }, subject, now)
      return
    }
    const name = keyName(this.compiled.by, key)
    const state = this.#keys.use(name, () => new KeyState(this, name, key, this.#newWindow()))
    const reached = this.#count(state, subject, now)
    if (reached !== undefined) this.#report(state, key, reached, subject, now)
  }

  #keyOf(subject: Subject): KeyValues {
    const key: Record<string, string | number | boolean> = {}
    for (const field of this.compiled.by) {
      const value = keyValue(subject.read(field))
      if (value !== undefined) key[field.name] = value
    }
    return key
  }

  #newWindow(): Window | undefined {
    const { threshold, distinct } = this.rule
    if (threshold !== undefined) return new MatchWindow(threshold.count, threshold.withinMs)
    return distinct === undefined ? undefined : new DistinctWindow(distinct.count, distinct.withinMs)
  }

  get #limit(): number | undefined {
    return this.rule.threshold?.count ?? this.rule.distinct?.count
  }

  /** Undefined while a limit is not reached. */
  #count(state: KeyState, subject: Subject, { elapsedMs }: Moment): Reached | undefined {
    const { window } = state
    if (window === undefined) return { count: 1, firstMs: elapsedMs }
    const { distinct } = this.compiled
    const value = distinct === undefined ? '' : keyValue(subject.read(distinct))
    if (value === undefined) return undefined
    const before = window.bytes
    const reached = window.add(elapsedMs, String(value))
    this.#keys.remember(state, window.bytes - before)
    if (reached !== undefined) this.#furthest = this.#limit ?? 0
    else if (window.level > this.#furthest) this.#furthest = window.level
    return reached
  }

  #report(state: KeyState | undefined, key: KeyValues, reached: Reached, subject: Subject, now: Moment): void {
    if (this.#isSnoozed(key, now)) {
      this.#suppressed.snooze++
      return
    }
    if (state !== undefined && this.rule.cooldownMs !== undefined) {
      if (now.elapsedMs < state.quietUntilMs) {
        this.#suppressed.cooldown++
        return
      }
      state.quietUntilMs = now.elapsedMs + this.rule.cooldownMs
    }
    if (state !== undefined && this.rule.aggregateMs !== undefined) {
      if (state.place >= 0 && state.dueMs <= now.elapsedMs) this.summarise(state, now)
      if (state.place >= 0) {
        this.#suppressed.aggregate++
        this.#leave(state, reached, subject, now)
        return
      }
      this.#surroundings.due.add(state, now.elapsedMs + this.rule.aggregateMs)
    }
    if (this.#isHeldBack(now)) return
    this.#raise(this.#sighting(subject), key, {
      count: reached.count,
      firstMs: now.wallMs - (now.elapsedMs - reached.firstMs),
      lastMs: now.wallMs,
      nowMs: now.wallMs,
      isSummary: false,
      values: reached.values
    })
  }

  /** Keeps a match for the summary. */
  #leave(state: KeyState, { count, firstMs, values }: Reached, subject: Subject, now: Moment): void {
    const { pending } = state
    if (pending !== undefined) {
      pending.count += count
      pending.lastMs = now.wallMs
      if (values !== undefined) {
        const before = bytesOf(pending)
        pending.values = values
        this.#keys.remember(state, bytesOf(pending) - before)
      }
      return
    }
    state.pending = {
      sighting: this.#sighting(subject),
      count,
      firstMs: now.wallMs - (now.elapsedMs - firstMs),
      lastMs: now.wallMs,
      values
    }
    this.#keys.remember(state, bytesOf(state.pending))
  }

  /** Says what came since the last alert of a key, if anything; a quiet time ends the keeping quiet. */
  summarise(state: KeyState, now: Moment): void {
    const { pending } = state
    const { due } = this.#surroundings
    due.remove(state)
    if (pending === undefined) return
    state.pending = undefined
    this.#keys.remember(state, -bytesOf(pending))
    due.add(state, now.elapsedMs + (this.rule.aggregateMs ?? 0))
    this.#tell(state, pending, now)
  }

  #tell(state: KeyState, { sighting, count, firstMs, lastMs, values }: Pending, now: Moment): void {
    if (this.#isSnoozed(state.values, now)) this.#suppressed.snooze++
    else if (!this.#isHeldBack(now))
      this.#raise(sighting, state.values, { count, firstMs, lastMs, nowMs: now.wallMs, isSummary: true, values })
  }

  /** What is still to be said of a key is said before it is forgotten. */
  #forget(state: KeyState): void {
    this.#surroundings.due.remove(state)
    const { pending } = state
    if (pending !== undefined) this.#tell(state, pending, this.#surroundings.now())
  }

  #sighting(subject: Subject): Sighting {
    const { topic } = subject
    const isShown = !this.rule.dryRun
    return {
      topic,
      shown: isShown ? this.compiled.shown.map(field => shownText(subject.read(field))) : [],
      event: isShown ? subject.event() : undefined
    }
  }

  /** Whether an alert is not to be raised, but counted: in a dry run, or after too many in a minute. */
  #isHeldBack({ elapsedMs }: Moment): boolean {
    if (this.rule.dryRun) {
      this.#suppressed.dryRun++
      return true
    }
    const raised = this.#raised
    if (elapsedMs - raised.sinceMs >= MINUTE_MS) {
      raised.sinceMs = elapsedMs
      raised.alerts = 0
    }
    if (raised.alerts >= this.#surroundings.maxAlertsPerMinute) {
      this.#suppressed.flood++
      return true
    }
    raised.alerts++
    return false
  }

  #raise(sighting: Sighting, key: KeyValues, occasion: Omit<Occasion, 'key'>): void {
    this.#alerts++
    this.#surroundings.raise(makeAlert(this.rule, this.compiled, sighting, { ...occasion, key }))
  }

  #isSnoozed(key: KeyValues, { wallMs }: Moment): boolean {
    if (this.#snoozedUntilMs !== undefined && wallMs < this.#snoozedUntilMs) return true
    return this.#snoozedKeys.size > 0 && this.#snoozedKeys.has(keyName(this.compiled.by, key), wallMs)
  }

  /** @returns false when a key is meant that the rule does not have */
  snooze(untilMs: number, key: KeyValues | undefined, nowMs: number): boolean {
    if (key === undefined) {
      this.#snoozedUntilMs = untilMs
      return true
    }
    const { by } = this.compiled
    const isKey = by.length > 0 && Object.keys(key).every(name => by.some(field => field.name === name))
    if (isKey) this.#snoozedKeys.set(keyName(by, key), untilMs, nowMs)
    return isKey
  }

  /** A rule that was edited stays snoozed where somebody snoozed it. */
  takeSnoozes(before: RunningRule): void {
    const isSameInFile = before.rule.snoozeUntilMs === this.rule.snoozeUntilMs
    if (isSameInFile && before.#snoozedUntilMs !== before.rule.snoozeUntilMs)
      this.#snoozedUntilMs = before.#snoozedUntilMs
    if (before.rule.by.join() === this.rule.by.join()) this.#snoozedKeys = before.#snoozedKeys
  }

  /** Lets go of what waits: the rule is no longer in force. */
  retire(): void {
    for (const state of this.#keys.states()) this.#surroundings.due.remove(state)
    this.#keys.clear()
  }

  stats(nowMs: number): RuleStats {
    const snoozedUntilMs = this.#snoozedUntilMs
    return {
      source: 'rules',
      id: this.rule.id,
      hits: this.#hits,
      alerts: this.#alerts,
      suppressed: { ...this.#suppressed },
      ...(this.#lastHitMs === undefined ? {} : { lastHitMs: this.#lastHitMs }),
      ...(snoozedUntilMs === undefined || snoozedUntilMs <= nowMs ? {} : { snoozedUntilMs }),
      ...(this.#limit === undefined ? {} : { reached: this.#furthest }),
      keys: this.#keys.size,
      keysEvicted: this.#keys.evicted
    }
  }
}
