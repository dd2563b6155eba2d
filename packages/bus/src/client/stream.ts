import { BusError } from '../errors.js'
import type { FilterCompiler } from '../filter.js'
import { compileEventFilter } from '../filter.js'
import { type Gap, parseGap } from '../gap.js'
import type { EventFilter } from '../log/cursor.js'
import { ERROR_TOPIC, HELLO_TOPIC, parseEvent, type SubscribeRequest } from '../newline-json/line-format.js'
import type { BusPosition } from '../reader.js'
import { checkPatterns, createTopicFilter, GAP_TOPIC, type TopicMatcher } from '../topic-pattern.js'
import type { Connection } from './connection.js'
import { Link, type LinkSettings, type LinkUser } from './link.js'
import { lastSeq, seqAt } from './numbered-lines.js'

/** What may be a line of the bus itself, wherever it stands. */
const CONTROL_LINE = Buffer.from('"topic":"bus:')

/** How long a bus may take to say hello. An old one never does. */
const HELLO_MS = 250

/** What a stream tells its inbox. */
export interface StreamListener {
  /** The bus has read the subscription, or is an old one that would not say. */
  ready(): void
  /** Whole lines; their memory is the listener's. */
  lines(bytes: Buffer, numbered: boolean): void
  /** Something is missing here. */
  gap(gap: Gap, line: Buffer | undefined): void
  overlong(): void
  /** There will be no further connection. */
  over(error: unknown): void
}

/** How a stream is kept. */
export interface StreamOptions {
  request: SubscribeRequest
  /** Go on after a new connection where the last one ended. */
  resume: boolean
  compileFilter: FilterCompiler | undefined
}

/** One prefix of a subscription: the connection that carries it, again and again. */
export class Stream implements LinkUser {
  readonly use: { use: 'subscribe'; prefix: string }
  readonly #options: StreamOptions
  readonly #listener: StreamListener
  readonly #link: Link
  readonly #path: string
  #position: BusPosition | undefined
  #isFirst = true
  #isOver = false
  #isGreeted = false
  #isNumbered = false
  #localFilter: EventFilter | undefined
  #refusal: string | undefined
  #helloTimer: NodeJS.Timeout | undefined

  constructor(settings: LinkSettings, options: StreamOptions, listener: StreamListener) {
    this.#options = options
    this.#listener = listener
    this.#path = settings.path
    this.use = { use: 'subscribe', prefix: options.request.prefix }
    this.#position = options.request.since
    this.#link = new Link(settings, this)
  }

  start(): void {
    this.#link.start()
  }

