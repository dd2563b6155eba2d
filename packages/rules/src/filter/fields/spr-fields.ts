import type { SprPacket } from '../../notifications/spr-conditions.js'
import { comparedPrefix } from '../../notifications/spr-conditions.js'
import { DecodedSprPacket, JsonSprPacket } from '../../notifications/spr-packets.js'
import type { Value } from '../value.js'
import type { Row } from './define.js'
import { number, text } from './define.js'
import type { Field } from './field.js'
import type { PacketView } from './packet-view.js'

const TOPIC_START = 'nft:'.length

/**
 * What SPR's own service sees of a packet: IPv4 only, and not what fragments, GRE, 6in4 and AH carry. With these, its reading of a
 * packet can be written down exactly; addresses are compared as texts, as it does.
 */
export const sprFields: readonly Field[] = [
  text('spr.prefix', {
    meaning: 'log prefix as SPR compares it: capitals and blanks in front kept',
    ...read(['Prefix'], ({ prefix }) => (prefix === '' ? undefined : comparedPrefix(prefix).slice(TOPIC_START)))
  }),
  text('spr.src.ip', {
    meaning: 'source address as SPR sees it: of IPv4, outside of fragments, GRE, 6in4 and AH',
    ...read(['IP.SrcIP'], ({ sourceIp }) => sourceIp)
  }),
  text('spr.dst.ip', {
    meaning: 'and the destination address',
    ...read(['IP.DstIP'], ({ destinationIp }) => destinationIp)
  }),
  text('spr.protocol', {
    meaning: '`tcp` or `udp` where SPR sees such a header',
    ...read(['TCP', 'UDP'], transportOf)
  }),
  number('spr.src.port', {
    meaning: 'its source port',
    ...read(['TCP.SrcPort', 'UDP.SrcPort'], packet => packet.sourcePort(transportOf(packet) ?? 'tcp'))
  }),
  number('spr.dst.port', {
    meaning: 'and its destination port',
    ...read(['TCP.DstPort', 'UDP.DstPort'], packet => packet.destinationPort(transportOf(packet) ?? 'tcp'))
  })
]

function transportOf({ hasTcp, hasUdp }: SprPacket): 'tcp' | 'udp' | undefined {
  return hasTcp ? 'tcp' : hasUdp ? 'udp' : undefined
}

function read(keys: readonly string[], from: (packet: SprPacket) => Value): Omit<Row, 'meaning'> {
  let decoded: DecodedSprPacket | undefined
  return {
    keys,
    fromPacket: ({ logged, packet }: PacketView): Value => {
      decoded ??= new DecodedSprPacket(logged, packet)
      return from(decoded.reset(logged, packet))
    },
    fromEvent: ({ info }): Value => from(new JsonSprPacket(info))
  }
}
