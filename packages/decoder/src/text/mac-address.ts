import type { ByteReader } from '../bytes/reader.js'

/** Six bytes as `aa:bb:cc:dd:ee:ff`, or any other number of them. */
export function formatMac(bytes: ByteReader, at: number, length = 6): string {
  let text = ''
  for (let index = 0; index < length; index++) {
    text +=
      (index === 0 ? '' : ':') +
      bytes
        .u8(at + index)
        .toString(16)
        .padStart(2, '0')
  }
  return text
}
