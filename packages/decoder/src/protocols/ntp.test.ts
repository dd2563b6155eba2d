import { describe, expect, it } from 'vitest'
import { hex, ipv4, logged, udp } from '../../test/build.js'
import { decodePacket, toPacketInfo } from '../decoder.js'
import { Ntp } from './ntp.js'

const answer = hex(
  '24 02 03 e8 00000a00 00000500 c0000201' + 'e8fe4b00 00000000 e8fe4b00 80000000 e8fe4b00 c0000000 e8fe4b01 40000000'
)
const datagram = (body: Uint8Array) => ipv4(udp(body, 123, 40000))
const decode = (body: Uint8Array) => {
  const packet = decodePacket(datagram(body))
  return { ntp: packet.get(Ntp), error: packet.error }
}
const baseUs = (0xe8fe4b00 - 2_208_988_800) * 1_000_000

describe('NTP', () => {
  it('gives what a server says of its clock', () => {
    const { ntp, error } = decode(answer)
    expect(error).toBeUndefined()
    expect(ntp).toMatchObject({
      leap: 0,
      version: 4,
      mode: 4,
      stratum: 2,
      poll: 3,
      precision: -24,
      rootDelayUs: 39_063,
      rootDispersionUs: 19_531,
      referenceId: '192.0.2.1',
      referenceUs: baseUs,
      originUs: baseUs + 500_000,
      receiveUs: baseUs + 750_000,
      transmitUs: baseUs + 1_250_000
    })
  })

  it('is part of events', () => {
    const query = new Uint8Array(48)
    query[0] = 0x1b
    expect(toPacketInfo(logged(datagram(query))).NTP).toEqual({
      Leap: 0,
      Version: 3,
      Mode: 3,
      Stratum: 0,
      Poll: 0,
      Precision: 0,
      ReferenceID: '',
      RootDelayUs: 0,
      RootDispersionUs: 0
    })
    expect(toPacketInfo(logged(datagram(answer))).NTP).toMatchObject({ Precision: -24, TransmitUs: baseUs + 1_250_000 })
  })

  it('names a clock or a kiss code', () => {
    const kiss = Uint8Array.from(answer)
    kiss.set([0], 1)
    kiss.set(Buffer.from('RATE'), 12)
    expect(decode(kiss).ntp?.referenceId).toBe('RATE')
    kiss.set(hex('01'), 1)
    kiss.set(hex('47505300'), 12)
    expect(decode(kiss).ntp?.referenceId).toBe('GPS')
  })

  it('counts on behind 2036', () => {
    const later = Uint8Array.from(answer)
    later.set(hex('00000001 00000000'), 40)
    expect(decode(later).ntp?.transmitUs).toBe((0x1_0000_0001 - 2_208_988_800) * 1_000_000)
  })

  it('has no time in control messages', () => {
    const { ntp, error } = decode(hex('16 02 0001 0000 0000'))
    expect(error).toBeUndefined()
    expect(ntp).toMatchObject({ mode: 6, stratum: undefined, transmitUs: undefined, referenceId: undefined })
    expect(toPacketInfo(logged(datagram(hex('16 02 0001 0000 0000')))).NTP).toEqual({ Leap: 0, Version: 2, Mode: 6 })
  })

  it('keeps its first byte when it is cut', () => {
    const { ntp, error } = decode(answer.subarray(0, 47))
    expect(error).toMatchObject({ code: 'DECODE_TRUNCATED', layer: 'NTP', offset: 28 + 47 })
    expect(ntp).toMatchObject({ version: 4, mode: 4, stratum: undefined, transmitUs: undefined })
  })
})
