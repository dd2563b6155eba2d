import { InvalidArgumentError } from 'commander'

/** A group on the command line. */
export function parseGroup(text: string): number {
  const group = Number(text)
  if (!/^\d+$/.test(text) || group > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535.')
  return group
}
