import { hostname } from 'node:os'
import { FACILITIES, type Facility, SEVERITIES, type SyslogSeverity } from './priority.js'

/** How messages begin. */
export interface SyslogHeaderOptions {
  readonly rfc: 5424 | 3164
  readonly facility: Facility
  readonly appName: string
  /** Default: the machine's name. */
  readonly hostname?: string | undefined
  /** RFC 3164: local daemons expect no HOSTNAME. */
  readonly isLocal: boolean
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MAX_HOSTNAME_CHARACTERS = 255

/** Writes the head of a syslog message, up to the blank before what it says. ASCII. */
export class SyslogHeader {
  readonly #options: SyslogHeaderOptions
  readonly #host: string
  #second = Number.NaN
  #secondText = ''

  constructor(options: SyslogHeaderOptions) {
    this.#options = options
    const host = (options.hostname ?? hostname()).replace(/[^!-~]/g, '').slice(0, MAX_HOSTNAME_CHARACTERS)
    this.#host = host === '' ? '-' : host
  }

  /** @param kind MSGID: what kind of message it is, up to 32 printable ASCII characters */
  text(severity: SyslogSeverity, kind: string, timeUs: number): string {
    const { rfc, facility, appName, isLocal } = this.#options
    const priority = FACILITIES[facility] * 8 + SEVERITIES[severity]
    if (rfc === 3164)
      return `<${priority}>${this.#oldTime(timeUs)} ${isLocal ? '' : `${this.#host} `}${appName}[${process.pid}]: `
    return `<${priority}>1 ${this.#time(timeUs)} ${this.#host} ${appName} ${process.pid} ${kind} - `
  }

  /** RFC 3339 in UTC, with the microseconds that RFC 5424 section 6.2.3 allows. */
  #time(timeUs: number): string {
    const second = Math.floor(timeUs / 1e6)
    if (second !== this.#second) {
      this.#second = second
      this.#secondText = new Date(second * 1000).toISOString().slice(0, 19)
    }
    return `${this.#secondText}.${String(timeUs - second * 1e6).padStart(6, '0')}Z`
  }

  /** `Nov 14 22:13:20` in local time, RFC 3164 section 4.1.2. */
  #oldTime(timeUs: number): string {
    const second = Math.floor(timeUs / 1e6)
    if (second !== this.#second) {
      this.#second = second
      const time = new Date(second * 1000)
      const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(part => String(part).padStart(2, '0'))
      this.#secondText = `${MONTHS[time.getMonth()] ?? ''} ${String(time.getDate()).padStart(2)} ${clock.join(':')}`
    }
    return this.#secondText
  }
}
