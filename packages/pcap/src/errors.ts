/** Why reading stopped. Match on this, not on the message. */
export type PcapErrorCode = 'PCAP_TRUNCATED' | 'PCAP_MALFORMED' | 'PCAP_UNSUPPORTED' | 'PCAP_LIMIT'

const brand = Symbol.for('@packet-logs/pcap/PcapError')

/** The one error of this package about bytes: the capture is cut off, broken, of a kind not known here, or too greedy. */
export class PcapError extends Error {
  override readonly name = 'PcapError'
  readonly code: PcapErrorCode
  /** Where in the capture, in bytes from its start, the record or block begins that could not be read. */
  readonly offset: number

  constructor(code: PcapErrorCode, message: string, offset: number, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.offset = offset
    Object.defineProperty(this, brand, { value: true })
  }

  /** True for a PcapError of any copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value
  }
}
