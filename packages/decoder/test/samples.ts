import { dhcpMessage, dnsMessage, dnsName, dnsQuestion, dnsRecord, hex, ipv4, ipv6, join, tcp, udp } from './build.js'
import { cryptoFrame, RFC_HELLO, sealInitial, V1 } from './build-quic.js'
import { alpn, clientHello, serverName, supportedVersions, tlsRecord } from './build-tls.js'

const a = '20010db8000000000000000000000001'
const dns = dnsMessage({
  flags: 0x8180,
  questions: [dnsQuestion(dnsName('example.com'))],
  answers: [
    dnsRecord(hex('c00c'), 5, join([3], Buffer.from('www'), hex('c00c'))),
    dnsRecord(hex('c00c'), 1, hex('01020304'))
  ],
  additionals: [dnsRecord(hex('00'), 41, hex('000a0008 0102030405060708'))]
})
const options = hex('020405b4 0402 080a 0011223300000000 01 030307')

/**
 * Whole messages of each protocol, by its name: what the laws cut, flip and repeat. A protocol that is registered needs
 * one.
 */
export const samples: Readonly<Record<string, readonly Uint8Array[]>> = {
  Ethernet: [join(hex('0a53455e370d 029f11913383 0800'), ipv4(udp(hex('01'))))],
  VLAN: [join(hex('2064 8100 f00a 0800'), ipv4(udp(hex('01'))))],
  ARP: [hex('0001 0800 06 04 0001 029f11913383 c0a8020a 000000000000 c0a80201')],
  IPv4: [
    ipv4(udp(hex('010203')), { options: hex('0707 04 c0a80201 440c 0d 01 c0a80202 0000 0005 00') }),
    ipv4(hex('0102030405060708'), { flagsAndOffset: 0x2003 })
  ],
  IPv6: [
    ipv6(join(hex(`2b00 0502 0000 0100 3302 0001 00000000 ${a} 1101 0000 00000007 00000009`), udp(hex('01'))), 0),
    ipv6(hex('1100 0008 cafebabe 0102030405060708'), 44)
  ],
  ESP: [hex('00000007 00000009 0102030405')],
  AH: [join(hex('11 02 0000 00000007 00000009 aabbccdd'), udp(hex('01')))],
  GRE: [join(hex('b000 0800 abcd0000 00000007 00000009'), ipv4(udp(hex('01'))))],
  TCP: [tcp(hex('010203'), { options }), tcp(hex(''), { options: hex('0101 050a 00000001 00000005') })],
  UDP: [udp(hex('010203'))],
  'UDP-Lite': [hex('9c40 0050 0008 abcd 0102')],
  SCTP: [hex('9c40 0050 00000007 deadbeef 00030011 0000000100000002 0000000361 000000 0e000004')],
  ICMPv4: [
    hex('0800 f7ff 1234 0005 6162'),
    join(hex('0304 0000 0000 05dc'), ipv4(udp(hex('01')))),
    hex('0900 0000 02020708 c0a80201 00000000 c0a80202 00000001')
  ],
  ICMPv6: [
    join(hex('0200 0000 00000500'), ipv6(udp(hex('01')))),
    hex(`8600 0000 4008 0708 00001388 00000064 0101 020a11163322 0501 0000 000005dc
         0304 40c0 00015180 00003840 00000000 ${a} 1903 0000 00000e10 ${a} 1f02 0000 00000e10 0261 6200 00000000`),
    hex(`8f00 0000 0000 0002 0400 0001 ${a} ${a} 0300 0000 ${a}`),
    hex(`8200 0000 8123 0000 ${a} 0a7d 0001 ${a}`)
  ],
  IGMP: [
    hex('1164 0000 e0000001 0a7d 0001 c0a80201'),
    hex('2200 0000 0000 0002 0400 0001 e00000fb c0a80201 0300 0000 e0000016'),
    hex('1600 0000 e00000fb')
  ],
  DNS: [dns, join([dns.length >> 8, dns.length & 255], dns)],
  NTP: [hex(`23 03 06 ec 00000015 000002a7 c0a80201 e1b2c3d4 00000000${'00'.repeat(16)}e1b2c3d500000000`)],
  HTTP: [
    Buffer.from('GET /a?b=c HTTP/1.1\r\nHost: example.org:8080\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n'),
    Buffer.from('HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n')
  ].map(text => Uint8Array.from(text)),
  TLS: [
    tlsRecord(
      clientHello({ extensions: [serverName('example.org'), alpn('h2', 'http/1.1'), supportedVersions(0x0304)] })
    )
  ],
  QUIC: [sealInitial(cryptoFrame(0, RFC_HELLO), V1)],
  mDNS: [dns],
  LLMNR: [dns],
  DHCPv6: [
    hex('01 abcdef 0001 000e 0001 0001 2a2b2c2d 020a11163322 0006 0004 0017 0018 0008 0002 0064'),
    hex(
      '0c 00 20010db8000000000000000000000001 fe800000000000000000000000000009' +
        '0009 0030 07 abcdef 0003 0028 00000001 00000e10 00001518' +
        '0005 0018 20010db8000000000000000000000005 00000708 00000e10'
    )
  ],
  DHCPv4: [dhcpMessage(hex('350101 3d07 01020a11163322 0c0470687978 3703 01030f ff'))]
}
