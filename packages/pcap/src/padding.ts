/** Length of something padded to whole 32-bit words, as pcapng and netlink do. */
export function paddedTo4(length: number): number {
  return (length + 3) & ~3
}
