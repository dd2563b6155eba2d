import type { ByteReader } from '../bytes/reader.js'

/** One option of an IPv4 or TCP header. */
export interface HeaderOption {
  readonly type: number
  /** Length in bytes with type and length; 1 for the two options that are a single byte. */
  readonly length: number
  /** Bytes behind type and length; absent for the two single-byte options. */
  readonly data?: Uint8Array
}

export const END_OF_OPTIONS = 0
export const NO_OPERATION = 1

/** Length of the option at `at`, for a list that has been checked. */
export function optionLength(bytes: ByteReader, at: number): number {
  return bytes.u8(at) <= NO_OPERATION ? 1 : bytes.u8(at + 1)
}

/** The options in `[start, end)`, for a list that has been checked. */
export function listOptions(bytes: ByteReader, start: number, end: number): HeaderOption[] {
  const options: HeaderOption[] = []
  for (let at = start; at < end; ) {
    const length = optionLength(bytes, at)
    const type = bytes.u8(at)
    options.push(type <= NO_OPERATION ? { type, length } : { type, length, data: bytes.view(at + 2, at + length) })
    at += length
  }
  return options
}
