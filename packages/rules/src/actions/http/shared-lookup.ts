import type { LookupFunction } from 'node:net'

/**
 * Asks once at a time for what many want to know. The system answers two questions at a time, and with dead name servers each
 * takes longer than an attempt: further attempts of one action would take the answers of all others.
 */
export function sharedLookup(lookup: LookupFunction): LookupFunction {
  const waiting = new Map<string, Parameters<LookupFunction>[2][]>()
  return (hostname, options, callback) => {
    const question = JSON.stringify([hostname, options])
    const others = waiting.get(question)
    if (others !== undefined) {
      others.push(callback)
      return
    }
    const callbacks = [callback]
    waiting.set(question, callbacks)
    lookup(hostname, options, (...answer) => {
      waiting.delete(question)
      for (const tell of callbacks) tell(...answer)
    })
  }
}
