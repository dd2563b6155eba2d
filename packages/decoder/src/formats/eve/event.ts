/** A record of a DNS answer. */
export interface EveDnsAnswer {
  rrname: string
  rrtype: string
  ttl: number
  rdata?: string
}

/** Suricata's EVE JSON for a packet: a flat common head, and one object for what the packet is about. */
export interface EveEvent {
  /** UTC with microseconds: `2023-11-14T22:13:20.123456+0000`. */
  timestamp: string
  /** The same for every packet of a flow, in every process; made from its Community ID. */
  flow_id?: number
  in_iface?: string
  /** `drop` for a blocked packet; else what it carries, `packet` when that has no type of its own in EVE. */
  event_type: 'drop' | 'packet' | 'dns' | 'dhcp' | 'tls' | 'http' | 'quic' | 'arp'
  vlan?: number[]
  src_ip?: string
  src_port?: number
  dest_ip?: string
  dest_port?: number
  /** Upper-case name, three digits for a protocol without one. */
  proto?: string
  icmp_type?: number
  icmp_code?: number
  community_id?: string
  app_proto?: string
  ether?: { src_mac: string; dest_mac: string }
  /** The log rule: what its group stands for, its prefix and, where it has a numeric one, its identity. */
  alert: { action: string; signature: string; signature_id?: number }
  drop?: EveDrop
  tcp?: { tcp_flags: string } & EveTcpFlags
  dns?: EveDns
  dhcp?: EveDhcp
  tls?: { sni?: string; version?: string; client_alpns?: string[]; ja4?: string }
  http?: {
    hostname?: string
    http_port?: number
    url?: string
    http_method?: string
    http_user_agent?: string
    status?: number
    protocol?: string
  }
  quic?: { version: string; sni?: string; ja4?: string }
  arp?: {
    hw_type: string
    proto_type: string
    opcode: string
    src_mac?: string
    src_ip?: string
    dest_mac?: string
    dest_ip?: string
  }
}

export interface EveTcpFlags {
  syn?: boolean
  ack?: boolean
  psh?: boolean
  rst?: boolean
  urg?: boolean
  fin?: boolean
}

export interface EveDrop extends EveTcpFlags {
  len?: number
  tos?: number
  ttl?: number
  ipid?: number
  tcpseq?: number
  tcpack?: number
  tcpwin?: number
  tcpurgp?: number
  icmp_id?: number
  icmp_seq?: number
  reason: string
}

export interface EveDns {
  version: 2
  type: 'query' | 'answer'
  id: number
  /** Hexadecimal, answers only. */
  flags?: string
  qr?: boolean
  aa?: boolean
  rd?: boolean
  ra?: boolean
  rrname?: string
  rrtype?: string
  rcode?: string
  answers?: EveDnsAnswer[]
}

export interface EveDhcp {
  type: 'request' | 'reply'
  id: number
  client_mac?: string
  assigned_ip?: string
  client_ip?: string
  relay_ip?: string
  next_server_ip?: string
  dhcp_type?: string
  hostname?: string
  lease_time?: number
  subnet_mask?: string
  routers?: string[]
  dns_servers?: string[]
}
