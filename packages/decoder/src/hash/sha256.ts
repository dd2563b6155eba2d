/** The first 32 bits of the fractional parts of the square roots of the first 8 primes (FIPS 180-4). */
const INITIAL = Uint32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19
)
const ROUNDS = 64
const BLOCK_BYTES = 64
/** Where the length of the text in bits stands in the last block. */
const LENGTH_AT = 56

/** Constants of the rounds: the same of the cube roots of the first 64 primes. */
const ROUND_CONSTANTS = roundConstants()

function roundConstants(): Uint32Array {
  const constants = new Uint32Array(ROUNDS)
  for (let candidate = 2, found = 0; found < ROUNDS; candidate++) {
    let isPrime = true
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) isPrime &&= candidate % divisor !== 0
    if (isPrime) constants[found++] = (Math.cbrt(candidate) % 1) * 0x1_0000_0000
  }
  return constants
}

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

/** The first `count` words of eight hexadecimal digits of the SHA-256 of a text of ASCII characters. */
export function sha256Hex(ascii: string, count = 8): string {
  const state = Uint32Array.from(INITIAL)
  const schedule = new Int32Array(ROUNDS)
  const blocks = Math.ceil((ascii.length + 1 + 8) / BLOCK_BYTES)
  const padded = new Uint8Array(blocks * BLOCK_BYTES)
  for (let index = 0; index < ascii.length; index++) padded[index] = ascii.charCodeAt(index)
  padded[ascii.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64((blocks - 1) * BLOCK_BYTES + LENGTH_AT, BigInt(ascii.length) * 8n)
  for (let block = 0; block < blocks; block++) mix(state, schedule, view, block * BLOCK_BYTES)
  return Array.from(state.subarray(0, count), word => word.toString(16).padStart(8, '0')).join('')
}

function mix(state: Uint32Array, schedule: Int32Array, view: DataView, at: number): void {
  for (let round = 0; round < 16; round++) schedule[round] = view.getInt32(at + round * 4)
  for (let round = 16; round < ROUNDS; round++) {
    const early = schedule[round - 15] ?? 0
    const late = schedule[round - 2] ?? 0
    const sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    schedule[round] = (schedule[round - 16] ?? 0) + sigma0 + (schedule[round - 7] ?? 0) + sigma1
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let round = 0; round < ROUNDS; round++) {
    const sigma1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const choice = (e & f) ^ (~e & g)
    const first = (h + sigma1 + choice + (ROUND_CONSTANTS[round] ?? 0) + (schedule[round] ?? 0)) | 0
    const sigma0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + sigma0 + majority) | 0
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] ?? 0) + word
}
