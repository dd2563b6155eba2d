/** What is left of a block of 64 bytes beside the closing bit and the length. */
export const SHA1_BLOCK_MESSAGE_BYTES = 55
export const SHA1_BYTES = 20

/** Expanded message; a block is hashed at once, so one will do. */
const words = new Int32Array(80)

/**
 * SHA-1 (FIPS 180-4) of the first `length` bytes of `message`, at most 55 of them, into the first 20 bytes of `digest`:
 * one block, which is what flow identifiers need, without an allocation.
 */
export function sha1Block(message: Uint8Array, length: number, digest: Uint8Array): void {
  words.fill(0, 0, 16)
  for (let at = 0; at < length; at++) addByte(at, message[at] ?? 0)
  addByte(length, 0x80)
  words[15] = length * 8
  for (let index = 16; index < 80; index++) {
    const mixed = word(index - 3) ^ word(index - 8) ^ word(index - 14) ^ word(index - 16)
    words[index] = (mixed << 1) | (mixed >>> 31)
  }

  let a = 0x67452301
  let b = 0xefcdab89 | 0
  let c = 0x98badcfe | 0
  let d = 0x10325476
  let e = 0xc3d2e1f0 | 0
  for (let index = 0; index < 80; index++) {
    const mixed =
      index < 20
        ? (((b & c) | (~b & d)) + 0x5a827999) | 0
        : index < 40
          ? ((b ^ c ^ d) + 0x6ed9eba1) | 0
          : index < 60
            ? (((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc) | 0
            : ((b ^ c ^ d) + 0xca62c1d6) | 0
    const next = (((a << 5) | (a >>> 27)) + mixed + e + word(index)) | 0
    e = d
    d = c
    c = (b << 30) | (b >>> 2)
    b = a
    a = next
  }
  putWord(digest, 0, a + 0x67452301)
  putWord(digest, 4, b + 0xefcdab89)
  putWord(digest, 8, c + 0x98badcfe)
  putWord(digest, 12, d + 0x10325476)
  putWord(digest, 16, e + 0xc3d2e1f0)
}

function word(index: number): number {
  return words[index] ?? 0
}

function addByte(at: number, byte: number): void {
  words[at >> 2] = word(at >> 2) | (byte << (24 - (at & 3) * 8))
}

function putWord(digest: Uint8Array, at: number, value: number): void {
  digest[at] = value >>> 24
  digest[at + 1] = value >>> 16
  digest[at + 2] = value >>> 8
  digest[at + 3] = value
}
