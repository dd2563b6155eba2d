import { BusError, createBroker, type FilterCompiler } from '@packet-logs/bus'
import { UsageError } from '../exit-code.js'
import type { SubscribeOptions } from './options.js'

/**
 * Finds out what is wrong with what was asked for before anything is opened, and says it as a bus would. Gives the language of
 * filters, if there is one to be understood.
 *
 * @throws UsageError
 */
export async function checkWishes(options: SubscribeOptions): Promise<FilterCompiler | undefined> {
  const { prefixes, match, filter, replay } = options
  const compileFilter = filter === undefined ? undefined : await loadFilterCompiler()
  const broker = createBroker(compileFilter && { compileFilter })
  try {
    broker.openReader(
      {
        prefix: prefixes.length > 0 ? prefixes : '',
        ...(match.length > 0 && { match }),
        ...(filter !== undefined && { filter }),
        ...(replay !== undefined && { replay })
      },
      { onReadable: () => undefined }
    )
  } catch (error) {
    const reason = error instanceof BusError && error.cause instanceof Error ? error.cause : error
    const text = reason instanceof Error ? reason.message : String(reason)
    throw new UsageError(text.startsWith('match:') ? `--${text}` : text, { cause: error })
  } finally {
    broker.close()
  }
  return compileFilter
}

/** The filter language takes a moment to load, which most commands do not need to spend. */
export async function loadFilterCompiler(): Promise<FilterCompiler> {
  const { createFilterCompiler } = await import('@packet-logs/rules')
  return createFilterCompiler()
}
