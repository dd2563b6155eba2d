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
  IcmpInfo,
  Ipv4Info,
  Ipv6Info,
  MetaInfo,
  PacketInfo,
  TcpInfo,
  UdpInfo
} from './formats/packet-info/packet-info.js'
export { topicOf } from './formats/packet-info/topic.js'
export type { UlogdEvent } from './formats/ulogd/event.js'
export type { UlogdOptions } from './formats/ulogd/index.js'
export { formatUlogd, toUlogd } from './formats/ulogd/index.js'
export type { LayerKind } from './layer.js'
export { Layer } from './layer.js'
export type { Conntrack, ConntrackTuple, LoggedPacket } from './logged-packet.js'
export type { FoundLayers, Packet } from './packet.js'
export type { DhcpOption } from './protocols/dhcpv4.js'
export { Dhcpv4 } from './protocols/dhcpv4.js'
export { Dns } from './protocols/dns/dns.js'
export type { DnsQuestion, DnsRecord } from './protocols/dns/message.js'
export type { HeaderOption } from './protocols/header-options.js'
export { Icmpv4 } from './protocols/icmpv4.js'
export { Icmpv6 } from './protocols/icmpv6.js'
export { Ipv4 } from './protocols/ipv4.js'
export type { Ipv6Extension } from './protocols/ipv6.js'
export { Ipv6 } from './protocols/ipv6.js'
export type { QuicPacketType } from './protocols/quic/long-header.js'
export type { QuicInfo } from './protocols/quic/quic.js'
export { Quic } from './protocols/quic/quic.js'
export { Tcp } from './protocols/tcp.js'
export { ClientHello } from './protocols/tls/client-hello.js'
export type { HelloExtension } from './protocols/tls/hello-message.js'
export { ServerHello } from './protocols/tls/server-hello.js'
export type { TlsInfo } from './protocols/tls/tls.js'
export { Tls } from './protocols/tls/tls.js'
export { Udp } from './protocols/udp.js'
export type { Probe, Protocol, Registry } from './registry.js'
