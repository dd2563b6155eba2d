import { BusError } from './errors.js'
import type { BusEvent } from './event.js'
import type { EventFilter } from './log/cursor.js'

/**
 * Turns a filter's source into a decision about events, or throws what is wrong with it. The decision gets the same object for
 * every reader, so it may remember what it made of it.
 */
export type FilterCompiler = (source: string) => (event: Readonly<BusEvent>) => boolean

/** Longest filter, in characters. */
const MAX_FILTER_LENGTH = 4096

/**
 * Compiles a reader's filter. An event the filter throws over does not match.
 * @throws TypeError; BusError `BUS_REFUSED` that says what is wrong with the filter
 */
export function compileEventFilter(
  source: string | undefined,
  compile: FilterCompiler | undefined
): EventFilter | undefined {
  if (source === undefined) return undefined
  if (typeof source !== 'string') throw new TypeError(`filter: expected a string, got ${typeof source}`)
  if (compile === undefined) {
    throw new BusError('BUS_REFUSED', 'This bus has no filter language; subscribe without a filter.')
  }
  if (source.length > MAX_FILTER_LENGTH) {
    throw new BusError('BUS_REFUSED', `The filter is longer than ${MAX_FILTER_LENGTH} characters; shorten it.`)
  }
  let matches: (event: Readonly<BusEvent>) => boolean
  try {
    matches = compile(source)
  } catch (error) {
    throw new BusError('BUS_REFUSED', error instanceof Error ? error.message : String(error), { cause: error })
  }
  return event => {
    try {
      return matches(event)
    } catch {
      return false
    }
  }
}
