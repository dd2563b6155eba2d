import { describe, expect, it } from 'vitest'
import { dhcpMessage, hex, ipv4, join, logged, udp } from '../../test/build.js'
import { decodePacket, formatPacketInfo, toPacketInfo } from '../decoder.js'

const text = (code: number, value: string): Uint8Array => join([code, value.length], Buffer.from(value))
const packet = (...options: readonly Uint8Array[]) => ipv4(udp(dhcpMessage(join(...options, [255])), 68, 67))
const meaningOf = (...options: readonly Uint8Array[]) => decodePacket(packet(...options)).dhcpv4?.meaning

const request = [
  hex('350103'),
  text(12, 'pixel-7'),
  hex('3204c0a80264 3604c0a80201 330400000e10 3a0400000708 3b0400000c4e 390205dc'),
  text(60, 'android-dhcp-14'),
  hex('3d0701 020a11163322'),
  hex('37 05 01 03 06 0f 1a'),
  join([81, 10, 0, 0, 0], Buffer.from('p.lan\0\0')),
  hex('5200'),
  hex('5000')
]

describe('the options of DHCPv4', () => {
  it('have a meaning', () => {
    expect(meaningOf(...request)).toMatchObject({
      messageType: 3,
      hostname: 'pixel-7',
      requestedIp: '192.168.2.100',
      serverId: '192.168.2.1',
      leaseSeconds: 3600,
      renewalSeconds: 1800,
      rebindingSeconds: 3150,
      maxMessageBytes: 1500,
      vendorClass: 'android-dhcp-14',
      clientId: hex('01020a11163322'),
      parameterList: [1, 3, 6, 15, 26],
      fingerprint: '1,3,6,15,26',
      fqdn: { flags: 0, name: 'p.lan' },
      hasRapidCommit: true,
      circuitId: undefined,
      routers: undefined,
      message: undefined
    })
  })

  it('have a meaning in answers too', () => {
    expect(
      meaningOf(
        hex('350105 0104ffffff00 0308c0a80201c0a80202 060401010101 2a040a000001 1c04c0a802ff'),
        text(15, 'lan'),
        text(56, 'no'),
        text(77, 'u'),
        text(114, 'https://portal/'),
        hex('520a 01 03 657468 02 03 aabbcc'),
        join([81, 8, 4, 0, 0], hex('01 70 01 71 00'))
      )
    ).toMatchObject({
      messageType: 5,
      subnetMask: '255.255.255.0',
      routers: ['192.168.2.1', '192.168.2.2'],
      dnsServers: ['1.1.1.1'],
      ntpServers: ['10.0.0.1'],
      broadcast: '192.168.2.255',
      domainName: 'lan',
      message: 'no',
      userClass: 'u',
      captivePortal: 'https://portal/',
      circuitId: hex('657468'),
      remoteId: hex('aabbcc'),
      fqdn: { flags: 4, name: 'p.q' },
      hasRapidCommit: false
    })
  })

  it('are put together where they come in parts', () => {
    expect(meaningOf(text(60, 'android'), hex('00'), text(60, '-dhcp'), text(60, '-14'))?.vendorClass).toBe(
      'android-dhcp-14'
    )
  })

  it('go on in the fields for a file and a server name when the message says so', () => {
    const message = dhcpMessage(join(hex('340103'), text(60, 'a'), [255]))
    message.set(join(text(60, 'b'), [255]), 108)
    message.set(join(text(60, 'c'), text(12, 'host'), [255]), 44)
    const { meaning } = decodePacket(ipv4(udp(message, 68, 67))).dhcpv4 ?? {}
    expect(meaning).toMatchObject({ vendorClass: 'abc', hostname: 'host' })
    message[242] = 0
    expect(decodePacket(ipv4(udp(message, 68, 67))).dhcpv4?.meaning).toMatchObject({
      vendorClass: 'a',
      hostname: undefined
    })
  })

  it('are left alone when they are too short', () => {
    const meaning = meaningOf(hex('3500 3203c0a802 330200e1 3905 0001020304 0300 0603010101 510200aa 5203020501'))
    expect(meaning).toMatchObject({
      messageType: undefined,
      requestedIp: undefined,
      leaseSeconds: undefined,
      maxMessageBytes: undefined,
      routers: undefined,
      dnsServers: undefined,
      fqdn: undefined,
      remoteId: undefined
    })
  })

  it('are told in events beside what SPR tells', () => {
    const message = logged(packet(...request))
    expect(toPacketInfo(message).DHCPDetails).toEqual({
      MessageType: 3,
      ClientMAC: '02:0a:11:16:33:22',
      Hostname: 'pixel-7',
      FQDN: 'p.lan',
      RequestedIP: '192.168.2.100',
      ServerID: '192.168.2.1',
      LeaseSeconds: 3600,
      VendorClass: 'android-dhcp-14',
      ClientID: '01020a11163322',
      Fingerprint: '1,3,6,15,26'
    })
    const strict = formatPacketInfo(message, { extended: false })
    expect(formatPacketInfo(message).startsWith(`${strict?.slice(0, -1)},"DHCPDetails":{`)).toBe(true)
  })
})
