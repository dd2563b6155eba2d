import type { BusClient } from '@packet-logs/bus'
import type { Notice } from '@packet-logs/rules'
import type { WebSocket } from 'ws'
import type { GatewayLimits } from '../limits.js'
import { POLICY_VIOLATION } from './closing.js'
import {
  type CommandErrorCode,
  formatFrame,
  parseCommand,
  type ServerFrame,
  type SubscribeCommand
} from './events-frames.js'
import { EventsSubscription } from './events-subscription.js'
import type { Outlet, OutletCounters } from './outlet.js'
import { textOf } from './spr-login.js'

/** Commands that may wait to be done before the client has to. */
const MAX_WAITING_COMMANDS = 16

/** What a session needs of its gateway. */
export interface SessionHost {
  readonly bus: BusClient
  readonly limits: Pick<GatewayLimits, 'loginMs' | 'subscriptions'>
  readonly counters: OutletCounters
  isRight(token: string): Promise<boolean>
  /** The client has logged in. */
  onIn(): void
}

/** One client of `/ws/events`: it logs in, then subscribes and unsubscribes as it likes. Its commands are done one by one. */
export class EventsSession {
  readonly #socket: WebSocket
  readonly #outlet: Outlet
  readonly #host: SessionHost
  readonly #subscriptions = new Map<string, EventsSubscription>()
  readonly #commands: string[] = []
  readonly #over = new AbortController()
  #isIn = false
  #isBusy = false
  #wantsNotices = false
  #loginTimer: NodeJS.Timeout | undefined

  constructor(socket: WebSocket, outlet: Outlet, host: SessionHost) {
    this.#socket = socket
    this.#outlet = outlet
    this.#host = host
  }

  start(isIn: boolean): void {
    this.#socket.on('message', (data, isBinary) => this.#receive(isBinary ? '' : textOf(data)))
    this.#socket.once('close', () => {
      clearTimeout(this.#loginTimer)
      this.#over.abort()
    })
    if (isIn) this.#letIn()
    else this.#loginTimer = setTimeout(() => this.#turnOut(), this.#host.limits.loginMs)
  }

  notify(notice: Notice): void {
    if (this.#wantsNotices) this.#outlet.offer(formatFrame({ type: 'notice', ...notice }))
  }

  #receive(text: string): void {
    this.#commands.push(text)
    // The rest waits in the kernel, and then with the client.
    if (this.#commands.length >= MAX_WAITING_COMMANDS) this.#socket.pause()
    if (!this.#isBusy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    for (let text = this.#commands.shift(); text !== undefined; text = this.#commands.shift()) {
      try {
        await this.#obey(text)
      } catch (error) {
        if (!this.#over.signal.aborted) this.#fail('refused', messageOf(error))
      }
      // Answers are not dropped: who does not read them is not heard either.
      await this.#outlet.room()
      if (!this.#outlet.isOpen) return
      if (this.#commands.length === 0) this.#socket.resume()
    }
    this.#isBusy = false
  }

  async #obey(text: string): Promise<void> {
    const command = parseCommand(text)
    if (command.op === 'login' && !this.#isIn) {
      if (await this.#host.isRight(command.token)) this.#letIn()
      else this.#turnOut()
      return
    }
    if (!this.#isIn) {
      this.#turnOut()
      return
    }
    switch (command.op) {
      case 'login':
        // A socket that needs no login, or has one by its header, takes the same client.
        this.#send({ type: 'welcome' })
        break
      case 'subscribe':
        await this.#subscribe(command)
        break
      case 'unsubscribe':
        await this.#unsubscribe(command.id)
        break
      case 'notices':
        this.#wantsNotices = command.on
        break
      case 'none':
        this.#fail('invalid', command.reason, command.id)
        break
    }
  }

  #letIn(): void {
    if (!this.#outlet.isOpen) return
    clearTimeout(this.#loginTimer)
    this.#isIn = true
    this.#host.onIn()
    this.#send({ type: 'welcome' })
  }

  #turnOut(): void {
    this.#fail('unauthorized', 'Log in first: {"op":"login","token":"TOKEN"}, with a token that may do everything.')
    this.#outlet.close(POLICY_VIOLATION, 'Authentication failure')
  }

  async #subscribe(command: SubscribeCommand): Promise<void> {
    const { id } = command
    const { bus, counters, limits } = this.#host
    if (this.#subscriptions.has(id)) return this.#fail('refused', `There is a subscription ${id} already.`, id)
    if (this.#subscriptions.size >= limits.subscriptions) {
      return this.#fail('limit', `A socket has at most ${limits.subscriptions} subscriptions.`, id)
    }
    try {
      const subscription = await EventsSubscription.open(bus, command, {
        outlet: this.#outlet,
        counters,
        signal: this.#over.signal
      })
      this.#subscriptions.set(id, subscription)
      // Not waited for: the bus may be away, and the next command may be that it is not wanted any more.
      let isReady = false
      const onReady = (): void => {
        isReady = true
        this.#send({ type: 'subscribed', id, ...subscription.position })
      }
      subscription.run(onReady).then(
        () => this.#forget(id, subscription, 'ended', 'The bus is closed.'),
        (error: unknown) => this.#forget(id, subscription, isReady ? 'ended' : 'refused', messageOf(error))
      )
    } catch (error) {
      if (!this.#over.signal.aborted) this.#fail('refused', messageOf(error), id)
    }
    return undefined
  }

  async #unsubscribe(id: string): Promise<void> {
    const subscription = this.#subscriptions.get(id)
    if (subscription === undefined) return this.#fail('refused', `There is no subscription ${id}.`, id)
    this.#subscriptions.delete(id)
    await subscription.close()
    this.#send({ type: 'unsubscribed', id })
    return undefined
  }

  /** A subscription ended by itself. */
  #forget(id: string, subscription: EventsSubscription, code: CommandErrorCode, reason: string): void {
    if (this.#subscriptions.get(id) !== subscription) return
    this.#subscriptions.delete(id)
    this.#fail(code, reason, id)
  }

  #fail(code: CommandErrorCode, message: string, id?: string): void {
    this.#send({ type: 'error', ...(id !== undefined && { id }), code, message })
  }

  #send(frame: ServerFrame): void {
    this.#outlet.offer(formatFrame(frame))
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
