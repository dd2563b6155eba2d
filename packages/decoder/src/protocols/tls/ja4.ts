import { sha256Hex } from '../../hash/sha256.js'
import { isGrease } from './grease.js'

/** How the hello travelled: in TCP or in QUIC. */
export type Ja4Transport = 't' | 'q'

/** What of a ClientHello the fingerprint is made from, in the order of the message. */
export interface Ja4Input {
  readonly legacyVersion: number
  readonly supportedVersions: readonly number[]
  readonly ciphers: readonly number[]
  readonly extensions: readonly number[]
  readonly signatureAlgorithms: readonly number[]
  /** The first protocol offered; undefined when none is. */
  readonly firstAlpn: Uint8Array | undefined
}

const SERVER_NAME = 0x0000
const ALPN = 0x0010
const NOTHING = '000000000000'
/** Words of eight digits that hold the twelve a hash is cut to. */
const HASH_WORDS = 2
const HASH_DIGITS = 12

const VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0304, '13'],
  [0x0303, '12'],
  [0x0302, '11'],
  [0x0301, '10'],
  [0x0300, 's3'],
  [0x0002, 's2']
])

/** JA4, the fingerprint of a TLS client by FoxIO's specification, such as `t13d1516h2_8daaf6152771_e5627efa2ab1`. */
export function ja4(transport: Ja4Transport, hello: Ja4Input): string {
  const ciphers = hello.ciphers.filter(cipher => !isGrease(cipher))
  const extensions = hello.extensions.filter(extension => !isGrease(extension))
  const destination = extensions.includes(SERVER_NAME) ? 'd' : 'i'
  const head = `${transport}${version(hello)}${destination}${count(ciphers)}${count(extensions)}${alpn(hello.firstAlpn)}`

  const listed = hexList(extensions.filter(extension => extension !== SERVER_NAME && extension !== ALPN))
  const algorithms = hello.signatureAlgorithms.filter(algorithm => !isGrease(algorithm)).map(hex)
  const tail = algorithms.length === 0 ? listed : `${listed}_${algorithms.join(',')}`
  return `${head}_${hash(hexList(ciphers))}_${listed === '' ? NOTHING : hash(tail)}`
}

function version({ legacyVersion, supportedVersions }: Ja4Input): string {
  const offered = supportedVersions.filter(offer => !isGrease(offer))
  const highest = offered.length === 0 ? legacyVersion : offered.reduce((most, offer) => Math.max(most, offer))
  return VERSIONS.get(highest) ?? '00'
}

function count(list: readonly number[]): string {
  return String(Math.min(list.length, 99)).padStart(2, '0')
}

function isAlphanumeric(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)
}

function alpn(protocol: Uint8Array | undefined): string {
  const first = protocol?.[0]
  const last = protocol?.at(-1)
  if (first === undefined || last === undefined) return '00'
  if (isAlphanumeric(first) && isAlphanumeric(last)) return String.fromCharCode(first, last)
  return `${(first >> 4).toString(16)}${(last & 15).toString(16)}`
}

const hex = (value: number): string => value.toString(16).padStart(4, '0')

function hexList(values: readonly number[]): string {
  return Array.from(Uint16Array.from(values).sort(), hex).join(',')
}

function hash(text: string): string {
  return text === '' ? NOTHING : sha256Hex(text, HASH_WORDS).slice(0, HASH_DIGITS)
}
