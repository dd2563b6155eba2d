/** Values clients throw in to keep servers tolerant (RFC 8701): both bytes the same, ending in `a`. */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff)
}
