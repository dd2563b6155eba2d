import { parseRule } from '@packet-logs/decoder'
import { BoundedValues } from './bounded-values.js'
import { tagText } from './line-text.js'
import type { PacketFacts } from './read-packet.js'
import { textOf } from './unchecked.js'

/** Values of one tag before the rest is `other`: log rules and devices are counted in tens. */
const MAX_VALUES = 256

const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [2, 'igmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [41, 'ipv6'],
  [47, 'gre'],
  [50, 'esp'],
  [51, 'ah'],
  [58, 'icmpv6'],
  [89, 'ospf'],
  [112, 'vrrp'],
  [132, 'sctp'],
  [136, 'udplite']
])

/** Makes the function that gives the tags of a packet, in the order of their names: what there are few of. */
export function createPacketTags(): (facts: PacketFacts) => readonly (readonly [name: string, value: string])[] {
  const bounds = new Map<string, BoundedValues>()

  return facts => {
    const rule = parseRule(facts.prefix)
    const tags: [string, string][] = []
    const add = (name: string, value: string | undefined): void => {
      const text = value === undefined ? '' : tagText(value)
      if (text === '') return
      let bound = bounds.get(name)
      if (bound === undefined) {
        bound = new BoundedValues(MAX_VALUES)
        bounds.set(name, bound)
      }
      tags.push([name, bound.admit(text)])
    }
    add('action', facts.action)
    add('family', familyOf(facts))
    add('in', textOf(facts.event.InDev))
    add('out', textOf(facts.event.OutDev))
    add('prefix', rule?.name ?? facts.prefix)
    add('protocol', protocolOf(facts))
    add('rule', rule?.id)
    return tags
  }
}

function protocolOf({ protocol, event }: PacketFacts): string | undefined {
  if (protocol === undefined) return event.ARP === undefined ? undefined : 'arp'
  return PROTOCOLS.get(protocol) ?? `ip-${protocol}`
}

function familyOf({ ipVersion, event }: PacketFacts): string | undefined {
  if (ipVersion !== undefined) return ipVersion === 4 ? 'ipv4' : 'ipv6'
  return event.ARP === undefined ? undefined : 'arp'
}
