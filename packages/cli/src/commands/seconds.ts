import { InvalidArgumentError } from 'commander'

/** setTimeout takes at most 2^31 - 1 milliseconds. */
const maxSeconds = 2_147_483

/** A duration on the command line. */
export function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() === '' || !(seconds >= 0 && seconds <= maxSeconds)) {
    throw new InvalidArgumentError('It is a number of seconds, 0 for never.')
  }
  return seconds
}
