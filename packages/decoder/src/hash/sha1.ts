/** What is left of a block of 64 bytes beside the closing bit and the length. */
export const SHA1_BLOCK_MESSAGE_BYTES = 55
export const SHA1_BYTES = 20
const BLOCK_BYTES = 64
const CLOSING_BIT = 0x80

/** Expanded message; a block is hashed at once, so one will do. */
const words = new Int32Array(80)

/** A message of one block and its SHA-1 (FIPS 180-4), over and over without an allocation: what flow identifiers need. */
export class Sha1Block {
  /** Takes the message, up to 55 bytes; the rest is the hash's own. */
  readonly message: Uint8Array = new Uint8Array(BLOCK_BYTES)
  readonly digest: Uint8Array = new Uint8Array(SHA1_BYTES)
  readonly #in = new DataView(this.message.buffer)
  readonly #out = new DataView(this.digest.buffer)

  /** Hashes the first `length` bytes of the message into the digest. */
  hash(length: number): void {
    this.message[length] = CLOSING_BIT
    this.message.fill(0, length + 1)
    const view = this.#in
    for (let index = 0; index < 15; index++) words[index] = view.getInt32(index * 4)
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
    let next = 0
    for (let index = 0; index < 20; index++) {
      next = (((a << 5) | (a >>> 27)) + (d ^ (b & (c ^ d))) + e + 0x5a827999 + word(index)) | 0
      e = d
      d = c
      c = (b << 30) | (b >>> 2)
      b = a
      a = next
    }
    for (let index = 20; index < 40; index++) {
      next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + 0x6ed9eba1 + word(index)) | 0
      e = d
      d = c
      c = (b << 30) | (b >>> 2)
      b = a
      a = next
    }
    for (let index = 40; index < 60; index++) {
      next = (((a << 5) | (a >>> 27)) + ((b & c) | (d & (b | c))) + e + (0x8f1bbcdc | 0) + word(index)) | 0
      e = d
      d = c
      c = (b << 30) | (b >>> 2)
      b = a
      a = next
    }
    for (let index = 60; index < 80; index++) {
      next = (((a << 5) | (a >>> 27)) + (b ^ c ^ d) + e + (0xca62c1d6 | 0) + word(index)) | 0
      e = d
      d = c
      c = (b << 30) | (b >>> 2)
      b = a
      a = next
    }
    const out = this.#out
    out.setInt32(0, a + 0x67452301)
    out.setInt32(4, b + 0xefcdab89)
    out.setInt32(8, c + 0x98badcfe)
    out.setInt32(12, d + 0x10325476)
    out.setInt32(16, e + 0xc3d2e1f0)
  }
}

function word(index: number): number {
  return words[index] ?? 0
}
