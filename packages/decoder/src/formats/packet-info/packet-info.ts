import type { ArpInfo } from '../../protocols/arp.js'
import type { DhcpDetailsInfo } from '../../protocols/dhcpv4-details.js'
import type { Dhcpv6Info } from '../../protocols/dhcpv6.js'
import type { DnsDetailInfo } from '../../protocols/dns/detailed-dns.js'
import type { LocalDnsInfo } from '../../protocols/dns/multicast-dns.js'
import type { LinkInfo } from '../../protocols/ethernet.js'
import type { GreInfo } from '../../protocols/gre.js'
import type { HttpInfo } from '../../protocols/http.js'
import type { Icmpv4Info } from '../../protocols/icmpv4.js'
import type { Icmpv6Info } from '../../protocols/icmpv6.js'
import type { IgmpInfo } from '../../protocols/igmp.js'
import type { AhInfo, EspInfo } from '../../protocols/ipsec.js'
import type { Ipv6Info } from '../../protocols/ipv6.js'
import type { NtpInfo } from '../../protocols/ntp.js'
import type { QuicInfo } from '../../protocols/quic/quic.js'
import type { SctpInfo } from '../../protocols/sctp.js'
import type { TlsInfo } from '../../protocols/tls/tls.js'
import type { UdpLiteInfo } from '../../protocols/udp-lite.js'
import type { VlanInfo } from '../../protocols/vlan.js'

export type { Ipv6Info }

/** What ICMP of either version says. */
export type IcmpInfo = Icmpv4Info | Icmpv6Info

/** Bytes in base64; `null` where Go had no slice. */
export type Base64 = string | null

export interface HeaderInfo {
  Contents: Base64
  Payload: Base64
}

export interface EthernetInfo {
  /** `aa:bb:cc:dd:ee:ff`, or empty for a device that is not Ethernet. */
  SrcMAC: string
  DstMAC: string
  HwType: number
}

export interface HeaderOptionInfo {
  OptionType: number
  OptionLength: number
  OptionData: Base64
}

export interface Ipv4Info extends HeaderInfo {
  Version: number
  IHL: number
  TOS: number
  Length: number
  Id: number
  Flags: number
  FragOffset: number
  TTL: number
  Protocol: number
  Checksum: number
  SrcIP: string
  DstIP: string
  Options: HeaderOptionInfo[] | null
  Padding: Base64
}

export interface TcpInfo extends HeaderInfo {
  SrcPort: number
  DstPort: number
  Seq: number
  Ack: number
  DataOffset: number
  FIN: boolean
  SYN: boolean
  RST: boolean
  PSH: boolean
  ACK: boolean
  URG: boolean
  ECE: boolean
  CWR: boolean
  NS: boolean
  Window: number
  Checksum: number
  Urgent: number
  Options: HeaderOptionInfo[]
  Padding: Base64
}

export interface UdpInfo extends HeaderInfo {
  SrcPort: number
  DstPort: number
  Length: number
  Checksum: number
}

export interface DnsQuestionInfo {
  /** Base64 of the dotted name without its trailing dot. */
  Name: Base64
  Type: number
  Class: number
}

export interface DnsRecordInfo extends DnsQuestionInfo {
  TTL: number
  DataLength: number
  Data: Base64
  IP: string
  NS: Base64
  CNAME: Base64
  PTR: Base64
  TXTs: string[] | null
  SOA: {
    MName: Base64
    RName: Base64
    Serial: number
    Refresh: number
    Retry: number
    Expire: number
    Minimum: number
  }
  SRV: { Priority: number; Weight: number; Port: number; Name: Base64 }
  MX: { Preference: number; Name: Base64 }
  OPT: { Code: number; Data: string }[] | null
  URI: { Priority: number; Weight: number; Target: Base64 }
  TXT: Base64
}

export interface DnsInfo extends HeaderInfo {
  ID: number
  QR: boolean
  OpCode: number
  AA: boolean
  TC: boolean
  RD: boolean
  RA: boolean
  Z: number
  ResponseCode: number
  QDCount: number
  ANCount: number
  NSCount: number
  ARCount: number
  Questions: DnsQuestionInfo[] | null
  Answers: DnsRecordInfo[] | null
  Authorities: DnsRecordInfo[] | null
  Additionals: DnsRecordInfo[] | null
}

