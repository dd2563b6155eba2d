import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { durationMs } from '../duration.js'
import type { Alert, Severity } from '../engine/alert.js'
import type { Clock } from './clock.js'
import type { CompleteDefinition } from './definition.js'
import { DeliveryRate } from './delivery-rate.js'
import type { ActionStats } from './stats.js'
import type { Tally } from './tally.js'
import type { Delivery, Outcome, Transport } from './transport.js'
import { STOPPED } from './transport.js'
import { WaitingLine } from './waiting-line.js'

const SEVERITIES: readonly Severity[] = ['info', 'low', 'medium', 'high', 'critical']

/** Brings alerts to one action: in order, bounded in number, bytes, rate and time, again where it makes sense. */
export class ActionQueue {
  readonly #name: string
  readonly #clock: Clock
  readonly tally: Tally
  readonly #onFailure: (reason: string, alert: Alert) => void
  readonly #line = new WaitingLine()
  readonly #rate = new DeliveryRate()
  readonly #stop = controllerForMany()
  #definition: CompleteDefinition
  #transport: Transport
  /** Ends every wait when something else is in force. */
  #changed = controllerForMany()
  #active = 0
  #isWaiting = false
  #isClosed = false
  /** Until when the receiver wants to be left alone. */
  #notBeforeMs = 0
  readonly #idle: (() => void)[] = []

  constructor(
    name: string,
    definition: CompleteDefinition,
    transport: Transport,
    context: { clock: Clock; tally: Tally; onFailure: (reason: string, alert: Alert) => void }
  ) {
    this.#name = name
    this.#definition = definition
    this.#transport = transport
    this.#clock = context.clock
    this.tally = context.tally
    this.#onFailure = context.onFailure
  }

  get definition(): CompleteDefinition {
    return this.#definition
  }

  /** From here on, for what is queued and for further attempts, too. */
  redefine(definition: CompleteDefinition, transport: Transport): void {
    this.#transport.close()
    this.#definition = definition
    this.#transport = transport
    this.#notBeforeMs = 0
    this.#trim()
    this.#wake()
    this.#pump()
  }

  push(alert: Alert): void {
    if (this.#isClosed) {
      this.tally.dropped += 1
      return
    }
    if (SEVERITIES.indexOf(alert.severity) < SEVERITIES.indexOf(this.#definition.minSeverity)) {
      this.tally.filtered += 1
      return
    }
    this.#line.push({ id: randomUUID(), alert })
    this.#pump()
    this.#trim()
  }

  stats(): ActionStats {
    const held = { queued: this.#line.length, queuedBytes: this.#line.bytes, active: this.#active }
    return this.tally.toStats(this.#name, this.#definition.type, this.#transport.target, held)
  }

  /** Resolves when nothing waits and nothing is under way. */
  whenIdle(): Promise<void> {
    if (this.#active === 0 && this.#line.length === 0) return Promise.resolve()
    return new Promise(resolve => this.#idle.push(resolve))
  }

  /** Drops what waits, and tries nothing again; attempts under way end by themselves. */
  close(): void {
    this.#isClosed = true
    const left = this.#line.trim(0, 0)
    this.tally.dropped += left
    if (left > 0) this.tally.noteError(`${left} left over when the action ended`)
    this.#wake()
    this.#transport.close()
    this.#settle()
  }

  /** Ends attempts under way, too. */
  abort(): void {
    this.close()
    this.#stop.abort(STOPPED)
  }

  /** Not noted as an error, beside the count: it would hide why the queue is full. */
  #trim(): void {
    const { queueEntries, queueBytes } = this.#definition
    this.tally.dropped += this.#line.trim(queueEntries, queueBytes)
  }

  #wake(): void {
    this.#changed.abort()
    this.#changed = controllerForMany()
  }

  /** Begins as many deliveries as may be under way. */
  #pump(): void {
    while (this.#active < this.#definition.concurrency && this.#line.length > 0) {
      const nowMs = this.#clock.nowMs()
      const waitMs = Math.max(this.#notBeforeMs - nowMs, this.#rate.waitMs(this.#definition.maxPerMinute, nowMs))
      if (waitMs > 0) {
        void this.#pumpAfter(waitMs)
        return
      }
      const delivery = this.#line.shift()
      if (delivery === undefined) return
      this.#rate.begin(nowMs)
      this.#active += 1
      void this.#deliver(delivery)
    }
  }

  async #pumpAfter(ms: number): Promise<void> {
    if (this.#isWaiting) return
    this.#isWaiting = true
    await this.#clock.sleep(ms, this.#changed.signal)
    this.#isWaiting = false
    this.#pump()
  }

  async #deliver(delivery: Delivery): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(delivery)
      if (outcome.kind === 'delivered') {
        this.tally.countDelivered()
        break
      }
      this.tally.noteError(outcome.reason)
      if (outcome.kind === 'refused' || !(await this.#mayTryAgain(attempt, outcome.afterMs))) {
        this.tally.failed += 1
        this.#onFailure(outcome.reason, delivery.alert)
        break
      }
      this.tally.retries += 1
    }
    this.#active -= 1
    this.#pump()
    this.#settle()
  }

  async #mayTryAgain(attempt: number, afterMs = 0): Promise<boolean> {
    const nowMs = this.#clock.nowMs()
    // Also when this was the last attempt: the next alert has to wait.
    this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + afterMs)
    if (attempt > this.#definition.retries) return false
    const { signal } = this.#changed
    let waitMs = Math.max(this.#notBeforeMs - nowMs, this.#backOffMs(attempt))
    while (waitMs > 0 && !signal.aborted && !this.#isClosed) {
      await this.#clock.sleep(waitMs, signal)
      // The receiver may have told another delivery to wait for longer.
      waitMs = this.#notBeforeMs - this.#clock.nowMs()
    }
    return !this.#isClosed
  }

  async #attempt(delivery: Delivery): Promise<Outcome> {
    // An attempt may be over without waiting for anything; a queue of those would leave no time for anybody else.
    await setImmediate()
    if (this.#stop.signal.aborted) return { kind: 'refused', reason: 'ended before it was tried' }
    // Not AbortSignal.any: in Node 20 what it makes lives as long as its longest signal.
    const attempt = new AbortController()
    const stop = (): void => attempt.abort(STOPPED)
    const timer = setTimeout(() => attempt.abort(), durationMs(this.#definition.timeout))
    this.#stop.signal.addEventListener('abort', stop)
    try {
      return await this.#transport.send(delivery, attempt.signal)
    } catch (error) {
      // A mistake in this package, which must not end the program; its message might quote a secret.
      return { kind: 'refused', reason: `unexpected ${error instanceof Error ? error.name : 'error'}` }
    } finally {
      clearTimeout(timer)
      this.#stop.signal.removeEventListener('abort', stop)
    }
  }

  /** Doubling, and half of it left to chance, so that what failed together does not come back together. */
  #backOffMs(attempt: number): number {
    const [minMs, maxMs] = [durationMs(this.#definition.retryMin) ?? 0, durationMs(this.#definition.retryMax) ?? 0]
    return Math.min(maxMs, minMs * 2 ** (attempt - 1)) * (0.5 + 0.5 * this.#clock.random())
  }

  #settle(): void {
    if (this.#active > 0 || this.#line.length > 0) return
    for (const resolve of this.#idle.splice(0)) resolve()
  }
}

/** For as many deliveries at the same time as a definition allows: Node.js warns of the eleventh listener. */
function controllerForMany(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}
