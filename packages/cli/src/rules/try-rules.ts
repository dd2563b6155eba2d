import { type Alert, createRuleEngine, type Notice, type RuleEngine, type RuleSets } from '@packet-logs/rules'
import type { Recorded, Subject } from './recorded.js'

/** What comes out of rules that a recording is put before. */
export interface TryRulesOutput {
  onAlert(alert: Alert): void
  /** Of an entry of notifications.json, by its place. */
  onNotice(entry: number, notice: Notice, timestampMs: number): void
  /** Before each packet or event is put before the rules. */
  onSubject(subject: Subject): void
}

/** How far it has come. */
export interface TryRulesProgress {
  packets: number
  events: number
  /** Lines and packets that are no events. */
  skipped: number
  /** Where the first of them is, and why. */
  firstSkipped?: string
  /** Time of the recording's first and last event, in milliseconds since the epoch. */
  firstMs?: number
  lastMs?: number
  /** Events that do not say when they happened: they are taken to have come with the one before. */
  withoutTime: number
}

/** Summaries that are still due at the end are waited for, but not for ever. */
const maxLastWords = 1_000_000
/** So often the loop lets others have their turn. */
const subjectsPerTurn = 1024

/** Puts a recording before rules in its own time, as the service would have done when it happened. */
export class RuleTrial {
  readonly engine: RuleEngine
  readonly progress: TryRulesProgress = { packets: 0, events: 0, skipped: 0, withoutTime: 0 }
  readonly #output: TryRulesOutput
  readonly #sets: RuleSets
  #nowMs = 0
  #subject: Subject | undefined
  /** Alerts that were published on the bus, where rules may look at them in turn. */
  #published: Alert[] = []

  constructor(sets: RuleSets, output: TryRulesOutput) {
    this.#sets = sets
    this.#output = output
    this.engine = createRuleEngine({
      nowMs: () => this.#nowMs,
      onAlert: alert => {
        output.onAlert(alert)
        if (alert.actions.includes('bus')) this.#published.push(alert)
      },
      onNotice: notice => this.#notice(notice)
    })
    this.engine.use(sets)
  }

  /** @throws what is wrong in the middle of the recording, what comes before it having been tried; `signal.reason` */
  async run(recording: AsyncIterable<Recorded>, signal: AbortSignal): Promise<void> {
    let turn = 0
    for await (const recorded of recording) {
      if (++turn % subjectsPerTurn === 0) {
        await new Promise(resolve => setImmediate(resolve))
        signal.throwIfAborted()
      }
      this.#take(recorded)
    }
    signal.throwIfAborted()
  }

  /** Lets summaries come that are still due. */
  end(): void {
    this.#elapse(Number.POSITIVE_INFINITY)
  }

  #take(recorded: Recorded): void {
    const { progress } = this
    if (recorded.kind === 'skipped') {
      progress.skipped++
      progress.firstSkipped ??= `number ${recorded.number}: ${recorded.reason}`
      return
    }
    this.#keepTime(recorded.timeMs === undefined ? undefined : Math.floor(recorded.timeMs))
    this.#subject = recorded
    this.#output.onSubject(recorded)
    if (recorded.kind === 'packet') {
      progress.packets++
      this.engine.packet(recorded.logged, recorded.packet)
    } else {
      progress.events++
      this.engine.event(recorded.event)
    }
    this.#subject = undefined
    this.#returnPublished()
  }

  #keepTime(timeMs: number | undefined): void {
    const { progress } = this
    if (timeMs === undefined) {
      progress.withoutTime++
      return
    }
    progress.firstMs ??= timeMs
    // Packets of several queues may come in a slightly wrong order; time does not run backwards for it.
    progress.lastMs = Math.max(timeMs, progress.lastMs ?? timeMs)
    if (this.#nowMs === 0) this.#nowMs = timeMs
    else this.#elapse(timeMs)
  }

  /** Lets time pass until then, and what becomes due on the way be raised in its time. */
  #elapse(untilMs: number): void {
    for (let words = 0; words < maxLastWords; words++) {
      const dueMs = this.engine.advance()
      this.#returnPublished()
      if (dueMs === undefined || this.#nowMs + dueMs > untilMs) break
      this.#nowMs += Math.max(1, dueMs)
    }
    if (Number.isFinite(untilMs)) this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  /** The engine cuts loops off by itself. */
  #returnPublished(): void {
    while (this.#published.length > 0) {
      const alerts = this.#published
      this.#published = []
      for (const { topic, value } of alerts) this.engine.event({ topic, value })
    }
  }

  #notice(notice: Notice): void {
    const subject = this.#subject
    const { notifications } = this.#sets
    if (!notice.notification || subject === undefined || notifications === undefined) return
    const entry =
      subject.kind === 'packet'
        ? notifications.matchPacket(subject.logged, subject.packet)
        : notifications.matchEvent(subject.event)
    if (entry >= 0) this.#output.onNotice(entry, notice, this.#nowMs)
  }
}