export interface DhcpInfo extends HeaderInfo {
  Operation: number
  HardwareType: number
  HardwareLen: number
  HardwareOpts: number
  Xid: number
  Secs: number
  Flags: number
  ClientIP: string
  YourClientIP: string
  NextServerIP: string
  RelayAgentIP: string
  ClientHWAddr: string
  ServerName: string
  File: string
  Options: { Type: number; Length: number; Data: Base64 }[] | null
}

/** What the kernel told beside the packet, as far as it did. */
export interface MetaInfo {
  /** NFLOG group the rule logs to. */
  Group?: number
  Seq?: number
  SeqGlobal?: number
  Hook?: number
  Mark?: number
  Uid?: number
  Gid?: number
  Family?: number
  EtherType?: number
  InIndex?: number
  OutIndex?: number
  PhysInIndex?: number
  PhysOutIndex?: number
  OriginalLength?: number
  PhysInDev?: string
  PhysOutDev?: string
  TimestampSource?: 'kernel' | 'receive'
  Vlan?: { Protocol: number; Tci: number }
  /** Link-layer address of the sender. */
  HwAddress?: string
  L2Header?: string
  /** Seen from the machine that logs. */
  Direction?: 'in' | 'out' | 'forward' | 'local'
  /** Of a prefix that carries an identity: `name#id`. */
  Rule?: { Name: string; Id: string }
  /** Community ID v1, when asked for. */
  CommunityId?: string
  Conntrack?: ConntrackInfo
}

export interface ConntrackTupleInfo {
  SrcIP?: string
  DstIP?: string
  Protocol?: number
  SrcPort?: number
  DstPort?: number
  IcmpType?: number
  IcmpCode?: number
  IcmpId?: number
  Zone?: number
}

/** The connection the packet belongs to. */
export interface ConntrackInfo {
  Original?: ConntrackTupleInfo
  Reply?: ConntrackTupleInfo
  Info?: number
  Status?: number
  Mark?: number
  Id?: number
  Zone?: number
  /** In seconds. */
  Timeout?: number
}

/** The layers of a packet, or of the one inside it. Keys from `IPv6` on are extensions, absent in strict mode. */
export interface InnerInfo {
  Ethernet?: EthernetInfo
  TCP?: TcpInfo
  UDP?: UdpInfo
  IP?: Ipv4Info
  DNS?: DnsInfo
  DHCP?: DhcpInfo
  IPv6?: Ipv6Info
  Link?: LinkInfo
  VLAN?: VlanInfo
  ARP?: ArpInfo
  ESP?: EspInfo
  AH?: AhInfo
  GRE?: GreInfo
  UDPLite?: UdpLiteInfo
  SCTP?: SctpInfo
  ICMPv4?: Icmpv4Info
  ICMPv6?: Icmpv6Info
  IGMP?: IgmpInfo
  DNSDetails?: DnsDetailInfo[]
  MDNS?: LocalDnsInfo
  LLMNR?: LocalDnsInfo
  DHCPDetails?: DhcpDetailsInfo
  DHCPv6?: Dhcpv6Info
  NTP?: NtpInfo
  HTTP?: HttpInfo
  TLS?: TlsInfo
  QUIC?: QuicInfo
}

/** SPR's JSON for a packet; `Inner`, `Meta`, `DecodeError` and `Truncated` are extensions, absent in strict mode. */
export interface PacketInfo extends InnerInfo {
  RecentDomainSrc?: string
  RecentDomainDst?: string
  Prefix: string
  Action: string
  /** RFC 3339 in UTC. */
  Timestamp: string
  InDev: string
  OutDev: string
  /** Layers in a tunnel or in the first fragment of a packet, where SPR does not look. */
  Inner?: InnerInfo
  /** The packet, when nothing of it could be read. */
  Raw?: string
  Meta?: MetaInfo
  /** The first thing wrong with the packet; the layers above hold. */
  DecodeError?: { Layer: string; Offset: number; Reason: string }
  /** Bytes or layers were left out, by policy or to keep the line short. */
  Truncated?: true
}
