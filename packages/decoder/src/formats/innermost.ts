import type { InnerInfo, Ipv4Info, Ipv6Info, PacketInfo } from './packet-info/packet-info.js'
import type { Unchecked } from './unchecked.js'
import { objectOf } from './unchecked.js'

/** IP in IP, IPv6 in IP, GRE: a header with one of these carries another. */
const TUNNELS: ReadonlySet<unknown> = new Set([4, 41, 47])

/**
 * An event as that of what is inside: of a tunnel the packet that travels in it, of a first fragment the transport it
 * starts with. Who talks to whom, and the flow `Meta` names, are there.
 */
export function innermost(event: Unchecked<PacketInfo>): Unchecked<PacketInfo> {
  const inner = objectOf<InnerInfo>(event.Inner)
  if (inner === undefined) return event
  const { Prefix, Action, Timestamp, InDev, OutDev, RecentDomainSrc, RecentDomainDst, Ethernet, Meta, DecodeError } =
    event
  const common = {
    Prefix,
    Action,
    Timestamp,
    InDev,
    OutDev,
    RecentDomainSrc,
    RecentDomainDst,
    Ethernet,
    Meta,
    DecodeError
  }
  const ipv4 = objectOf<Ipv4Info>(inner.IP)
  const ipv6 = objectOf<Ipv6Info>(inner.IPv6)
  if (ipv4 === undefined && ipv6 === undefined) return { ...event, ...inner }
  // Of two headers the inner one is the one that does not carry the other.
  if (ipv4 !== undefined && ipv6 !== undefined && TUNNELS.has(ipv4.Protocol) && !TUNNELS.has(ipv6.Protocol)) {
    return { ...common, ...inner, IP: undefined }
  }
  return { ...common, ...inner }
}
