export type { DecodeError, DecodeErrorCode } from './errors.js'
export type { LineWriter } from './formats/packet-info/index.js'
export { createLineWriter, formatPacketInfo, toPacketInfo } from './formats/packet-info/index.js'
export type { PacketInfoOptions, PayloadPolicy } from './formats/packet-info/options.js'
export type {
  Base64,
  DhcpInfo,
  DnsInfo,
  DnsQuestionInfo,
  DnsRecordInfo,
  EthernetInfo,
  HeaderInfo,
  HeaderOptionInfo,
  IcmpInfo,
  Ipv4Info,
  Ipv6Info,
  MetaInfo,
  PacketInfo,
  TcpInfo,
  UdpInfo
} from './formats/packet-info/packet-info.js'
export { topicOf } from './formats/packet-info/topic.js'
export type { Layer } from './layer.js'
export type { LoggedPacket } from './logged-packet.js'
export type { FoundLayers, Packet } from './packet.js'
export { decodePacket } from './packet.js'
export type { DhcpOption, Dhcpv4 } from './protocols/dhcpv4.js'
export type { Dns } from './protocols/dns/dns.js'
export type { DnsQuestion, DnsRecord } from './protocols/dns/message.js'
export type { HeaderOption } from './protocols/header-options.js'
export type { Icmpv4 } from './protocols/icmpv4.js'
export type { Icmpv6 } from './protocols/icmpv6.js'
export type { Ipv4 } from './protocols/ipv4.js'
export type { Ipv6, Ipv6Extension } from './protocols/ipv6.js'
export type { Tcp } from './protocols/tcp.js'
export type { Udp } from './protocols/udp.js'
