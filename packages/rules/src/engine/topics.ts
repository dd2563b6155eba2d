import { PACKET_TOPIC } from '../rules-file/compile-rule.js'
import type { RuleSets } from './rule-engine.js'

/** What SPR sends to everybody, whatever its file says. */
const ALWAYS_SENT = 'wifi:auth'

/** Beginnings of the topics that sets look at beside those of packets; none that another has already. */
export function topicsOf({ rules, alerts, notifications }: RuleSets): readonly string[] {
  const notified = notifications === undefined ? [] : [notifications.notifyAll ? '' : ALWAYS_SENT]
  const ruled = (rules?.rules ?? []).flatMap(({ enabled, topics }) => (enabled ? topics : []))
  const wanted = new Set([...notified, ...ruled, ...(alerts?.topicPrefixes ?? [])])
  const found: string[] = []
  for (const topic of [...wanted].sort()) {
    // Sorted, a beginning comes right before all that begin with it.
    const last = found.at(-1)
    if (topic.startsWith(PACKET_TOPIC) || (last !== undefined && topic.startsWith(last))) continue
    found.push(topic)
  }
  return found
}
