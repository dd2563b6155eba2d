import { createRecentDomains, type DomainSource, type RecentDomains } from '@packet-logs/decoder'
import type { EventStation } from './bus-feed.js'
import type { Config } from './config/config.js'
import type { RecentDomainsConfig } from './config/recent-domains.js'
import type { PacketStation } from './publish-packets.js'

/** The daemon's memory of DNS answers, and how it is fed. */
export interface DomainMemory {
  readonly domains: RecentDomains
  /** Names for events. */
  readonly source: DomainSource
  /** Learns from DNS answers in packets; absent where events are to be SPR's own. */
  readonly packets?: PacketStation
  /** Learns from SPR's resolver. */
  readonly events: EventStation
}

/** Makes the memory as configured; undefined when there shall be none. */
export function createDomainMemory(config: Pick<Config, 'recentDomains' | 'events'>): DomainMemory | undefined {
  if (config.recentDomains === false) return undefined
  const domains = createRecentDomains(given(config.recentDomains))
  const events: EventStation = {
    topics: ['dns:serve:'],
    event: ({ topic, value }) => domains.learnEvent(topic, value)
  }
  if (!config.events.extended) return { domains, source: domains.compat, events }
  const packets: PacketStation = {
    packet(_logged, packet, _topic, { action }) {
      // Whoever was blocked must not be able to make us believe its answers.
      if (action !== 'blocked') domains.learn(packet)
    }
  }
  return { domains, source: domains, packets, events }
}

/** Without the fields that were left out. */
function given(config: RecentDomainsConfig): Parameters<typeof createRecentDomains>[0] {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
}
