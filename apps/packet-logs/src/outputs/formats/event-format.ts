import type { LoggedPacket } from '@packet-logs/decoder'
import type { PacketContext } from '@packet-logs/rules'
import type { TextFormat } from '../output-config.js'
import type { SyslogHeader } from '../syslog/message.js'
import type { SyslogSeverity } from '../syslog/priority.js'
import { eventText, lossText, type NoticeText } from './notice-text.js'
import type { PacketText } from './packet-text.js'

/** An event as it goes into a queue. */
export interface FormattedEvent {
  /** ASCII. */
  readonly head: string
  readonly body: string | Uint8Array
  /** Whether a newline follows. */
  readonly isLine: boolean
}

/** Makes of packets and other events what an output writes; undefined for what it leaves out. */
export interface EventFormat {
  packet(packetNumber: number, logged: LoggedPacket, context: PacketContext): FormattedEvent | undefined
  event(topic: string, value: string): FormattedEvent | undefined
  /** Tells that events were lost; undefined where there are no words for it. */
  lossNotice(lost: number): Buffer | undefined
  /** What a connection, file or reader gets first. */
  preamble(): Buffer
}

/** How text is told apart from the text after it. */
export type Framing = 'lines' | 'datagrams' | 'octet-counts'

/** How a {@link TextEventFormat} writes. */
export interface TextEventFormatOptions {
  readonly format: TextFormat
  readonly packetText: PacketText
  readonly framing: Framing
  /** Only for syslog. */
  readonly header?: SyslogHeader
  /** Of a datagram; what needs more is left out. */
  readonly maxBytes?: number
  /** Whose losses are told. */
  readonly output: string
}

const NOTHING = Buffer.alloc(0)

/** Text formats: lines, datagrams, syslog messages. */
export class TextEventFormat implements EventFormat {
  readonly #options: TextEventFormatOptions
  readonly #maxBytes: number

  constructor(options: TextEventFormatOptions) {
    this.#options = options
    this.#maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY
  }

  packet(packetNumber: number, logged: LoggedPacket, context: PacketContext): FormattedEvent | undefined {
    const { packetText, header } = this.#options
    const text = packetText.text(packetNumber, logged, context)
    if (text === undefined || header === undefined) return this.#framed('', text)
    const severity: SyslogSeverity = context.action === 'blocked' ? 'warning' : 'info'
    return this.#framed(header.text(severity, 'packet', logged.timestampUs ?? Date.now() * 1000), text)
  }

  event(topic: string, value: string): FormattedEvent | undefined {
    const nowMs = Date.now()
    return this.#notice(eventText(this.#options.format, topic, value, nowMs), 'event', nowMs)
  }

  lossNotice(lost: number): Buffer | undefined {
    const nowMs = Date.now()
    const { format, output } = this.#options
    const framed = this.#notice(lossText(format, output, lost, nowMs), 'gap', nowMs)
    return framed && Buffer.from(`${framed.head}${framed.body as string}${framed.isLine ? '\n' : ''}`)
  }

  preamble(): Buffer {
    return NOTHING
  }

  #notice({ text, severity }: NoticeText, kind: string, nowMs: number): FormattedEvent | undefined {
    return this.#framed(this.#options.header?.text(severity, kind, nowMs * 1000) ?? '', text)
  }

  #framed(head: string, body: string | undefined): FormattedEvent | undefined {
    if (body === undefined) return undefined
    const { framing } = this.#options
    if (framing === 'lines') return { head, body, isLine: true }
    const bytes = head.length + Buffer.byteLength(body)
    if (bytes > this.#maxBytes) return undefined
    // RFC 6587 section 3.4.1.
    return { head: framing === 'octet-counts' ? `${bytes} ${head}` : head, body, isLine: false }
  }
}
