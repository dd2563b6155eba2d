import { lookup as lookupName } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { Alert } from '../engine/alert.js'
import { ActionQueue } from './action-queue.js'
import type { Actions, ActionsOptions } from './actions.js'
import { type Clock, systemClock } from './clock.js'
import { CommandTransport } from './command-transport.js'
import type { ActionDefinition, CompleteDefinition } from './definition.js'
import { actionsSchema } from './definition.js'
import { HttpTransport } from './http/http-transport.js'
import { sharedLookup } from './http/shared-lookup.js'
import { redact } from './redact.js'
import type { ActionStats } from './stats.js'
import { Tally } from './tally.js'
import type { Transport } from './transport.js'

/** What tests replace. */
export interface Surroundings {
  readonly clock: Clock
  /** Default `dns.lookup`. */
  readonly lookup?: LookupFunction | undefined
  /** Milliseconds that a command has to end by itself when its time is over. */
  readonly killAfterMs: number
}

const MAX_UNKNOWN_NAMES = 100
const DEFAULT_DRAIN_MS = 5000
const MAX_DRAIN_MS = 600_000
/** For attempts to end that were aborted; a command killed with SIGKILL ends when the kernel gets to it. */
const ABORT_MS = 1000

/**
 * Delivers alerts; `bus` and `websocket` are there at once, the others when they are defined.
 * @throws RangeError for `drainMs` beyond 0 to 600,000
 */
export function createActions(options: ActionsOptions): Actions {
  return createActionsIn({ clock: systemClock, killAfterMs: 2000 }, options)
}

export function createActionsIn(surroundings: Surroundings, options: ActionsOptions): Actions {
  const { drainMs = DEFAULT_DRAIN_MS } = options
  if (!(drainMs >= 0 && drainMs <= MAX_DRAIN_MS)) throw new RangeError(`drainMs must be 0 to ${MAX_DRAIN_MS}`)
  return new NamedActions(surroundings, { ...options, drainMs })
}

class NamedActions implements Actions {
  readonly #surroundings: Surroundings
  readonly #options: ActionsOptions & { readonly drainMs: number }
  readonly #lookup: LookupFunction
  readonly #bus: Tally
  readonly #websocket: Tally
  readonly #queues = new Map<string, ActionQueue>()
  /** Of names that are used or were defined, and are not defined now. */
  readonly #unknown = new Map<string, Tally>()
  /** No longer defined, with attempts under way. */
  readonly #leaving = new Set<ActionQueue>()
  #ended: Promise<void> | undefined

  constructor(surroundings: Surroundings, options: ActionsOptions & { readonly drainMs: number }) {
    this.#surroundings = surroundings
    this.#options = options
    this.#lookup = sharedLookup(surroundings.lookup ?? lookupName)
    this.#bus = new Tally(surroundings.clock.epochMs)
    this.#websocket = new Tally(surroundings.clock.epochMs)
  }

  deliver(alert: Alert): void {
    for (const name of new Set(alert.actions)) {
      if (name === 'bus') this.#publish(alert)
      else if (name === 'websocket') this.#notify(alert)
      else {
        const queue = this.#queues.get(name)
        if (queue !== undefined) queue.push(alert)
        else this.#passOver(name)
      }
    }
  }

  define(definitions: Readonly<Record<string, ActionDefinition>>): void {
    const complete = completeDefinitions(definitions)
    for (const [name, queue] of this.#queues) {
      if (!complete.has(name)) this.#remove(name, queue)
    }
    for (const [name, definition] of complete) {
      const queue = this.#queues.get(name)
      if (queue === undefined) this.#add(name, definition)
      else if (!isDeepStrictEqual(queue.definition, definition)) queue.redefine(definition, this.#open(definition))
    }
  }

  stats(): ActionStats[] {
    return [
      this.#bus.toStats('bus', 'bus', 'the bus'),
      this.#websocket.toStats('websocket', 'websocket', 'who watches'),
      ...[...this.#queues.values()].map(queue => queue.stats()),
      ...[...this.#unknown].map(([name, tally]) => tally.toStats(name, 'unknown', ''))
    ]
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  #publish(alert: Alert): void {
    this.#attempt('bus', this.#bus, alert, () => this.#options.publish(alert.topic, alert.value))
  }

  #notify(alert: Alert): void {
    const { notify } = this.#options
    if (notify === undefined) {
      this.#websocket.dropped += 1
      this.#websocket.noteError('nobody can watch: there is no gateway')
      return
    }
    const notice = { topic: alert.topic, data: alert.value, notification: true }
    this.#attempt('websocket', this.#websocket, alert, () => notify(notice))
  }

  #attempt(name: string, tally: Tally, alert: Alert, act: () => void): void {
    try {
      act()
      tally.countDelivered()
    } catch (error) {
      const reason = redact(error instanceof Error ? error.message : String(error), [])
      tally.failed += 1
      tally.noteError(reason)
      this.#tellFailure(name, reason, alert)
    }
  }

  #passOver(name: string): void {
    let tally = this.#unknown.get(name)
    if (tally === undefined) {
      tally = new Tally(this.#surroundings.clock.epochMs)
      this.#keepUnknown(name, tally)
    }
    tally.dropped += 1
    tally.noteError('no action of this name is defined')
  }

  #keepUnknown(name: string, tally: Tally): void {
    this.#unknown.set(name, tally)
    const [oldest] = this.#unknown.keys()
    if (this.#unknown.size > MAX_UNKNOWN_NAMES && oldest !== undefined) this.#unknown.delete(oldest)
  }

  #add(name: string, definition: CompleteDefinition): void {
    const tally = this.#unknown.get(name) ?? new Tally(this.#surroundings.clock.epochMs)
    this.#unknown.delete(name)
    const onFailure = (reason: string, alert: Alert): void => this.#tellFailure(name, reason, alert)
    const context = { clock: this.#surroundings.clock, tally, onFailure }
    const queue = new ActionQueue(name, definition, this.#open(definition), context)
    this.#queues.set(name, queue)
    if (this.#ended !== undefined) queue.close()
  }

  #remove(name: string, queue: ActionQueue): void {
    this.#queues.delete(name)
    this.#keepUnknown(name, queue.tally)
    queue.close()
    this.#leaving.add(queue)
    void queue.whenIdle().then(() => this.#leaving.delete(queue))
  }

  #open(definition: CompleteDefinition): Transport {
    const { clock, killAfterMs } = this.#surroundings
    if (definition.type === 'command') return new CommandTransport(definition, { killAfterMs })
    return new HttpTransport(definition, { epochMs: clock.epochMs, lookup: this.#lookup })
  }

  #tellFailure(action: string, reason: string, alert: Alert): void {
    try {
      this.#options.onFailure?.({ action, reason, alert })
    } catch {
      // Whoever listens has trouble enough; alerts go on.
    }
  }

  async #end(): Promise<void> {
    const queues = [...this.#queues.values(), ...this.#leaving]
    const idle = Promise.all(queues.map(queue => queue.whenIdle()))
    await within(this.#options.drainMs, idle)
    for (const queue of queues) queue.abort()
    await within(ABORT_MS, idle)
  }
}

function completeDefinitions(definitions: Readonly<Record<string, ActionDefinition>>): Map<string, CompleteDefinition> {
  const { data, error } = actionsSchema.safeParse(definitions)
  if (data !== undefined) return new Map(Object.entries(data))
  const problems = error.issues.map(({ path, message }) => `${['actions', ...path].join('.')} ${message}`)
  throw new TypeError(problems.join('; '))
}

async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise(resolve => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([promise, over])
  clearTimeout(timer)
}
