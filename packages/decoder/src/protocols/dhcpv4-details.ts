import type { Fragment } from '../bytes/fragment.js'
import type { ByteReader } from '../bytes/reader.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { ITEM, jsonNames } from '../formats/json-names.js'
import { formatMac } from '../text/mac-address.js'
import type { Dhcpv4Options } from './dhcpv4-options.js'

const ETHERNET = 1
const MAC_BYTES = 6
const HARDWARE_ADDRESS_START = 28

const FIELDS = {
  messageType: 'MessageType',
  clientMac: 'ClientMAC',
  hostname: 'Hostname',
  fqdn: 'FQDN',
  requestedIp: 'RequestedIP',
  serverId: 'ServerID',
  leaseSeconds: 'LeaseSeconds',
  vendorClass: 'VendorClass',
  userClass: 'UserClass',
  clientId: 'ClientID',
  fingerprint: 'Fingerprint',
  subnetMask: 'SubnetMask',
  routers: 'Routers',
  dnsServers: 'DNSServers',
  ntpServers: 'NTPServers',
  domainName: 'DomainName',
  captivePortal: 'CaptivePortal',
  message: 'Message',
  circuitId: 'CircuitID',
  remoteId: 'RemoteID'
} as const

export const DHCP_DETAILS: JsonNames<keyof typeof FIELDS> = jsonNames('DHCPDetails', FIELDS)

/** What the options of a DHCP message say, in events. */
export interface DhcpDetailsInfo {
  /** 1 discover, 2 offer, 3 request, 4 decline, 5 ack, 6 nak, 7 release, 8 inform. */
  MessageType?: number
  ClientMAC?: string
  Hostname?: string
  FQDN?: string
  RequestedIP?: string
  ServerID?: string
  LeaseSeconds?: number
  VendorClass?: string
  UserClass?: string
  /** Hexadecimal. */
  ClientID?: string
  /** Numbers of the options asked for, in order: the same for devices of a kind. */
  Fingerprint?: string
  SubnetMask?: string
  Routers?: string[]
  DNSServers?: string[]
  NTPServers?: string[]
  DomainName?: string
  CaptivePortal?: string
  Message?: string
  /** Hexadecimal. */
  CircuitID?: string
  RemoteID?: string
}

interface DhcpMessage {
  readonly hardwareType: number
  readonly hardwareLength: number
  readonly start: number
  readonly meaning: Dhcpv4Options
}

/** Writes the options that are there. */
export function writeDhcpDetails(
  out: FieldWriter,
  { hardwareType, hardwareLength, meaning, start }: DhcpMessage,
  bytes: ByteReader
): void {
  const { fields } = DHCP_DETAILS
  out.uint(fields.messageType, meaning.messageType)
  if (hardwareType === ETHERNET && hardwareLength === MAC_BYTES) {
    out.text(fields.clientMac, formatMac(bytes, start + HARDWARE_ADDRESS_START))
  }
  out.text(fields.hostname, meaning.hostname)
  out.text(fields.fqdn, meaning.fqdn?.name)
  out.text(fields.requestedIp, meaning.requestedIp)
  out.text(fields.serverId, meaning.serverId)
  out.uint(fields.leaseSeconds, meaning.leaseSeconds)
  out.text(fields.vendorClass, meaning.vendorClass)
  out.text(fields.userClass, meaning.userClass)
  writeHex(out, fields.clientId, meaning.clientId)
  out.text(fields.fingerprint, meaning.fingerprint)
  out.text(fields.subnetMask, meaning.subnetMask)
  writeList(out, fields.routers, meaning.routers)
  writeList(out, fields.dnsServers, meaning.dnsServers)
  writeList(out, fields.ntpServers, meaning.ntpServers)
  out.text(fields.domainName, meaning.domainName)
  out.text(fields.captivePortal, meaning.captivePortal)
  out.text(fields.message, meaning.message)
  writeHex(out, fields.circuitId, meaning.circuitId)
  writeHex(out, fields.remoteId, meaning.remoteId)
}

function writeHex(out: FieldWriter, key: Fragment, data: Uint8Array | undefined): void {
  if (data !== undefined) out.text(key, Array.from(data, byte => byte.toString(16).padStart(2, '0')).join(''))
}

function writeList(out: FieldWriter, key: Fragment, items: readonly string[] | undefined): void {
  if (items === undefined) return
  out.beginList(key)
  for (const item of items) out.text(ITEM, item)
  out.endList()
}
