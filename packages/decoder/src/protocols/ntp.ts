import type { DecodeError } from '../errors.js'
import { truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { jsonNames } from '../formats/json-names.js'
import { Layer } from '../layer.js'
import type { Protocol } from '../registry.js'
import { formatIpv4 } from '../text/ip-address.js'

const NAME = 'NTP'
const HEADER_BYTES = 48
/** Modes 6 and 7 share nothing but the first byte: control (RFC 9327) and private messages. */
const CONTROL = 6
const SHORT_HEADER_BYTES = 8
/** Seconds from 1900, where NTP starts to count, to 1970. */
const EPOCH_SECONDS = 2_208_988_800

const JSON_NAMES = jsonNames(NAME, {
  leap: 'Leap',
  version: 'Version',
  mode: 'Mode',
  stratum: 'Stratum',
  poll: 'Poll',
  precision: 'Precision',
  referenceId: 'ReferenceID',
  rootDelayUs: 'RootDelayUs',
  rootDispersionUs: 'RootDispersionUs',
  reference: 'ReferenceUs',
  origin: 'OriginUs',
  receive: 'ReceiveUs',
  transmit: 'TransmitUs'
})

/** An NTP packet in events. Control messages have the first three fields only. */
export interface NtpInfo {
  Leap: number
  Version: number
  /** 1 and 2 peers, 3 client, 4 server, 5 broadcast, 6 control, 7 private. */
  Mode: number
  Stratum?: number
  /** Seconds between packets, as a power of two. */
  Poll?: number
  /** Seconds, as a power of two. */
  Precision?: number
  /** Name of a clock, kiss code, or address of the server's server. */
  ReferenceID?: string
  RootDelayUs?: number
  RootDispersionUs?: number
  /** Microseconds since 1970; left out where the sender knows no time. */
  ReferenceUs?: number
  OriginUs?: number
  ReceiveUs?: number
  TransmitUs?: number
}

/** RFC 5905, and the older versions it understands. */
export class Ntp extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = JSON_NAMES

  protected decode(): DecodeError | undefined {
    const available = this.end - this.start
    if (available < 1) return truncated(NAME, this.start, 'no byte of a header is there')
    this.usable = true
    const size = this.isTime ? HEADER_BYTES : SHORT_HEADER_BYTES
    this.headerEnd = Math.min(this.end, this.start + size)
    if (available < size) return truncated(NAME, this.end, `${available} bytes are too few for a header of ${size}`)
    return undefined
  }

  /** Whether the packet tells the time, rather than managing the server. */
  get isTime(): boolean {
    return this.mode < CONTROL
  }

  /** 1 and 2 announce a leap second, 3 a clock that is not set. */
  get leap(): number {
    return this.bytes.u8(this.start) >> 6
  }

  get version(): number {
    return (this.bytes.u8(this.start) >> 3) & 7
  }

  /** 1 and 2 peers, 3 client, 4 server, 5 broadcast, 6 control, 7 private. */
  get mode(): number {
    return this.bytes.u8(this.start) & 7
  }

  get #isWhole(): boolean {
    return this.isTime && this.end - this.start >= HEADER_BYTES
  }

  /** Distance to a clock in hops; 0 in a kiss of death, 16 for a clock that is not set. */
  get stratum(): number | undefined {
    return this.#isWhole ? this.bytes.u8(this.start + 1) : undefined
  }

  /** Seconds between packets, as a power of two. */
  get poll(): number | undefined {
    return this.#isWhole ? (this.bytes.u8(this.start + 2) << 24) >> 24 : undefined
  }

  /** Precision of the clock in seconds, as a power of two. */
  get precision(): number | undefined {
    return this.#isWhole ? (this.bytes.u8(this.start + 3) << 24) >> 24 : undefined
  }

  get rootDelayUs(): number | undefined {
    return this.#isWhole ? this.#shortUs(4) : undefined
  }

  get rootDispersionUs(): number | undefined {
    return this.#isWhole ? this.#shortUs(8) : undefined
  }

  /** Name of a clock (`GPS`) or a kiss code (`RATE`) up to stratum 1, behind it the address of the server's server. */
  get referenceId(): string | undefined {
    const { stratum, bytes } = this
    if (stratum === undefined) return undefined
    const at = this.start + 12
    if (stratum > 1) return formatIpv4(bytes, at)
    let text = ''
    for (let index = 0; index < 4; index++) {
      const byte = bytes.u8(at + index)
      if (byte === 0) break
      text += String.fromCharCode(byte)
    }
    return text
  }

  /** When the sender's clock was set last, in microseconds since 1970; undefined where it knows no time. */
  get referenceUs(): number | undefined {
    return this.#timeUs(16)
  }

  get originUs(): number | undefined {
    return this.#timeUs(24)
  }

  get receiveUs(): number | undefined {
    return this.#timeUs(32)
  }

  get transmitUs(): number | undefined {
    return this.#timeUs(40)
  }

  /** Seconds of 16 bits and a fraction of 16. */
  #shortUs(offset: number): number {
    return Math.round((this.bytes.u32(this.start + offset) / 0x1_0000) * 1_000_000)
  }

  #timeUs(offset: number): number | undefined {
    if (!this.#isWhole) return undefined
    const seconds = this.bytes.u32(this.start + offset)
    const fraction = this.bytes.u32(this.start + offset + 4)
    if (seconds === 0 && fraction === 0) return undefined
    // RFC 4330 section 3: with the top bit clear it is the era that starts in 2036.
    const sinceEra = seconds >= 0x8000_0000 ? seconds : seconds + 0x1_0000_0000
    return (sinceEra - EPOCH_SECONDS) * 1_000_000 + Math.floor((fraction / 0x1_0000_0000) * 1_000_000)
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = JSON_NAMES
    out.uint(fields.leap, this.leap)
    out.uint(fields.version, this.version)
    out.uint(fields.mode, this.mode)
    out.uint(fields.stratum, this.stratum)
    out.int(fields.poll, this.poll)
    out.int(fields.precision, this.precision)
    out.text(fields.referenceId, this.referenceId)
    out.uint(fields.rootDelayUs, this.rootDelayUs)
    out.uint(fields.rootDispersionUs, this.rootDispersionUs)
    out.int(fields.reference, this.referenceUs)
    out.int(fields.origin, this.originUs)
    out.int(fields.receive, this.receiveUs)
    out.int(fields.transmit, this.transmitUs)
  }
}

export const ntp: Protocol = { name: NAME, create: () => new Ntp(), udpPorts: [123] }
