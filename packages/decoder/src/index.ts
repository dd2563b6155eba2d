export type { Fragment } from './bytes/fragment.js'
export type { ByteReader } from './bytes/reader.js'
export { communityId } from './correlation/community-id.js'
export type { Direction } from './correlation/direction.js'
export { directionOf } from './correlation/direction.js'
export { flowKey } from './correlation/flow-key.js'
export type { Rule } from './correlation/rule.js'
export { parseRule } from './correlation/rule.js'
export type { Decoder, DecoderOptions } from './decoder.js'
export { createDecoder, createLineWriter, decodePacket, formatPacketInfo, toPacketInfo } from './decoder.js'
export type { DecodeError, DecodeErrorCode } from './errors.js'
export { limited, malformed, truncated } from './errors.js'
export type { EveDhcp, EveDns, EveDnsAnswer, EveDrop, EveEvent, EveTcpFlags } from './formats/eve/event.js'
export type { EveOptions } from './formats/eve/index.js'
export { formatEve, toEve } from './formats/eve/index.js'
export type { FieldWriter } from './formats/field-writer.js'
export type { JsonNames } from './formats/json-names.js'
export { fieldKeys, ITEM, jsonNames } from './formats/json-names.js'
export type { LineWriter } from './formats/packet-info/line-writer.js'
export type { PacketInfoOptions, PayloadPolicy } from './formats/packet-info/options.js'
export type {
  Base64,
  ConntrackInfo,
  ConntrackTupleInfo,
  DhcpInfo,
  DnsInfo,
  DnsQuestionInfo,
  DnsRecordInfo,
  EthernetInfo,
  HeaderInfo,
  HeaderOptionInfo,
  InnerInfo,
  Ipv4Info,
  MetaInfo,
  PacketInfo,
  TcpInfo,
  UdpInfo
} from './formats/packet-info/packet-info.js'
export { topicOf } from './formats/packet-info/topic.js'
export type { FormatErrorCode } from './formats/parse/format-error.js'
export { FormatError } from './formats/parse/format-error.js'
export { parsePacketInfo } from './formats/parse/parse-packet-info.js'
export { parseUlogd } from './formats/parse/parse-ulogd.js'
export type { SummaryOptions, SummaryPart } from './formats/summary/index.js'
export { formatSummary } from './formats/summary/index.js'
export type { PacketSummary } from './formats/summary/summary.js'
export type { UlogdEvent } from './formats/ulogd/event.js'
export type { UlogdOptions } from './formats/ulogd/index.js'
export { formatUlogd, toUlogd } from './formats/ulogd/index.js'
export type { LayerKind, Unread } from './layer.js'
export { Layer } from './layer.js'
export type { Conntrack, ConntrackTuple, LoggedPacket } from './logged-packet.js'
export type { FoundLayers, Packet } from './packet.js'
export type { ArpInfo } from './protocols/arp.js'
export { Arp } from './protocols/arp.js'
export type { DhcpOption } from './protocols/dhcpv4.js'
export { Dhcpv4 } from './protocols/dhcpv4.js'
export type { DhcpDetailsInfo } from './protocols/dhcpv4-details.js'
export type { DhcpFqdn, Dhcpv4Options } from './protocols/dhcpv4-options.js'
export type { Dhcpv6Info, Dhcpv6Relay } from './protocols/dhcpv6.js'
export { Dhcpv6 } from './protocols/dhcpv6.js'
export type { Dhcpv6Association, Dhcpv6Option, Dhcpv6Options, Dhcpv6Prefix } from './protocols/dhcpv6-options.js'
export type { DnsDetailInfo } from './protocols/dns/detailed-dns.js'
export type { DnsDetails, EdnsOption, ServiceParameters } from './protocols/dns/details.js'
export { Dns } from './protocols/dns/dns.js'
export type { DnsQuestion, DnsRecord } from './protocols/dns/message.js'
export type {
  LocalDnsEntryInfo,
  LocalDnsInfo,
  MulticastDnsQuestion,
  MulticastDnsRecord
} from './protocols/dns/multicast-dns.js'
export { Llmnr, MulticastDns } from './protocols/dns/multicast-dns.js'
export type { LinkInfo } from './protocols/ethernet.js'
export { Ethernet } from './protocols/ethernet.js'
export type { GreInfo } from './protocols/gre.js'
export { Gre } from './protocols/gre.js'
export type { GroupRecord, GroupRecordInfo } from './protocols/group-records.js'
export type { HeaderOption } from './protocols/header-options.js'
export type { HttpInfo } from './protocols/http.js'
export { Http } from './protocols/http.js'
export type { EmbeddedFlow, EmbeddedInfo } from './protocols/icmp-header.js'
export type { Icmpv4Info } from './protocols/icmpv4.js'
export { Icmpv4 } from './protocols/icmpv4.js'
export type { Icmpv6Info, RouterAdvertisement } from './protocols/icmpv6.js'
export { Icmpv6 } from './protocols/icmpv6.js'
export type { IgmpInfo } from './protocols/igmp.js'
export { Igmp } from './protocols/igmp.js'
export type { AhInfo, EspInfo } from './protocols/ipsec.js'
export { Ah, Esp } from './protocols/ipsec.js'
export { Ipv4 } from './protocols/ipv4.js'
export type { Ipv4Option } from './protocols/ipv4-options.js'
export type { Ipv6Info } from './protocols/ipv6.js'
export { Ipv6 } from './protocols/ipv6.js'
export type {
  Ipv6Extension,
  Ipv6ExtensionContent,
  Ipv6ExtensionInfo,
  Ipv6Option
} from './protocols/ipv6-extensions.js'
export type { NeighborOption, NeighborOptionInfo } from './protocols/neighbor-options.js'
export type { NtpInfo } from './protocols/ntp.js'
export { Ntp } from './protocols/ntp.js'
export type { QuicPacketType } from './protocols/quic/long-header.js'
export type { QuicInfo } from './protocols/quic/quic.js'
export { Quic } from './protocols/quic/quic.js'
export type { SctpChunk, SctpInfo } from './protocols/sctp.js'
export { Sctp } from './protocols/sctp.js'
export { Tcp } from './protocols/tcp.js'
export type { TcpOption } from './protocols/tcp-options.js'
export { ClientHello } from './protocols/tls/client-hello.js'
export type { HelloExtension } from './protocols/tls/hello-message.js'
export { ServerHello } from './protocols/tls/server-hello.js'
export type { TlsInfo } from './protocols/tls/tls.js'
export { Tls } from './protocols/tls/tls.js'
export { Udp } from './protocols/udp.js'
export type { UdpLiteInfo } from './protocols/udp-lite.js'
export { UdpLite } from './protocols/udp-lite.js'
export type { VlanInfo, VlanTag } from './protocols/vlan.js'
export { Vlan } from './protocols/vlan.js'
export type { DomainSource } from './recent-domains/domain-source.js'
export type {
  Confidence,
  DomainCandidate,
  RecentDomain,
  RecentDomains,
  RecentDomainsOptions
} from './recent-domains/recent-domains.js'
export { createRecentDomains } from './recent-domains/recent-domains.js'
export type { Probe, Protocol, Registry } from './registry.js'
export { dnsTypeName } from './tables/names.js'
export { safeJson, safeText } from './text/safe-text.js'
