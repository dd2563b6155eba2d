import { join } from './build.js'

const u16 = (value: number): number[] => [(value >> 8) & 255, value & 255]
const u24 = (value: number): number[] => [value >> 16, ...u16(value)]
const numbers = (values: readonly number[]): number[] => values.flatMap(u16)
const ascii = (text: string): number[] => Array.from(text, character => character.charCodeAt(0))

export const extension = (type: number, data: Uint8Array | readonly number[]): Uint8Array =>
  join(u16(type), u16(data.length), data)

export const serverName = (host: string): Uint8Array =>
  extension(0, [...u16(host.length + 3), 0, ...u16(host.length), ...ascii(host)])

export function alpn(...protocols: readonly (string | readonly number[])[]): Uint8Array {
  const list = protocols.flatMap(protocol => {
    const bytes = typeof protocol === 'string' ? ascii(protocol) : protocol
    return [bytes.length, ...bytes]
  })
  return extension(16, [...u16(list.length), ...list])
}

export const supportedVersions = (...versions: readonly number[]): Uint8Array =>
  extension(43, [versions.length * 2, ...numbers(versions)])

export const signatureAlgorithms = (...algorithms: readonly number[]): Uint8Array =>
  extension(13, [...u16(algorithms.length * 2), ...numbers(algorithms)])

export interface ClientHelloParts {
  version?: number
  ciphers?: readonly number[]
  /** Without them the message ends before their length. */
  extensions?: readonly Uint8Array[]
}

/** A ClientHello with its message header. */
export function clientHello(parts: ClientHelloParts): Uint8Array {
  const { version = 0x0303, ciphers = [0x1301], extensions } = parts
  const tail = extensions === undefined ? [] : join(...extensions)
  const body = join(
    u16(version),
    new Uint8Array(32).fill(7),
    [4, 1, 2, 3, 4],
    u16(ciphers.length * 2),
    numbers(ciphers),
    [1, 0],
    extensions === undefined ? [] : u16(tail.length),
    tail
  )
  return join([1], u24(body.length), body)
}

export const tlsRecord = (message: Uint8Array, type = 22): Uint8Array =>
  join([type, 3, 1], u16(message.length), message)