  async close(): Promise<void> {
    clearTimeout(this.#helloTimer)
    await this.#link.close()
  }

  onUp(connection: Connection): void {
    const { request, resume } = this.#options
    this.#isGreeted = false
    this.#isNumbered = false
    this.#localFilter = undefined
    if (!resume && !this.#isFirst) this.#position = undefined
    connection.subscribe(this.#isFirst ? request : withoutHistory(request, this.#position), {
      lines: bytes => this.#receive(bytes),
      overlong: () => {
        this.#greet(undefined)
        this.#listener.overlong()
      }
    })
    if (request.seq !== true) this.#greet(undefined)
    else this.#helloTimer = setTimeout(() => this.#listener.ready(), HELLO_MS)
  }

  onDown(): void {
    clearTimeout(this.#helloTimer)
    if (this.#refusal === undefined) return
    const code = this.#isGreeted && this.#options.request.policy === 'disconnect' ? 'BUS_SLOW_CONSUMER' : 'BUS_REFUSED'
    const message = `The bus at ${this.#path} ended the subscription: ${this.#refusal}`
    this.#fail(new BusError(code, message, { path: this.#path, topic: this.use.prefix }))
  }

  onOver(error: unknown): void {
    this.#listener.over(error)
  }

  /** What the bus's first line tells: whether it has said hello. */
  #greet(position: BusPosition | undefined): void {
    if (this.#isGreeted) return
    this.#isGreeted = true
    clearTimeout(this.#helloTimer)
    if (position === undefined) {
      // Nobody knows what was published while there was no connection.
      if (!this.#isFirst) this.#listener.gap({ from: null, to: null, lost: null, where: 'reader' }, undefined)
      this.#position = undefined
      this.#filterHere()
    } else {
      this.#isNumbered = true
      const asked = this.#position
      if (asked === undefined) this.#position = position
      // In another life of the bus, all that it holds is to come.
      else if (asked.epoch !== position.epoch) this.#position = { epoch: position.epoch, seq: 0 }
      if (!this.#isFirst && !this.#options.resume) {
        this.#listener.gap({ from: null, to: position.seq, lost: null, where: 'reader' }, undefined)
      }
    }
    this.#isFirst = false
    if (!this.#isOver) this.#listener.ready()
  }

  /** An old bus only knows prefixes. */
  #filterHere(): void {
    const { request, compileFilter } = this.#options
    const { prefix, match, filter } = request
    if (match === undefined && filter === undefined) return
    const wants: TopicMatcher = createTopicFilter([prefix], checkPatterns(match)).wants
    try {
      const matches = compileEventFilter(filter, compileFilter) ?? (() => true)
      this.#localFilter = event => wants(event.topic) && matches(event)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#isOver = true
    void this.close()
    this.#listener.over(error)
  }

  #receive(bytes: Buffer): void {
    let from = 0
    if (!this.#isGreeted) from = this.#takeFirst(bytes)
    if (from === bytes.length || this.#isOver) return
    const rest = from === 0 ? bytes : bytes.subarray(from)
    if (this.#localFilter !== undefined) this.#sift(rest, this.#localFilter)
    else if (rest.includes(CONTROL_LINE)) this.#sortOut(rest)
    else this.#pass(rest)
  }

  /** The end of the first line when it is the bus's own. */
  #takeFirst(bytes: Buffer): number {
    const end = bytes.indexOf('\n') + 1
    const event = parseEvent(bytes.toString('utf8', 0, end))
    if (event?.topic === ERROR_TOPIC) {
      this.#refusal = reasonOf(event.value)
      return end
    }
    const position = event?.topic === HELLO_TOPIC ? parsePosition(event.value) : undefined
    this.#greet(position)
    return position === undefined ? 0 : end
  }

  #pass(bytes: Buffer): void {
    if (this.#isNumbered && this.#position !== undefined) {
      const seq = lastSeq(bytes)
      if (seq > 0) this.#position = { epoch: this.#position.epoch, seq }
    }
    this.#listener.lines(bytes, this.#isNumbered)
  }

  /** Lines of which some may be the bus's own. */
  #sortOut(bytes: Buffer): void {
    let passFrom = 0
    for (let from = 0; from < bytes.length; ) {
      const end = bytes.indexOf('\n', from) + 1
      if (bytes.subarray(from, end).includes(CONTROL_LINE)) {
        const event = parseEvent(bytes.toString('utf8', from, end))
        const isGap = event?.topic === GAP_TOPIC && this.#isNumbered
        const isError = event?.topic === ERROR_TOPIC && event.value.startsWith(CLOSED)
        if (event && (isGap || isError)) {
          if (from > passFrom) this.#pass(bytes.subarray(passFrom, from))
          passFrom = end
          if (isError) this.#refusal = reasonOf(event.value)
          else this.#takeGap(event.value, bytes.subarray(from, end))
        }
      }
      from = end
    }
    if (passFrom < bytes.length) this.#pass(bytes.subarray(passFrom))
  }

  #takeGap(value: string, line: Buffer): void {
    const gap = parseGap(value)
    const seq = seqAt(line, 0)
    if (seq > 0 && this.#position !== undefined) this.#position = { epoch: this.#position.epoch, seq }
    if (gap) this.#listener.gap(gap, line)
  }

  #sift(bytes: Buffer, matches: EventFilter): void {
    for (let from = 0; from < bytes.length; ) {
      const end = bytes.indexOf('\n', from) + 1
      const event = parseEvent(bytes.toString('utf8', from, end))
      if (event && matches({ ...event, seq: 0 })) this.#listener.lines(bytes.subarray(from, end), false)
      from = end
    }
  }
}

/** What to ask for after the first time: not the past again, but what was missed. */
function withoutHistory(request: SubscribeRequest, since: BusPosition | undefined): SubscribeRequest {
  const { replay: _replay, since: _since, ...others } = request
  return since === undefined ? others : { ...others, since }
}

const CLOSED = 'connection closed: '

function reasonOf(value: string): string {
  return value.startsWith(CLOSED) ? value.slice(CLOSED.length) : value
}

function parsePosition(value: string): BusPosition | undefined {
  try {
    const { epoch, seq } = JSON.parse(value) as Record<string, unknown>
    return Number.isSafeInteger(epoch) && Number.isSafeInteger(seq)
      ? { epoch: epoch as number, seq: seq as number }
      : undefined
  } catch {
    return undefined
  }
}
