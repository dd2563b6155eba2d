import { existsSync } from 'node:fs'
import type { Publisher } from '@packet-logs/bus'
import type { LoggedPacket, Packet, PayloadPolicy } from '@packet-logs/decoder'
import {
  type Alert,
  createRuleEngine,
  type FilterEvent,
  type Notice,
  type PacketContext,
  type RuleEngine,
  type RuleError
} from '@packet-logs/rules'
import { type ActionFailure, type Actions, createActions } from '@packet-logs/rules/actions'
import { openRuleFiles, type RuleFiles } from '@packet-logs/rules/files'
import type { EventStation } from './bus-feed.js'
import type { RulesConfig } from './config/rules.js'
import type { Loss } from './loss-report.js'
import type { PacketStation } from './publish-packets.js'

/** Who hears of what rules find. */
export interface RuleServiceOptions {
  readonly publisher: Publisher
  /** How much of what packets carry their events tell. */
  readonly payload: PayloadPolicy
  /** Those who watch over WebSockets; absent where nobody can. */
  readonly notify?: ((notice: Notice) => void) | undefined
  /** Every alert, once it was raised. */
  readonly onAlert: (alert: Alert) => void
  /** A file was put in force: the engine may look at other topics now. */
  readonly onChange: () => void
  readonly log: (text: string) => void
}

/** The longest that something due may wait for the clock when nobody knew of it. */
const tickMs = 1000
/** How long actions may take for what they have queued, at the end. */
const drainMs = 3000
/** How often the same action may complain. */
const complaintMs = 60_000

/** The rule engine with its files, its clock and its actions. */
export class RuleService implements PacketStation, EventStation, AsyncDisposable {
  readonly engine: RuleEngine
  readonly actions: Actions
  readonly #options: RuleServiceOptions
  readonly #complained = new Map<string, number>()
  #files: RuleFiles | undefined
  #timer: NodeJS.Timeout | undefined
  #isArmedSoon = false
  /** Alerts that no action tried to deliver. */
  readonly loss: Loss = {
    count: () => this.actions.stats().reduce((sum, { dropped }) => sum + dropped, 0),
    describe: count =>
      `${count} alerts not delivered: the queue of their action was full, no action has that name, or there is no API to watch`
  }

  private constructor(options: RuleServiceOptions) {
    this.#options = options
    this.actions = createActions({
      publish: (topic, value) => options.publisher.publishText(topic, value),
      notify: options.notify,
      drainMs,
      onFailure: failure => this.#complain(failure)
    })
    this.engine = createRuleEngine({
      onAlert: alert => {
        this.actions.deliver(alert)
        options.onAlert(alert)
        this.#armSoon()
      },
      ...(options.notify && { onNotice: options.notify }),
      published: options.payload
    })
  }

  /** Reads the files; one that is broken or missing is as good as empty and is put in force as soon as it is mended. */
  static async open(config: RulesConfig, options: RuleServiceOptions): Promise<RuleService> {
    const service = new RuleService(options)
    const { file, alerts, notifications, reading } = config
    service.#files = await openRuleFiles({
      engine: service.engine,
      ...(file !== undefined && { rules: file }),
      ...(alerts !== undefined && { alerts }),
      ...(notifications !== undefined && { notifications }),
      ...(reading !== undefined && { reading }),
      onLoad: ({ path, count }) => service.#loaded(path, count),
      onProblem: error => service.#problem(error)
    })
    for (const path of [file, alerts, notifications]) {
      if (path !== undefined && !existsSync(path)) {
        options.log(`${path}: there is no such file; its rules are in force as soon as there is`)
      }
    }
    service.#armSoon()
    return service
  }

  get files(): RuleFiles {
    if (this.#files === undefined) throw new Error('rule files are asked for before they are open')
    return this.#files
  }

  get topics(): readonly string[] {
    return this.engine.topics
  }

  packet(logged: LoggedPacket, packet: Packet, _topic: string, context: PacketContext): void {
    this.engine.packet(logged, packet, context)
  }

  event(event: FilterEvent): void {
    this.engine.event(event)
  }

  /** Ends the reading of files and gives what actions have queued a moment to arrive. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isArmedSoon = true
    clearTimeout(this.#timer)
    await this.#files?.close()
    this.engine.advance()
    await this.actions[Symbol.asyncDispose]()
  }

  #loaded(path: string, count: number): void {
    this.actions.define(this.engine.sets.rules?.actions ?? {})
    this.#options.log(`${path}: ${count} ${count === 1 ? 'rule' : 'rules'} in force`)
    this.#options.onChange()
    this.#armSoon()
  }

  #problem(error: RuleError): void {
    const inForce = this.#files === undefined ? 'nothing of it is in force' : 'what was in force before stays so'
    this.#options.log(`${error.message}\n${inForce}, until the file is mended`)
  }

  #complain({ action, reason, alert }: ActionFailure): void {
    const now = performance.now()
    const last = this.#complained.get(action)
    if (last !== undefined && now - last < complaintMs) return
    this.#complained.set(action, now)
    this.#options.log(`action ${action}: ${alert.topic} did not arrive: ${reason} (told at most once a minute)`)
  }

  /** What happened may have made something due before the next tick. */
  #armSoon(): void {
    if (this.#isArmedSoon) return
    this.#isArmedSoon = true
    this.#arm(0)
  }

  #arm(afterMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const dueMs = this.engine.advance() ?? tickMs
      this.#isArmedSoon = false
      this.#arm(Math.min(Math.max(dueMs, 1), tickMs))
    }, afterMs).unref()
  }
}
